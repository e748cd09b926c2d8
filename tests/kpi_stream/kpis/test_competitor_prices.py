"""Prices against the competitors': examples whose numbers anyone can follow."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.common.events import Event
from services.kpi_stream.kpis.kpi import Flag
from services.kpi_stream.rows import Row
from tests.support.events import at, event
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"
HERE = world(NOW)


def watched(time: str, *pairs: str, sku: str = "LAMP") -> Event:
    """A watch list; a pair is told as `acme`, or `acme:2` for the competitor's second page."""
    listed = [{"pair_id": pair, "competitor": pair.partition(":")[0], "interval_s": 21600} for pair in pairs]
    return event("product.watched", sku, at(time), pairs=listed)


def own(time: str, price: int, currency: str = "EUR", sku: str = "LAMP") -> Event:
    return event("price.own", sku, at(time), price_minor=price, currency=currency)


def seen(
    time: str, pair: str, price: int | None = None, verdict: str = "trusted", *, sku: str = "LAMP", **more: Any
) -> Event:
    if price is not None:
        more = {"price_minor": price, "currency": "EUR", **more}
    return event(
        "price.observed", sku, at(time), pair_id=pair, competitor=pair.partition(":")[0], verdict=verdict, **more
    )


def row(events: Iterable[Event], **query: Any) -> Row:
    return total_row("competitor_prices", engine_of(events, HERE.now), HERE, **query)


WATCHED = [watched("2026-11-02 08:00", "acme", "bolt"), own("2026-11-02 08:00", 10_000)]


def test_the_index_is_the_geometric_mean_of_ours_over_theirs() -> None:
    events = [*WATCHED, seen("2026-11-02 09:00", "acme", 12_500), seen("2026-11-02 09:00", "bolt", 5_000)]
    found = row(events, window="today")
    assert (found.value, found.n) == (126.49, 2)  # 100 x sqrt(0.8 x 2)
    assert found.measures == {
        "watched": 2,
        "trusted": 2,
        "pairs": 2,
        "no_own_price": 0,
        "promotions": 0,
        "undercuts": 1,
        "rises": 0,
        "falls": 0,
    }
    by = rows("competitor_prices", engine_of(events, HERE.now), HERE, window="today", by="competitor")
    assert {name: each.value for name, each in by.items()} == {"acme": 80.0, "bolt": 200.0}
    assert found.related["undercut_by"].value == pytest.approx(0.5)
    assert found.related["coverage"].value == 1.0
    assert Flag.SMALL_N in found.flags
