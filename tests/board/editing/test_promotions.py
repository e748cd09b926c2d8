"""Promotions as they are listed, filled in and told."""

from datetime import UTC, datetime

import pytest

from services.board.editing.promotions import differences, draft, entries, fault_of, filled
from services.board.editing.statements import Change, Statement
from services.common.errors import Invalid
from services.common.events.reference import PromotionSet
from tests.board.editing.parts import FORM
from tests.support.clock import START
from tests.support.events import PARIS

AUTUMN = {"id": "autumn", "name": "Autumn", "from": "2026-11-09", "to": "2026-11-18"}


def said(first: str, last: str, at: datetime = START, **also: tuple[str, ...]) -> Statement[PromotionSet]:
    return Statement(at, f"e-{at}", PromotionSet(name="x", from_=first, to=last, **also), None, is_counted=True)  # type: ignore[arg-type]


def test_those_that_run_stand_first_and_the_last_day_counts_whole() -> None:
    known = {
        "over": [said("2026-11-01", "2026-11-17")],
        "coming": [said("2026-11-19", "2026-11-20")],
        "last day": [said("2026-11-01", "2026-11-18")],
        "by the minute": [said("2026-11-18T08:00:00Z", "2026-11-18T09:00:00Z")],
        "longer": [said("2026-10-01", "2026-12-31")],
    }
    assert [(entry.id, entry.phase) for entry in entries(known, START, PARIS)] == [
        ("last day", "running"),
        ("longer", "running"),
        ("coming", "coming"),
        ("by the minute", "over"),
        ("over", "over"),
    ]


def test_a_form_that_is_sent_as_it_was_shown_says_the_same() -> None:
    stated = said("2026-11-09", "2026-11-18T20:00:00+01:00", channels=("online", "store, Lyon"), regions=("north",))
    (entry,) = entries({"a/b": [stated]}, START, PARIS)
    form = filled(entry)
    event = draft(form.texts, FORM, now=START, zone=PARIS)
    assert (event.subject, event.data, form.made_from) == ("a/b", stated.data, stated.event_id)


def test_names_stand_one_a_line_and_each_counts_once() -> None:
    event = draft({**AUTUMN, "channels": " online\r\n\r\nstore\r\nonline "}, FORM, now=START, zone=PARIS)
    assert event.data.channels == ("online", "store")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("id", ""),
        ("id", "a" * 201),
        ("id", "a\tb"),
        ("name", ""),
        ("name", "n" * 101),
        ("from", "09/11/2026"),
        ("from", "2026-13-01"),
        ("to", "2026-11-08"),
        ("to", "2200-01-01"),
        ("channels", "c" * 101),
        ("regions", "\n".join(map(str, range(101)))),
    ],
)
def test_what_is_wrong_is_told_of_its_field(field: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft({**AUTUMN, field: text}, FORM, now=START, zone=PARIS)
    assert fault_of(refused.value.field) == field


def test_a_change_tells_what_it_changed() -> None:
    before = said("2026-11-09", "2026-11-18")
    after = said("2026-11-09", "2026-11-15", datetime(2026, 11, 19, tzinfo=UTC), channels=("online",))
    assert differences(Change(after, before.data)) == [("to", "2026-11-18", "2026-11-15"), ("channels", "", "online")]
    assert differences(Change(before, before.data)) == []
    assert [name for name, _, _ in differences(Change(before, None))] == ["name", "from", "to"]


def test_a_promotion_of_which_nothing_stands_is_no_entry() -> None:
    assert entries({"P": []}, START, PARIS) == []
