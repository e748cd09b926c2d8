"""Competitors' prices after any order of arrival: cells and values are those of a recomputation from all events."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.common.events import Event
from services.common.events.subjects import joined
from services.kpi_stream.kpis.kpi import Flag
from services.kpi_stream.measures import NOW
from tests.support.events import at, event
from tests.support.oracle import recompute
from tests.support.price_oracle import Pair, pair_at, products
from tests.support.standing import group_events
from tests.support.strategies import price_histories
from tests.support.world import engine_after, rows, total_row, world

MOMENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KPI = ["competitor_prices"]
days = st.dates(date(2026, 10, 23), date(2026, 11, 24))
RATES = {"USD": 0.5, "JPY": 0.01, "EUR": 1.0}


def rates(day: date) -> list[Event]:
    stated = [(currency, rate) for currency, rate in RATES.items() if currency != "EUR"]
    return [
        event("rate.set", None, at("2026-10-01 10:00"), currency=currency, day=day.isoformat(), rate=rate)
        for currency, rate in stated
    ]


def pairs_at(events: Sequence[Event], day: date) -> list[tuple[str, Pair]]:
    """Every pair that is watched at the close of a day, with its product."""
    by_type = group_events(events)
    found = [(sku, pair_at(by_type, sku, name, day)) for sku, _, names in products(by_type) for name in names]
    return [(sku, pair) for sku, pair in found if pair is not None]


@given(price_histories, st.integers())
def test_every_cell_is_that_of_a_recomputation(events: list[Event], seed: int) -> None:
    assert engine_after(events, seed, MOMENT).by_day(KPI) == recompute(events)


@given(price_histories, st.integers(), days, st.sampled_from(["", "competitor"]), st.booleans())
def test_a_window_tells_what_stood_at_the_close_of_its_last_day(
    events: list[Event], seed: int, day: date, by: str, knows_rates: bool
) -> None:
    here = world(MOMENT, rates(day) if knows_rates else ())
    found = rows("competitor_prices", engine_after(events, seed, MOMENT), here, window=f"2026-10-01/{day}", by=by)
    standing = [pair for _, pair in pairs_at(events, day)]
    for member, row in found.items():
        own = [pair for pair in standing if not by or pair.competitor == member]
        compared = [pair for pair in own if pair.in_index]
        assert (row.n, row.measures["watched"]) == (len(compared), len(own))
        assert row.measures["trusted"] == sum(pair.trusted is not None for pair in own)
        assert (Flag.NO_OWN_PRICE in row.flags) == any(pair.own is None for pair in own)
        unknown = not knows_rates and any(len(set(pair.currencies)) > 1 for pair in compared)
        assert (Flag.RATE_MISSING in row.flags) == unknown
        if unknown or not compared:
            assert row.value is None
        else:
            logs = [pair.log / 1e6 + log(RATES[pair.currencies[0]] / RATES[pair.currencies[1]]) for pair in compared]
            assert row.value == pytest.approx(100 * exp(sum(logs) / len(logs)), rel=1e-6, abs=0.006)


@given(price_histories, st.integers())
def test_products_stand_as_they_do_now(events: list[Event], seed: int) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for sku, pair in pairs_at(events, date(2026, 11, 24)):
        if pair.in_index:
            member = joined(sku, *pair.currencies)
            expected["pairs", member] += 1
            expected["log", member] += pair.log
    found = engine_after(events, seed, MOMENT).by_ordinal(NOW, KPI)
    assert {(key[0], joined(*key[3].split(" x "))): value for key, value in found.items()} == {
        key: value for key, value in expected.items() if value
    }


@given(price_histories, st.integers(), st.integers(1, 10**9))
def test_no_number_depends_on_a_price_that_is_quarantined(events: list[Event], seed: int, price: int) -> None:
    others = [
        replace(each, data=replace(each.data, price_minor=price, list_price_minor=None))
        if each.type == "price.observed" and each.data.verdict == "quarantined"
        else each
        for each in events
    ]
    assert engine_after(events, seed, MOMENT).by_day(KPI) == engine_after(others, seed, MOMENT).by_day(KPI)


@given(price_histories, st.integers())
def test_the_dearest_are_above_parity_and_sorted(events: list[Event], seed: int) -> None:
    here = world(MOMENT)
    row = total_row("competitor_prices", engine_after(events, seed, MOMENT), here, window="today", dearest="yes")
    told = [product["index"] for product in row.related["dearest"].details["products"]]
    assert told == sorted(told, reverse=True)
    assert all(index > 100 for index in told)
    assert row.related["dearest"].value == (told[0] if told else None)
