"""Offers and orders after any order of arrival: cells and values are those of a recomputation from all events."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.common.events import Event
from services.kpi_stream.entities import offer as offer_entity
from services.kpi_stream.entities.notices import Heard
from services.kpi_stream.entities.offer import Answered, Made, Offer
from services.kpi_stream.entities.order_notices import OfferSale
from services.kpi_stream.entities.statements import Stated
from services.kpi_stream.kpis.kpi import Flag
from services.kpi_stream.kpis.offer_cells import OFFERS, offer_contributions
from tests.support import offer_oracle
from tests.support.engine import Cell
from tests.support.events import DECLARED
from tests.support.offer_oracle import places
from tests.support.oracle import KPIS, recompute
from tests.support.standing import day_of, group_events, latest
from tests.support.strategies import currencies, offer_histories, orders, times
from tests.support.world import engine_after, rows, world

KPI = "add_on_sales"
FIRST, LAST = date(2026, 3, 28), date(2026, 11, 24)
days = st.dates(FIRST, LAST)
windows = st.just((FIRST, LAST)) | st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
cuts = st.sampled_from(["", "kind", "technique", "rep", "pair"])


@given(offer_histories, st.integers())
def test_every_cell_is_that_of_a_recomputation(events: list[Event], seed: int) -> None:
    assert engine_after(events, seed).by_day(KPIS) == recompute(events)


@given(offer_histories, st.integers(), st.integers(0, 3))
def test_what_is_a_code_does_not_depend_on_the_order_of_arrival(events: list[Event], seed: int, most: int) -> None:
    with patch.object(offer_entity, "MOST", most), patch.object(offer_oracle, "MOST", most):
        assert engine_after(events, seed).by_day(KPIS) == recompute(events)


standing_sales = st.builds(OfferSale, currencies, st.integers(-100, 1000), st.integers(-100, 2000), st.booleans())
sales_by_order = st.dictionaries(orders, st.one_of(st.none(), standing_sales, standing_sales))
"""What orders tell an offer; nothing, if they bore it once."""


def taken_back(brought: int, sales: Mapping[str, OfferSale | None]) -> int:
    """Of an offer whose yes brought euros."""
    rank = (0, 0, "", b"")
    made, answered = Made("up_sell", "ana", "demo", "a", None), Answered("accepted", brought, "EUR")
    heard = {order: Heard(i, sale) for i, (order, sale) in enumerate(sales.items())}
    (fact,) = offer_contributions("o", Offer(Stated(rank, made), Stated(rank, answered), heard), DECLARED)
    return fact.values[OFFERS.measures.index("taken_back_minor")]


brought_minor = st.integers(0, 10_000)


@given(brought_minor, sales_by_order)
def test_no_more_is_taken_back_than_was_brought(brought: int, sales: dict[str, OfferSale | None]) -> None:
    assert 0 <= taken_back(brought, sales) <= brought
    assert taken_back(-brought, sales) == -taken_back(brought, sales)


@given(brought_minor, sales_by_order)
def test_orders_that_are_undone_count_only_where_none_stands(brought: int, sales: dict[str, OfferSale | None]) -> None:
    standing = {order: sale for order, sale in sales.items() if sale is not None and not sale.is_cancelled}
    undone = brought if sales else 0
    assert taken_back(brought, sales) == (taken_back(brought, standing) if standing else undone)


@given(brought_minor, sales_by_order)
def test_other_currencies_count_only_where_none_is_that_of_the_answer(
    brought: int, sales: dict[str, OfferSale | None]
) -> None:
    standing = {order: sale for order, sale in sales.items() if sale is not None and not sale.is_cancelled}
    in_euros = {order: sale for order, sale in standing.items() if sale.currency == "EUR"}
    assert not in_euros or taken_back(brought, sales) == taken_back(brought, in_euros)


@given(brought_minor, sales_by_order)
def test_what_an_order_gives_back_beyond_its_worth_takes_nothing_from_another(
    brought: int, sales: dict[str, OfferSale | None]
) -> None:
    capped = {
        order: replace(sale, given_back=max(0, min(sale.net, sale.given_back))) if sale and sale.net > 0 else sale
        for order, sale in sales.items()
    }
    assert taken_back(brought, sales) == taken_back(brought, capped)


class Offered(NamedTuple):
    """An offer that was made: when, how it ended, and the members that it counts for."""

    day: date
    outcome: str | None
    members: dict[str, str]


def offers_in(events: Sequence[Event]) -> list[Offered]:
    by_type = group_events(events)
    found = []
    for name, own in by_type["offer.made"].items():
        made, answer = latest(own), latest(by_type["offer.answered"][name])
        found.append(Offered(day_of(made.time), answer.data.outcome if answer else None, dict(places(made))))
    return found


@given(offer_histories, st.integers(), st.data(), st.integers(6, 9), windows, cuts)
def test_a_window_tells_what_came_of_offers_that_had_their_time(
    events: list[Event], seed: int, data: st.DataObject, age: int, window: tuple[date, date], by: str
) -> None:
    """Read about when something that was said is seven days old."""
    now = data.draw(st.sampled_from([each.time for each in events]) if events else times) + timedelta(days=age)
    first, last = window
    found = rows(KPI, engine_after(events, seed), world(now), window=f"{first}/{last}", by=by)
    for member, row in found.items():
        own = [each for each in offers_in(events) if each.members.get(by or "all") == member]
        in_window = [each for each in own if first <= each.day <= last]
        young = [each for each in in_window if each.outcome is None and each.day > day_of(now) - timedelta(days=8)]
        outcomes = [each.outcome for each in in_window if each not in young]
        answered = len(outcomes) - outcomes.count(None)
        accepted = outcomes.count("accepted")
        assert (row.numerator, row.denominator) == (accepted, len(outcomes))
        assert row.value == (accepted / len(outcomes) if outcomes else None)
        assert row.measures["young"] == len(young)
        assert (Flag.IMMATURE in row.flags) == bool(young)
        of_answered = row.related["success_of_answered"]
        assert (of_answered.numerator, of_answered.denominator) == (accepted, answered)
        cells = in_days(recompute(events), by or "all", member, first, last)
        net = cells.get(("brought_minor", "EUR"), 0) - cells.get(("taken_back_minor", "EUR"), 0)
        if not any(currency == "USD" and measure.endswith("_minor") for measure, currency in cells):
            assert row.measures["net_brought_minor"] == net
        if by in ("", "pair"):
            rate = row.related["attach_rate"]
            counted = (cells.get((name, ""), 0) for name in ("orders_with_both", "orders_with_base"))
            assert (rate.numerator, rate.denominator) == tuple(counted)


def in_days(cells: dict[Cell, int], cut: str, member: str, first: date, last: date) -> dict[tuple[str, str], int]:
    """What cells add up to over days, by measure and currency."""
    found: dict[tuple[str, str], int] = {}
    for cell, value in cells.items():
        if (cell.cut, cell.member) == (cut, member) and first <= cell.day <= last:
            key = (cell.measure, cell.currency)
            found[key] = found.get(key, 0) + value
    return found
