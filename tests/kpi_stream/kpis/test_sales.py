from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.common.events import Event
from services.kpi_stream.kpis.kpi import Flag
from tests.support.events import at, event, line
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"


def order(name: str, time: str, gross: int = 10_000, **data: Any) -> Event:
    usual = {"channel": "online", "currency": "EUR", "lines": [line(gross)]}
    return event("order.placed", name, at(time), **{**usual, **data})


def returned(name: str, time: str, amount: int, **data: Any) -> Event:
    return event("order.returned", name, at(time), return_id=f"r-{time}", currency="EUR", amount_minor=amount, **data)


def test_net_is_gross_less_discount_less_what_came_back_on_its_day() -> None:
    here = world(NOW)
    events = [
        order("a", "2026-11-02 10:00", lines=[line(10_000, quantity=2, discount=1_000), line(5_000)]),
        returned("a", "2026-11-20 10:00", 3_000),
        order("b", "2026-10-02 10:00"),
        returned("b", "2026-11-20 11:00", 10_000),
    ]
    row = total_row("sales", engine_of(events, here.now), here)
    counts = {"orders": 1, "units": 3}
    money = {"gross_minor": 15_000, "discount_minor": 1_000, "returned_minor": 13_000, "net_minor": 1_000}
    assert row.measures == {**counts, **money}
    assert row.value == Decimal("10.00")
    by_order_day = total_row("sales", engine_of(events, here.now), here, basis="order_day")
    assert by_order_day.measures["returned_minor"] == 3_000
    assert by_order_day.value == Decimal("110.00")
    assert row.related["basket"].value == Decimal("110.00")
    assert row.related["return_rate"].value == pytest.approx(3_000 / 14_000)


def test_a_cancelled_order_is_a_sale_and_its_return_and_is_not_counted() -> None:
    here = world(NOW)
    events = [
        order("a", "2026-11-02 10:00"),
        returned("a", "2026-11-03 10:00", 4_000),
        event("order.cancelled", "a", at("2026-11-04 10:00")),
    ]
    engine = engine_of(events, here.now)
    row = total_row("sales", engine, here)
    assert (row.measures["orders"], row.measures["gross_minor"], row.measures["returned_minor"]) == (0, 10_000, 10_000)
    assert total_row("sales", engine, here, window="2026-11-04/2026-11-04").measures["returned_minor"] == 6_000


def test_each_rep_gets_their_own_lines_and_the_order_counts_once_for_each() -> None:
    here = world(NOW)
    lines = [line(6_000, sku="a", rep="ana"), line(4_000, sku="b"), line(2_000, sku="c", rep="ana")]
    events = [order("a", "2026-11-02 10:00", lines=lines, rep_id="bob"), returned("a", "2026-11-05 10:00", 1_200)]
    by_rep = rows("sales", engine_of(events, here.now), here, by="rep")
    assert {rep: (row.measures["orders"], row.measures["net_minor"]) for rep, row in by_rep.items()} == {
        "ana": (1, 8_000 - 800),
        "bob": (1, 4_000 - 400),
    }


def test_an_order_with_two_promotions_counts_in_both_and_once_in_all() -> None:
    here = world(NOW)
    engine = engine_of([order("a", "2026-11-02 10:00", promotion_ids=["p", "q", "p"])], here.now)
    assert {m: r.measures["orders"] for m, r in rows("sales", engine, here, by="promotion").items()} == {"p": 1, "q": 1}
    assert total_row("sales", engine, here).measures["orders"] == 1


def test_cuts_by_channel_and_region_name_both() -> None:
    here = world(NOW)
    engine = engine_of(
        [order("a", "2026-11-02 10:00", region="a/b"), order("b", "2026-11-02 10:00", channel="store")], here.now
    )
    found = rows("sales", engine, here, by="channel,region")
    assert sorted(tuple(row.by.items()) for row in found.values()) == [
        (("channel", "online"), ("region", "a/b")),
        (("channel", "store"), ("region", "unknown")),
    ]


