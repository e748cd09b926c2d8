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


def test_a_price_holds_until_the_next_reading_or_verdict() -> None:
    events = [
        *WATCHED,
        seen("2026-11-02 09:00", "acme", 10_000),
        seen("2026-11-10 09:00", "acme", 5_000, "quarantined"),
        seen("2026-11-12 09:00", "acme", 5_000),
        seen("2026-11-16 09:00", "acme", verdict="stale"),
    ]
    days = {day: row(events, window=f"2026-11-{day}/2026-11-{day}") for day in ("01", "09", "10", "12", "15", "16")}
    assert {day: each.value for day, each in days.items()} == {
        "01": None, "09": 100.0, "10": None, "12": 200.0, "15": 200.0, "16": None
    }  # fmt: skip
    assert [days[day].related["coverage"].numerator for day in ("09", "10", "12", "16")] == [1, 0, 1, 0]


def test_a_fall_is_told_on_the_day_that_it_is_confirmed_and_not_when_it_was_first_read() -> None:
    events = [
        *WATCHED,
        seen("2026-11-02 09:00", "acme", 10_000),
        seen("2026-11-10 09:00", "acme", 5_000, "quarantined"),
        seen("2026-11-12 09:00", "acme", 5_000),
        seen("2026-11-12 18:00", "acme", 6_000),
        seen("2026-11-13 09:00", "acme", 6_000),
        seen("2026-11-14 09:00", "acme", 6_500),
    ]
    moves = {day: row(events, window=f"2026-11-{day}/2026-11-{day}").measures for day in ("10", "12", "13", "14")}
    assert {day: (found["rises"], found["falls"]) for day, found in moves.items()} == {
        "10": (0, 0), "12": (0, 1), "13": (0, 0), "14": (1, 0)
    }  # fmt: skip
    assert [row(events).measures[name] for name in ("rises", "falls")] == [1, 1]


def test_what_is_taken_up_again_begins_with_what_is_read_from_then_on() -> None:
    dropped = [
        *WATCHED,
        seen("2026-11-02 09:00", "acme", 10_000),
        watched("2026-11-05 12:00", "bolt"),
        seen("2026-11-09 08:00", "acme", 9_000),  # it was under way when the page was dropped
        watched("2026-11-09 10:00", "acme", "bolt"),
    ]
    found = row(dropped)
    assert (found.n, found.measures["watched"], found.measures["trusted"]) == (0, 2, 0)
    assert row(dropped, window="2026-11-04/2026-11-04").n == 1
    assert row(dropped, window="2026-11-05/2026-11-05").measures["watched"] == 1
    again = row([*dropped, seen("2026-11-10 08:00", "acme", 8_000)])
    assert (again.value, again.measures["falls"]) == (125.0, 0)


def test_a_late_reading_counts_on_its_day() -> None:
    late = seen("2026-11-03 09:00", "acme", 5_000)
    events = [*WATCHED, seen("2026-11-02 09:00", "acme", 10_000), seen("2026-11-20 09:00", "acme", 10_000), late]
    assert [row(events, window=f"{day}/{day}").value for day in ("2026-11-02", "2026-11-19", "2026-11-20")] == [
        100.0, 200.0, 100.0
    ]  # fmt: skip


@pytest.mark.parametrize("price", [None, 0, -100])
def test_a_pair_without_a_price_of_ours_is_watched_and_in_no_index(price: int | None) -> None:
    events = [watched("2026-11-02 08:00", "acme"), seen("2026-11-02 09:00", "acme", 10_000)]
    events += [own("2026-11-02 08:00", price)] if price is not None else []
    found = row(events)
    assert (found.value, found.n, found.measures["trusted"], found.measures["no_own_price"]) == (None, 0, 1, 1)
    assert Flag.NO_OWN_PRICE in found.flags


@pytest.mark.parametrize(
    ("stock", "n"),
    [(None, 1), ("in_stock", 1), ("limited", 1), ("preorder", 0), ("backorder", 0), ("out_of_stock", 0)],
)
def test_a_price_counts_where_it_can_be_had(stock: str | None, n: int) -> None:
    more = {"stock": stock} if stock else {}
    found = row([*WATCHED, seen("2026-11-02 09:00", "acme", 10_000, **more)])
    assert (found.n, found.measures["trusted"]) == (n, 1)


def test_two_currencies_meet_at_the_rate_of_the_day() -> None:
    events = [*WATCHED, seen("2026-11-02 09:00", "acme", 8_000, currency="USD")]
    assert row(events).value is None
    assert Flag.RATE_MISSING in row(events).flags
    rate = event("rate.set", None, at("2026-11-20 10:00"), currency="USD", day="2026-11-20", rate=0.5)
    found = total_row("competitor_prices", engine_of(events, HERE.now), world(NOW, [rate]))
    assert (found.value, found.measures["undercuts"]) == (250.0, 0)  # 100 EUR against 40 EUR
    yen = [
        watched("2026-11-02 08:00", "acme"),
        own("2026-11-02 08:00", 100, "JPY"),
        seen("2026-11-02 09:00", "acme", 200, currency="JPY"),
    ]
    assert row(yen).value == 50.0


def test_the_day_of_25_hours_closes_an_hour_later() -> None:
    events = [*WATCHED[1:], watched("2026-10-25 00:00", "acme"), own("2026-10-25 00:00", 10_000)]
    events += [seen("2026-10-25 23:59", "acme", 5_000), seen("2026-10-26 00:00", "acme", 10_000)]
    assert [row(events, window=f"2026-10-{day}/2026-10-{day}").value for day in (25, 26)] == [200.0, 100.0]


def test_what_is_compared_stood_at_the_compared_ends() -> None:
    events = [
        watched("2026-10-01 08:00", "acme"),
        own("2026-10-01 08:00", 10_000),
        seen("2026-10-02 09:00", "acme", 10_000),
        seen("2026-11-02 09:00", "acme", 8_000),
        seen("2026-11-23 09:00", "acme", 5_000),
    ]
    found = row(events)
    assert found.compared is not None
    assert (found.value, found.compared.value, found.compared.previous) == (200.0, 125.0, 100.0)


def test_a_promotion_is_a_list_price_above_the_price_and_the_oldest_reading_is_told_of_now() -> None:
    events = [
        *WATCHED,
        seen("2026-11-13 09:00", "acme", 10_000, list_price_minor=12_000),
        seen("2026-11-20 09:00", "bolt", 10_000, list_price_minor=10_000),
    ]
    found = row(events)
    assert found.related["promotions"].value == 1
    assert found.related["oldest_reading"].value == 10 * 86400
    assert "oldest_reading" not in row(events, window="2026-11-01/2026-11-20").related


def test_the_dearest_products_stand_with_the_cheapest_rival() -> None:
    events = [
        *WATCHED,
        seen("2026-11-02 09:00", "acme", 8_000),
        seen("2026-11-02 09:00", "bolt", 5_000),
        watched("2026-11-02 08:00", "acme", sku="DESK"),
        own("2026-11-02 08:00", 9_000, sku="DESK"),
        seen("2026-11-02 09:00", "acme", 10_000, sku="DESK"),
    ]
    assert "dearest" not in row(events).related
    assert row(events, dearest="yes").related["dearest"].details["products"] == [
        {
            "sku": "LAMP",
            "index": 158.11,
            "rivals": 2,
            "price_minor": 10_000,
            "currency": "EUR",
            "cheapest": {"competitor": "bolt", "price_minor": 5_000, "currency": "EUR"},
        }
    ]
