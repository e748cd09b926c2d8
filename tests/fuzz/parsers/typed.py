"""What people and programs type: forms, queries, hours, amounts, addresses."""

from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import parse_qsl

from fastapi import Request

from services.board.alerts.form import changed, typed
from services.board.alerts.judged import Judged
from services.board.editing.targets import asked_of
from services.board.editing.values import Unreadable, read, written
from services.board.sign_in_pages import ours
from services.board.window_names import window_of
from services.common.calendar import parse_hours
from services.common.errors import Invalid, Malformed
from services.common.form_bodies import read_fields
from services.common.mail.addresses import read_address
from services.kpi_stream.exporter.queries import find_cut, find_kpi, find_options, find_window
from services.kpi_stream.kpis import all_kpis
from services.survey.answers.forms import read_nps
from services.survey.answers.verbatim_pages import read_filter
from services.survey.pulse.forms import read_pulse
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import words_of
from tests.support.world import world

UNITS = ("EUR", "JPY", "ratio", "points", "score", "index", "count")
JUDGED = (Judged("EUR", False, False), Judged("ratio", True, True), Judged("seconds", False, False))
WORLD = world("2026-11-23 09:00")
KPIS = all_kpis()


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form, read as a request's body is."""
    sent = [{"type": "http.request", "body": body, "more_body": False}]
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, object]:
        return sent.pop()

    reading = read_fields(Request(scope, receive))
    try:
        reading.send(None)  # nothing is waited for: what there is of the body is there at once
    except StopIteration as done:
        return dict(done.value)
    raise AssertionError("the form waits for more")


def read_survey(body: bytes, form: Callable[[Mapping[str, str]], object]) -> None:
    wrong = form(fields_of(body)).wrong  # type: ignore[attr-defined]
    if wrong:
        raise Invalid(wrong[0].message, field=wrong[0].field)


def read_alert(body: bytes) -> None:
    texts = typed(fields_of(body))
    refused = [changed(texts, judged, language)[1] for judged in JUDGED for language in ("fr", "en")]
    if all(refused):
        raise Invalid(str(refused[0]))


def read_value(body: bytes) -> None:
    """A text is accepted if it says a value of some unit in some language; written again, it says the same."""
    text, taken = body.decode(errors="replace"), 0
    for unit in UNITS:
        for language in ("fr", "en"):
            try:
                value = read(text, unit, language)
            except Unreadable:
                continue
            taken += 1
            assert read(written(value, unit, language), unit, language) == value
    if not taken:
        raise Invalid("no value")


def _query(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed("is no day") from None


def read_window(body: bytes) -> None:
    query = _query(body)
    kpi = find_kpi(KPIS, query.pop("kpi", "sales"))
    window, by = query.pop("window", None), query.pop("by", None)
    first, last = _day(query.pop("from", None)), _day(query.pop("to", None))
    find_window(kpi, WORLD, window, first, last)
    find_cut(kpi, by)
    find_options(kpi, query)


def read_board_query(body: bytes) -> None:
    query = _query(body)
    asked_of(query, list(KPIS), date(2026, 11, 23))
    window_of(query.get("window", ""), ("mtd", "7d"))
    read_filter(query)
    assert ours(query.get("to", "")).startswith("/")


def read_opening(body: bytes) -> None:
    parse_hours(body.decode(errors="replace"))


def read_mail(body: bytes) -> None:
    read_address(body.decode(errors="replace"))


VALUES = [
    text.encode()
    for text in (
        "12,5 %",
        "1 234,50 €",
        "0.25",
        "1,400",
        "-5",
        "−12",
        "100",
        "€1,234.50",
        "50 pt",
        "1\u202f234",
        "0,9",
    )
]
_in_form = words_of(b"&", b"=", b"%", b"%00", b"%ED%A0%80", b"+", b"score", b"comment", b"11", b"yes")
_in_value = words_of(b"1", b"0", b",", b".", b" %", "€".encode(), "\u202f".encode(), b"-", b"e5", "٣".encode())

PARSERS = [
    Parser(
        "form of a customer",
        [b"score=9&comment=fine&may_call=yes", b"score=0"],
        _in_form,
        lambda body: read_survey(body, read_nps),
        40,
    ),
    Parser(
        "form of the pulse",
        [b"overall=7&comment=a%0D%0Ab", b"overall=7&workload=3"],
        _in_form,
        lambda body: read_survey(body, read_pulse),
        25,
    ),
    Parser(
        "form of an alert",
        [b"level=-5+pt&clear=-2+pt&least=5&lasts=2&span=h&severity=info&team=a&hours=always&on=yes"],
        _in_form,
        read_alert,
        15,
    ),
    Parser("value that is typed", VALUES, _in_value, read_value, 30),
    Parser(
        "query of a window",
        [b"kpi=sales&window=mtd&by=channel", b"kpi=nps&from=2026-11-01&to=2026-11-20", b"window=7d"],
        words_of(b"0001-01-01", b"9999-12-31", b"2026-W01-1", b"ytd", b"1h", b"rep"),
        read_window,
        40,
    ),
    Parser(
        "query of the board",
        [b"measure=sales&period=month&starts_on=2026-11-01&window=7d&to=/kpis/sales&class=promoter"],
        words_of(b"//", b"\\", b"quarter", b"9999-12-31", b"0001-01-01"),
        read_board_query,
        25,
    ),
    Parser(
        "opening hours",
        [b"09:00-19:00", b"00:00-24:00", b"9:30-12"],
        words_of(b"24:00", b"-", b":", b"25"),
        read_opening,
        15,
    ),
    Parser(
        "address of a letter",
        [b"anna@example.org", "é.a+b@müller.example".encode(), b'"a b"@x.example'],
        words_of(b"@", b"..", b"<", b">", b"\r\n", b"xn--"),
        read_mail,
        20,
    ),
]