def test_a_return_before_its_order_counts_by_its_own_words_until_the_order_is_known() -> None:
    here = world(NOW)
    back = returned("a", "2026-11-05 10:00", 1_000, channel="phone", region="north", rep_id="zoe")
    alone = engine_of([back], here.now)
    assert rows("sales", alone, here, by="channel")["phone"].measures["returned_minor"] == 1_000
    both = engine_of([back, order("a", "2026-11-02 10:00", rep_id="ana")], here.now)
    assert set(rows("sales", both, here, by="channel")) == {"online"}
    assert rows("sales", both, here, by="rep")["ana"].measures["net_minor"] == 9_000


def rate(day: str, value: str) -> Event:
    return event("rate.set", None, at(f"{day} 08:00"), currency="USD", day=day, rate=value)


def test_other_currencies_are_converted_day_by_day_and_rounded_once() -> None:
    here = world(NOW, [rate("2026-11-02", "0.9"), rate("2026-11-03", "0.5")])
    events = [
        order("a", "2026-11-02 10:00", 105, currency="USD"),  # 94.5 cents
        order("b", "2026-11-03 10:00", 102, currency="USD"),  # 51
        order("c", "2026-11-05 10:00", 100, currency="USD"),  # the rate of the 3rd: 50
        order("d", "2026-11-05 10:00", 1_000),
    ]
    row = total_row("sales", engine_of(events, here.now), here)
    assert row.measures["gross_minor"] == 1_000 + 196  # 195.5, half to even
    assert row.by_currency == {
        "EUR": {"gross_minor": 1_000, "discount_minor": 0, "returned_minor": 0, "returned_order_day_minor": 0},
        "USD": {"gross_minor": 307, "discount_minor": 0, "returned_minor": 0, "returned_order_day_minor": 0},
    }


def test_a_rate_more_than_a_week_old_is_none() -> None:
    here = world(NOW, [rate("2026-11-02", "0.9")])
    ok, late = order("a", "2026-11-09 10:00", currency="USD"), order("a", "2026-11-10 10:00", currency="USD")
    assert total_row("sales", engine_of([ok], here.now), here).value == Decimal("90.00")
    row = total_row("sales", engine_of([late], here.now), here)
    assert (row.value, row.measures["orders"], row.measures["net_minor"]) == (None, 1, None)
    assert Flag.RATE_MISSING in row.flags


def visits(start: str, end: str, count: int, store: str = "s1") -> Event:
    return event(
        "visits.counted",
        None,
        at("2026-11-23 10:00"),
        channel="store",
        store_id=store,
        from_=at(start).isoformat(),
        to=at(end).isoformat(),
        visits=count,
    )


def in_store(name: str, time: str) -> Event:
    return order(name, time, channel="store", store_id="s1")


def conversion(events: list[Event], **query: Any) -> Any:
    here = world(NOW)
    return total_row("sales", engine_of(events, here.now), here, **query).related["conversion"]


def test_conversion_sets_orders_against_the_visits_of_the_same_time() -> None:
    day = visits("2026-11-20 00:00", "2026-11-21 00:00", 40)
    counted = [day, in_store("a", "2026-11-20 10:10"), in_store("b", "2026-11-20 12:10")]
    whole = conversion(counted, window="2026-11-20/2026-11-20")
    assert (whole.numerator, whole.denominator, whole.flags) == (2, 40, ())
    missed = conversion([*counted, in_store("c", "2026-11-21 10:00")], window="2026-11-20/2026-11-21")
    assert (missed.numerator, missed.denominator, missed.flags) == (2, 40, (Flag.VISITS_INCOMPLETE,))


def test_today_is_told_by_the_hours_that_were_counted() -> None:
    hour = visits("2026-11-23 09:00", "2026-11-23 10:00", 10)
    found = conversion([hour, in_store("a", "2026-11-23 09:10"), in_store("b", "2026-11-23 10:10")], window="today")
    assert (found.numerator, found.denominator, found.flags) == (
        1,
        10,
        (Flag.SMALL_N,),
    )  # the hour that runs is in neither


