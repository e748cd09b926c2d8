"""Whatever the board may say is said in every language, and nothing else is kept."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.board.alerts.cards import SPANS, State
from services.board.alerts.form import HOURS, SEVERITIES
from services.board.changes import Worth
from services.board.editing import promotions, targets
from services.board.editing.values import Fault
from services.board.explaining import MEASURES, Unlisted
from services.board.numbers import BESIDE
from services.board.trend import REACHES
from services.common.events.registry import EVENT_TYPES
from services.common.windows import Period, WindowName
from services.kpi_stream.entities.provenance import PROVENANCE
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Flag

BOARD = Path("services/board")
LANGUAGES = ("fr", "en")
KPIS = all_kpis()
LISTED = [kpi for kpi in KPIS.values() if kpi.listed]
UNTOLD = re.compile(r"[du]\d+|more|.*log|readings|returned_order_day_minor|previous|one_before|crowds|visits|hours")
"""Measures that say nothing to people by themselves, as steps of a sum, or that no entity adds that is listed."""
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def names() -> Iterator[str]:
    """What is named at run time, by what names it."""
    yield from (f"window {window}" for window in WindowName)
    yield from (f"by {cut.name}" for kpi in KPIS.values() for cut in kpi.cuts if cut.fields)
    yield from (f"flag {flag}" for flag in Flag if flag is not Flag.STALE)
    yield from (f"beside {name}" for name in BESIDE)
    yield from (f"word {worth}" for worth in Worth if worth is not Worth.FEW)
    yield from (f"verdict {verdict}" for verdict in ("looks_too_high", "looks_too_low", "fits"))
    yield from (f"span {span}" for span in ("window", "cohort", "old"))
    yield from (f"entity {kind}" for kind in PROVENANCE)
    yield from (f"event {name}" for name in EVENT_TYPES if name.split(".")[0] in (*PROVENANCE, "price"))
    yield from (f"measure {measure}" for measure in MEASURES)
    yield from (f"unlisted {reason}" for reason in Unlisted)
    yield from (f"{word} {reach}" for reach in REACHES for word in ("trend", "before"))
    yield from (f"by {reach.step}" for reach in REACHES.values())
    yield from (f"value {fault}" for fault in (*Fault, targets.REFUSED, targets.MISSING, targets.OVERTAKEN))
    yield from (f"period {period}" for period in Period)
    yield from (f"promotion {field}" for field in promotions.FIELDS)
    yield from (f"field {field}" for field in promotions.FIELDS if field != "id")
    yield from (f"promotion is {phase}" for phase in promotions.PHASES)
    yield from (f"saved {step}" for step in ("counted", "sent", "waiting"))
    yield from (f"alerts {state}" for state in State)
    yield from (f"severity {severity}" for severity in SEVERITIES)
    yield from (f"hours {hours}" for hours in HOURS)
    yield from (f"lasts {span}" for span in SPANS)


def texts() -> Iterator[str]:
    """What stands in templates, in English."""
    for found in extract_from_dir(BOARD / "templates", [("**", "jinja2")], keywords={"_": None}):
        assert isinstance(found[2], str)
        if not found[2].endswith(" "):  # the beginning of a name
            yield found[2]


def catalogue(language: str) -> Catalog:
    with (BOARD / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_may_be_said_has_its_words_and_no_words_are_left_over(language: str) -> None:
    said = {message.id for message in catalogue(language) if message.id and message.string}
    assert said == {*names(), *(texts() if language != "en" else ())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_there_twice(language: str) -> None:
    found = re.findall(r'^msgid "(.+)"$', (BOARD / "locale" / f"{language}.po").read_text(), re.MULTILINE)
    assert len(found) > 100
    assert len(set(found)) == len(found)


def test_translations_keep_what_is_filled_in() -> None:
    filled = [message for message in catalogue("fr") if PLACEHOLDER.search(str(message.id))]
    assert len(filled) > 20
    for message in filled:
        assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(message.id)), message.id


OUR_OWN = {
    *("alert.window", "card.alert.severity", "card.alert.window", "card.by", "fault", "filled.stands.hours"),
    *("filled.stands.severity", "filled.stands.span", "hours", "severity", "state"),
    *("added.span", "asked.trend", "asked.window", "change.worth", "cut", "entity.kind", "entry.phase"),
    *("event.type", "flag", "measure", "name", "objective.details.verdict", "other", "outcome.step", "period", "reach"),
    *("row.fault", "span", "tile.cut", "trend.step", "unlisted", "written"),
}
"""Words of the product's own that are made at run time: every other text stands in the template."""


def test_no_template_hands_anything_but_our_own_words_to_gettext() -> None:
    """Jinja takes a translated text for safe markup: a name from outside would not be escaped."""
    made: set[str] = set()
    for path in (BOARD / "templates").iterdir():
        text = path.read_text()
        assert set(re.findall(r"\b_\(\s*(.)", text)) <= {'"'}, path.name
        made |= set(re.findall(r'_\("[^"]*" ~ ([\w.]+)\)', text))
    assert made == OUR_OWN


def test_all_that_an_entity_adds_is_told_or_says_nothing_by_itself() -> None:
    added = {measure for kpi in LISTED for group in kpi.listed for measure in group.measures}
    assert {measure for measure in added if not UNTOLD.fullmatch(measure)} == set(MEASURES)
