"""KPI values over any days and cut, after any order of arrival, equal those of a recomputation from all events."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.oracle import EDGES, recompute
from tests.support.strategies import histories
from tests.support.world import engine_after, rows, world

FIRST, LAST = date(2026, 10, 24), date(2026, 11, 23)
HERE = world(datetime(2027, 3, 1, 12, 0, tzinfo=UTC))
days = st.dates(FIRST, LAST)
Read = Callable[..., int]


def reader(events: list[Event], one: date, other: date, cut: str, member: str) -> Read:
    """Sums of a recomputation's cells over days, for a member, of some currencies."""
    first, last = sorted((one, other))
    cells = {
        cell: value
        for cell, value in recompute(events).items()
        if cell.cut == cut and cell.member == member and first <= cell.day <= last
    }

    def read(measure: str, *currencies: str) -> int:
        own: dict[Cell, int] = {c: v for c, v in cells.items() if c.measure == measure}
        return sum(v for c, v in own.items() if not currencies or c.currency in currencies)

    return read


def window(one: date, other: date) -> str:
    first, last = sorted((one, other))
    return f"{first}/{last}"


@given(histories, st.integers(), days, days, st.sampled_from(["", "channel", "rep", "region", "promotion"]))
def test_sales(events: list[Event], seed: int, one: date, other: date, by: str) -> None:
    found = rows("sales", engine_after(events, seed, HERE.now), HERE, window=window(one, other), by=by)
    for member, row in found.items():
        read = reader(events, one, other, by or "all", member)
        assert row.measures["orders"] == read("orders")
        assert row.measures["units"] == read("units")
        money = ("gross_minor", "discount_minor", "returned_minor")
        gross, discount, returned = (read(name, "EUR") for name in money)
        foreign = any(read(name, "USD") for name in money) or read("returned_order_day_minor", "USD")
        if foreign:  # nobody stated what a dollar is worth
            assert row.value is None
            assert "rate_missing" in row.flags
        else:
            assert row.value == Decimal(gross - discount - returned) / 100


@given(histories, st.integers(), days, days, st.sampled_from(["", "rep", "owner", "source", "region", "kind"]))
def test_new_leads(events: list[Event], seed: int, one: date, other: date, by: str) -> None:
    found = rows("new_leads", engine_after(events, seed, HERE.now), HERE, window=window(one, other), by=by)
    assert {member: row.value for member, row in found.items() if row.value} == {
        member: count for member in found if (count := reader(events, one, other, by or "all", member)("leads"))
    }


@given(histories, st.integers(), days, days, st.sampled_from(["", "rep", "owner", "source"]))
def test_acquisition_rate(events: list[Event], seed: int, one: date, other: date, by: str) -> None:
    found = rows("acquisition_rate", engine_after(events, seed, HERE.now), HERE, window=window(one, other), by=by)
    for member, row in found.items():
        read = reader(events, one, other, by or "all", member)
        in_time = sum(read(f"d{edge}") for edge in EDGES if edge <= HERE.win_days)
        assert (row.numerator, row.denominator) == (in_time, read("created"))
        assert row.value == (in_time / read("created") if read("created") else None)
        closed = read("won") + read("lost")
        assert row.related["closing_rate"].value == (read("won") / closed if closed else None)


@given(histories, st.integers(), days, days, st.sampled_from(["", "touchpoint", "channel", "region"]))
def test_nps(events: list[Event], seed: int, one: date, other: date, by: str) -> None:
    found = rows("nps", engine_after(events, seed, HERE.now), HERE, window=window(one, other), by=by)
    for member, row in found.items():
        read = reader(events, one, other, by or "all", member)
        classes = [read(name) for name in ("promoters", "passives", "detractors")]
        n = sum(classes)
        assert row.n == n
        assert row.value == (round(100 * (classes[0] - classes[2]) / n, 1) if n >= 5 else None)
        if by in ("", "touchpoint"):
            rate = row.related["response_rate"]
            assert (rate.numerator, rate.denominator) == (read("answered"), read("delivered"))


@given(histories, st.integers())
def test_days_add_up_to_their_window(events: list[Event], seed: int) -> None:
    engine = engine_after(events, seed, HERE.now)
    whole = rows("sales", engine, HERE, window=window(FIRST, LAST))[""].measures
    single = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]
    parts = [rows("sales", engine, HERE, window=window(day, day))[""].measures for day in single]
    for name in ("orders", "units"):
        assert whole[name] == sum(part[name] or 0 for part in parts)
