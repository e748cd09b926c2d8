"""Whatever the read API may name, the pages have words for, in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from services.board.explaining import MEASURES, Unlisted
from services.board.trend import REACHES
from services.common.events.registry import EVENT_TYPES
from services.common.windows import WindowName
from services.kpi_stream.entities.provenance import PROVENANCE
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Flag

KPIS = all_kpis()
LISTED = [kpi for kpi in KPIS.values() if kpi.listed]
UNTOLD = re.compile(r"[du]\d+|more|.*log|readings|returned_order_day_minor|previous|one_before|crowds|visits|hours")
"""Measures that say nothing to people by themselves, as steps of a sum, or that no entity adds that is listed."""


def words() -> Iterator[str]:
    yield from (f"window {window}" for window in WindowName)
    yield from (f"by {cut.name}" for kpi in KPIS.values() for cut in kpi.cuts if cut.fields)
    yield from (f"flag {flag}" for flag in Flag if flag is not Flag.STALE)
    yield from (f"entity {kind}" for kind in PROVENANCE)
    yield from (f"event {name}" for name in EVENT_TYPES if name.split(".")[0] in (*PROVENANCE, "price"))
    yield from (f"measure {measure}" for measure in MEASURES)
    yield from (f"unlisted {reason}" for reason in Unlisted)
    yield from (f"{word} {reach}" for reach in REACHES for word in ("trend", "before"))
    yield from (f"by {reach.step}" for reach in REACHES.values())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_name_of_ours_has_a_word(language: str) -> None:
    with Path(f"services/board/locale/{language}.po").open("rb") as file:
        catalogue = read_po(file)
    assert [word for word in words() if not catalogue.get(word) or not catalogue.get(word).string] == []


def test_all_that_an_entity_adds_is_told_or_says_nothing_by_itself() -> None:
    added = {measure for kpi in LISTED for group in kpi.listed for measure in group.measures}
    assert {measure for measure in added if not UNTOLD.fullmatch(measure)} == set(MEASURES)