def test_conversion_is_never_silently_above_all_visits() -> None:
    day = visits("2026-11-20 00:00", "2026-11-21 00:00", 1)
    found = conversion(
        [day, in_store("a", "2026-11-20 10:10"), in_store("b", "2026-11-20 12:10")], window="2026-11-20/2026-11-20"
    )
    assert (found.value, found.flags) == (2.0, (Flag.VISITS_INCOMPLETE, Flag.SMALL_N))


def test_without_visits_there_is_no_conversion() -> None:
    found = conversion([in_store("a", "2026-11-20 10:10")])
    assert (found.value, found.flags) == (None, (Flag.VISITS_INCOMPLETE, Flag.SMALL_N))


def daily(first: str, days: int, amounts: list[int], **data: Any) -> list[Event]:
    start = date.fromisoformat(first)
    return [
        order(f"{data}-{first}-{i}", f"{start + timedelta(days=i)} 10:00", amounts[i % len(amounts)], **data)
        for i in range(days)
    ]


def promotion(name: str, first: str, last: str, **data: Any) -> Event:
    return event("promotion.set", name, at("2026-01-01 10:00"), name=name, from_=first, to=last, **data)


def test_a_promotion_is_set_against_the_same_weekdays_before_and_where_it_did_not_run() -> None:
    here = world(NOW, [promotion("p", "2026-11-02", "2026-11-08", channels=["online"])])
    before = daily("2026-10-05", 28, [10_000, 20_000, 30_000, 10_000, 10_000, 10_000, 10_000])
    during = daily("2026-11-02", 7, [15_000, 25_000, 35_000, 15_000, 15_000, 15_000, 15_000], promotion_ids=["p"])
    elsewhere = daily("2026-10-05", 35, [1_000], channel="store")
    row = rows("sales", engine_of([*before, *during, *elsewhere], here.now), here, by="promotion")["p"]
    effect = row.related["promotion_effect"]
    assert effect.value == Decimal("50.00")
    assert effect.details["percent"] == pytest.approx(5_000 / (100_000 / 7))
    assert effect.details["baseline"] == {
        "mean": Decimal("142.86"),
        "lowest": Decimal("100.00"),
        "highest": Decimal("300.00"),
    }
    assert effect.details["elsewhere"]["value"] == 0
    assert effect.flags == (Flag.IMMATURE,)


def test_days_of_other_promotions_and_holidays_are_no_baseline() -> None:
    """Four Wednesdays before, one of them a holiday (14 July 2026 is a Tuesday), two in another promotion."""
    stated = [
        promotion("p", "2026-07-22", "2026-07-22"),
        promotion("q", "2026-07-01", "2026-07-10", channels=["online"]),
    ]
    here = world(NOW, stated)
    engine = engine_of(
        [*daily("2026-06-24", 28, [10_000]), order("x", "2026-07-22 10:00", 12_000, promotion_ids=["p"])], here.now
    )
    row = rows("sales", engine, here, by="promotion", window="2026-07-22/2026-07-22")["p"]
    assert row.related["promotion_effect"].value == Decimal("20.00")  # 24 June and 15 July are left
    more = world(NOW, [*stated, promotion("r", "2026-07-15", "2026-07-15")])
    row = rows("sales", engine, more, by="promotion", window="2026-07-22/2026-07-22")["p"]
    assert row.related["promotion_effect"].flags == (Flag.NO_BASELINE,)
    assert row.related["promotion_effect"].value is None


def test_only_whole_days_of_a_promotion_count() -> None:
    here = world("2026-11-03 10:00", [promotion("p", "2026-11-02T12:00:00+01:00", "2026-11-04")])
    engine = engine_of(
        [*daily("2026-10-05", 28, [10_000]), *daily("2026-11-02", 2, [90_000], promotion_ids=["p"])], here.now
    )
    row = rows("sales", engine, here, by="promotion")["p"]
    assert row.related["promotion_effect"].value is None
    assert row.label == "p"
