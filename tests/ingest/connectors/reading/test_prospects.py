"""What CRMs tell of prospects, apart from any of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.reading.payloads import EPOCH
from services.ingest.connectors.reading.prospects import (
    Prospect,
    Standing,
    Turn,
    restored,
    restored_at,
    wanted_restored,
)

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
IDS = st.text("abcdefgh0123456789", min_size=1)
STANDINGS = st.sampled_from(["open", "won", "lost"])


@given(IDS, st.integers(0, 2**41).map(lambda number: EPOCH + timedelta(milliseconds=number)))
def test_what_was_restored_is_asked_for_with_its_moment(identifier: str, at: datetime) -> None:
    assert restored_at(wanted_restored("deal", identifier, at)) == (identifier, at)
    assert restored_at(Wanted("deal", identifier)) == (identifier, None)


@pytest.mark.parametrize("identifier", ["1@x", "1@-5", "1@99999999999999999999"])
def test_a_moment_that_is_none_is_refused(identifier: str) -> None:
    with pytest.raises(Invalid):
        restored_at(Wanted("deal", identifier))


@given(st.lists(STANDINGS, min_size=1, max_size=6), st.integers(-1, 7), STANDINGS)
def test_what_is_restored_stands_as_the_last_turn_before_has_it(
    standings: list[Standing], days: int, now: Standing
) -> None:
    turns = [Turn(MONDAY + timedelta(days=day), standing) for day, standing in enumerate(standings)]
    at = MONDAY + timedelta(days=days)
    prospect = Prospect("deal/1", "opportunity", MONDAY, at, "ana", now, amount=100, currency="EUR")
    assert _standing(prospect, at, turns) == ("open" if days < 0 else standings[min(days, len(standings) - 1)])
    assert _standing(prospect, at, []) == now


def _standing(prospect: Prospect, at: datetime, turns: list[Turn]) -> str:
    said = restored(prospect, at, turns)
    assert (said.subject, said.time) == (prospect.lead_id, at)
    return getattr(said.data, "outcome", "open")
