"""Who changed an alert: a line for each field."""

from services.board.alerts.history import lines

ENTRY = {
    "time": "2026-03-02T09:00:00Z",
    "by": "dora",
    "alert": "SalesFall",
    "before": {"below": "-5.5 %", "team": "north.east"},
    "after": {"below": "-6 %", "team": "direction", "off": "yes"},
}


def test_each_field_has_a_line_with_what_it_was_and_what_it_is() -> None:
    told = [(line.by, line.field, line.before, line.after) for line in lines([ENTRY], "en")]
    assert told == [
        ("dora", "below", "-5.5 %", "-6 %"),
        ("dora", "team", "north.east", "direction"),
        ("dora", "off", None, "yes"),
    ]


def test_numbers_alone_are_written_in_the_language_of_the_page() -> None:
    assert [line.before for line in lines([ENTRY], "fr")] == ["-5,5 %", "north.east", None]
