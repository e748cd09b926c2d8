from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from services.common.events import Event
from services.common.money import to_major
from services.common.windows import named_window
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.order import Order, fold
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Estimate, Flag
from services.kpi_stream.kpis.offer_cells import order_contributions
from services.kpi_stream.kpis.rates import change_of_rate
from services.kpi_stream.kpis.statistics import wilson
from services.kpi_stream.rows import Row
from tests.support.engine import Engine
from tests.support.events import PARIS, at, event, line
from tests.support.oracle import recompute
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"
MEASURES = {measure for group in all_kpis()["add_on_sales"].groups for measure in group.measures}
HERE = world(NOW)
"""Whatever was offered until November 15 has had its seven days; tests declare that `a` goes with `b` and `z`."""
KPI = "add_on_sales"


def estimated(part: int, whole: int) -> Estimate:
    return Estimate(None, {}, numerator=part, denominator=whole)


def made(name: str, day: str = "2026-11-02", **data: Any) -> Event:
    time = at(day if " " in day else f"{day} 11:00")
    usual = {"kind": "cross_sell", "rep_id": "ana", "technique": "bundle", "offered_sku": "b", "base_sku": "a"}
    return event("offer.made", name, time, **{**usual, **data})


def answered(name: str, outcome: str, day: str = "2026-11-03", **data: Any) -> Event:
    return event("offer.answered", name, at(f"{day} 12:00"), outcome=outcome, **data)


def accepted(name: str, delta: int | None = None, currency: str = "EUR", **data: Any) -> Event:
    worth = {} if delta is None else {"amount_delta_minor": delta, "currency": currency}
    return answered(name, "accepted", **worth, **data)


def placed(name: str, *lines: dict[str, Any], revision: int = 0, day: str = "2026-11-03", **data: Any) -> Event:
    sold = {"channel": "store", "currency": "EUR", "lines": list(lines), "revision": revision, **data}
    return event("order.placed", name, at(f"{day} 12:00"), **sold)


def returned(name: str, amount: int, *lines: dict[str, Any], return_id: str = "r", currency: str = "EUR") -> Event:
    data = {"return_id": return_id, "currency": currency, "amount_minor": amount, "lines": list(lines)}
    return event("order.returned", name, at("2026-11-09 12:00"), **data)


def back(amount: int, sku: str = "sku", **data: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": 1, "amount_minor": amount, **data}


def cancelled(name: str) -> Event:
    return event("order.cancelled", name, at("2026-11-04 12:00"))


def engine(events: Sequence[Event]) -> Engine:
    return engine_of(events, HERE.now)


def told(*events: Event, **query: Any) -> Row:
    return total_row(KPI, engine(events), HERE, **query)


class TestSuccess:
    def test_it_is_accepted_of_made_without_unanswered_ones_of_the_last_seven_days(self) -> None:
        row = told(
            *(made(name) for name in ("yes", "no", "silent")),
            *(made(name, "2026-11-20") for name in ("young yes", "young silent")),
            accepted("yes"),
            answered("no", "refused"),
            accepted("young yes", day="2026-11-21"),
        )
        assert (row.value, row.numerator, row.denominator, row.n) == (0.5, 2, 4, 4)
        assert row.interval == wilson(2, 4)
        counts = {"made": 5, "accepted": 2, "refused": 1, "open": 2, "young": 1}
        assert {name: row.measures[name] for name in counts} == counts
        of_answered = row.related["success_of_answered"]
        assert (of_answered.value, of_answered.numerator, of_answered.denominator) == (2 / 3, 2, 3)
        assert of_answered.interval == wilson(2, 3)

    def test_an_unanswered_offer_is_old_after_seven_whole_days(self) -> None:
        young = told(made("o", "2026-11-16 00:00"))
        assert (young.value, young.denominator, young.measures["young"]) == (None, 0, 1)
        assert Flag.IMMATURE in young.flags
        old = told(made("o", "2026-11-15 23:59:59"))
        assert (old.value, old.denominator, old.measures["young"]) == (0.0, 1, 0)
        assert Flag.IMMATURE not in old.flags

    def test_it_still_moves_as_long_as_a_young_offer_may_be_answered(self) -> None:
        offers = [made("o", "2026-11-20"), made("old")]
        waiting = told(*offers)
        assert Flag.IMMATURE in waiting.flags
        assert Flag.IMMATURE in waiting.related["success_of_answered"].flags
        row = told(*offers, answered("o", "refused", day="2026-11-21"))
        assert (row.value, row.denominator) == (0.0, 2)
        assert Flag.IMMATURE not in row.flags

    def test_an_answer_counts_on_the_day_the_offer_was_made(self) -> None:
        events = [made("o", "2026-10-30"), accepted("o", 500, day="2026-11-20")]
        assert told(*events).denominator == 0
        october = told(*events, window="2026-10-30/2026-10-30")
        assert (october.value, october.measures["brought_minor"]) == (1.0, 500)

    def test_an_answer_without_its_offer_counts_nowhere(self) -> None:
        orphan = told(accepted("o", 500), placed("A", line(1000, offer="o")), window="ytd")
        assert (orphan.value, orphan.measures["made"], orphan.measures["brought_minor"]) == (None, 0, 0)

    def test_a_corrected_answer_stands(self) -> None:
        row = told(made("o"), accepted("o", 500), answered("o", "refused", revision=1))
        assert (row.numerator, row.denominator, row.measures["brought_minor"]) == (0, 1, 0)

    def test_few_are_few(self) -> None:
        offers = [made(f"o{i}") for i in range(30)]
        assert Flag.SMALL_N in told(*offers[1:]).flags
        assert Flag.SMALL_N not in told(*offers).flags

    def test_a_target_is_a_rate(self) -> None:
        aim = {"measure": KPI, "period": "month", "starts_on": "2026-11-01", "value": 0.4}
        here = world(NOW, [event("target.set", None, at("2026-10-25 10:00"), **aim)])
        row = total_row(KPI, engine([made("o"), accepted("o"), made("p")]), here)
        assert (row.target, row.gap) == (0.4, pytest.approx(0.1))


class TestCompared:
    def test_of_both_periods_as_many_last_days_are_young(self) -> None:
        """November 1 to 22 stand against October 1 to 20, as many opening days: their last seven begin on 16 and 14."""
        events = [
            *(made(name, day) for name, day in (("n1", "2026-11-15"), ("n2", "2026-11-16"), ("n3", "2026-11-02"))),
            *(made(name, day) for name, day in (("o1", "2026-10-13"), ("o2", "2026-10-14"), ("o3", "2026-10-02"))),
            accepted("n3"),
            accepted("o3", day="2026-10-03"),
        ]
        row = told(*events)
        assert row.compared is not None
        assert row.compared.until == at("2026-11-23 00:00")
        assert (row.compared.value, row.compared.previous) == (0.5, 0.5)

    def test_of_days_long_past_all_are_old_on_both_sides(self) -> None:
        events = [made("o1", "2026-10-10"), made("o2", "2026-10-05"), accepted("o2"), made("o3", "2026-10-04")]
        row = told(*events, window="2026-10-05/2026-10-10")
        assert row.compared is not None
        assert (row.value, row.compared.value, row.compared.previous) == (0.5, 0.5, 0.0)

    def test_a_rate_tells_its_change_with_the_interval_of_the_difference(self) -> None:
        """Newcombe's own example (1998, table II a): 56 of 70 less 48 of 80 lie from 0.0524 to 0.3339."""
        now, before = (estimated(*counts) for counts in ((56, 70), (48, 80)))
        change = change_of_rate(now, before)
        assert change is not None
        assert change.interval is not None
        assert (change.value, change.n) == (pytest.approx(0.2), 70)
        assert (round(change.interval.low, 4), round(change.interval.high, 4)) == (0.0524, 0.3339)
        assert change_of_rate(now, estimated(0, 0)) is None
        row = told(made("o"), made("p"), accepted("p"), made("q", "2026-10-05"))
        assert row.related["change"].value == 0.5

    def test_of_days_that_ended_lately_some_are_young(self) -> None:
        """November 16 to 19 are young, and so the last four of the ten days before count as November 6 to 9."""
        events = [made(f"o{day}", f"2026-11-{day:02}") for day in (5, 6, 15, 16)]
        row = told(*events, *(made(f"p{day}", f"2026-11-{day:02}") for day in (5, 6)), accepted("p5"), accepted("p6"),
                   window="2026-11-10/2026-11-19")  # fmt: skip
        assert row.compared is not None
        assert (row.denominator, row.compared.value) == (1, 0.0)
        assert row.compared.previous == pytest.approx(2 / 3)

    def test_a_week_in_which_none_is_old_stands_against_what_was_answered(self) -> None:
        offers = [made("n", "2026-11-18"), made("o", "2026-11-12"), made("p", "2026-11-12")]
        row = told(*offers, accepted("p", day="2026-11-13"), window="7d")
        assert row.compared is not None
        assert (row.compared.value, row.compared.previous) == (None, 1.0)


def revenue(*events: Event, **query: Any) -> tuple[int, int, int]:
    row = told(*events, **query)
    names = ("brought_minor", "taken_back_minor", "net_brought_minor")
    assert row.related["revenue_brought"].value == to_major(row.measures["net_brought_minor"], "EUR")
    return tuple(row.measures[name] for name in names)


class TestRevenue:
    """An offer of 600 whose line is worth 1000."""

    sold = line(1000, offer="o")

    @pytest.mark.parametrize(
        ("events", "taken_back"),
        [
            ([], 0),
            ([placed("A", sold)], 0),
            ([placed("A", sold), returned("A", 250)], 150),
            ([placed("A", sold, line(3000)), returned("A", 1000)], 150),
            ([placed("A", sold, line(3000)), returned("A", 500, back(500, offer_id="o"))], 300),
            ([placed("A", sold), returned("A", 1000)], 600),
            ([placed("A", sold), returned("A", 4000)], 600),
            ([placed("A", sold), returned("A", 100), returned("A", 150, return_id="r2")], 150),
            ([placed("A", sold), returned("A", 250, currency="USD")], 0),
            ([placed("A", sold), cancelled("A")], 600),
            ([placed("A", sold), returned("A", 250), cancelled("A")], 600),
            ([placed("A", sold), placed("B", sold), cancelled("B")], 0),
            ([placed("A", sold), placed("B", sold), returned("A", 500)], 150),
            ([placed("A", sold), placed("B", line(3000, offer="o")), returned("A", 500), cancelled("B")], 300),
            ([placed("A", sold), cancelled("A"), placed("B", sold), cancelled("B")], 600),
            ([placed("A", line(0, offer="o"))], 0),
            ([placed("A", line(0, offer="o")), returned("A", 1)], 600),
            ([placed("A", line(1000, discount=500, offer="o")), returned("A", 250)], 300),
            ([returned("A", 250)], 0),
            ([placed("A", line(1000))], 0),
            # An order that gave back more than it had takes nothing from what another kept.
            ([placed("A", sold), returned("A", 4000), placed("B", sold)], 300),
            ([placed("A", sold), returned("A", -4000), placed("B", sold), returned("B", 500)], 150),
            ([placed("A", line(-1000, offer="o")), placed("B", sold), returned("B", 500)], 300),
            # Orders in the currency of what was brought count, else those in that of the first.
            ([placed("A", sold), placed("B", sold, currency="USD"), returned("B", 1000, currency="USD")], 0),
            ([placed("B", sold), placed("A", sold, currency="USD"), returned("B", 500)], 300),
            ([placed("A", sold), cancelled("A"), placed("B", sold, currency="USD")], 0),
            (
                [
                    placed("B", sold, currency="USD"),
                    placed("A", sold, currency="JPY"),
                    returned("A", 500, currency="JPY"),
                    returned("B", 1000, currency="USD"),
                ],
                300,
            ),
            # An edit that drops the line.
            ([placed("A", sold), placed("A", line(1), revision=1)], 600),
            ([placed("A", sold, revision=1), placed("A", line(1))], 0),
            ([placed("A", sold), placed("A", line(1), revision=1), placed("A", sold, revision=2)], 0),
            ([placed("A", sold), placed("A", line(1), revision=1), placed("B", sold), returned("B", 250)], 150),
            ([placed("A", sold), placed("A", line(1), revision=1), placed("B", sold), cancelled("B")], 600),
        ],
    )
    def test_what_comes_back_of_its_lines_is_taken_off(self, events: list[Event], taken_back: int) -> None:
        assert revenue(made("o"), accepted("o", 600), *events) == (600, taken_back, 600 - taken_back)

    @pytest.mark.parametrize(
        ("delta", "taken_back"), [(5, 2), (15, 8), (-5, -2), (-15, -8), (0, 0), (10**12, 5 * 10**11)]
    )
    def test_it_is_rounded_once_a_half_to_the_even_one(self, delta: int, taken_back: int) -> None:
        events = [placed("A", self.sold), returned("A", 500)]
        assert revenue(made("o"), accepted("o", delta), *events) == (delta, taken_back, delta - taken_back)

    def test_a_refused_offer_brings_nothing_whatever_is_sold(self) -> None:
        refused = answered("o", "refused", amount_delta_minor=600, currency="EUR")
        assert revenue(made("o"), refused, placed("A", self.sold), returned("A", 500)) == (0, 0, 0)

    def test_a_line_that_is_restated_moves_from_one_offer_to_the_other(self) -> None:
        offers = [made("o"), made("p", rep_id="bob"), accepted("o", 600), accepted("p", 100)]
        half_back = returned("A", 500)
        restated = placed("A", line(1000, offer="p"), revision=1)
        engines = [engine([*offers, placed("A", self.sold), half_back, *more]) for more in ((), (restated,))]
        by_rep = [
            {rep: row.measures["taken_back_minor"] for rep, row in rows(KPI, each, HERE, by="rep").items()}
            for each in engines
        ]
        assert by_rep == [{"ana": 300, "bob": 0}, {"ana": 600, "bob": 50}]

    def test_other_currencies_are_converted_by_the_day_the_offer_was_made(self) -> None:
        events = [made("o"), accepted("o", 600, "USD"), made("p"), accepted("p", 100), placed("A", self.sold)]
        events.append(returned("A", 250))
        unknown = told(*events)
        assert (unknown.value, unknown.measures["brought_minor"]) == (1.0, None)
        assert unknown.related["revenue_brought"].flags == (Flag.RATE_MISSING,)
        assert Flag.RATE_MISSING in unknown.flags
        rate = event("rate.set", None, at("2026-11-02 08:00"), currency="USD", day="2026-11-02", rate=0.5)
        row = total_row(KPI, engine(events), world(NOW, [rate]))
        assert (row.measures["brought_minor"], row.measures["taken_back_minor"]) == (400, 75)
        assert row.related["revenue_brought"].value == pytest.approx(3.25)
        assert row.related["revenue_brought"].unit == "EUR"
        assert row.by_currency == {
            "USD": {"brought_minor": 600, "taken_back_minor": 150},
            "EUR": {"brought_minor": 100, "taken_back_minor": 0},
        }


class TestCuts:
    def test_an_offer_counts_by_kind_technique_rep_and_team(self) -> None:
        events = [
            made("o1"),
            made("o2", kind="up_sell", technique="demo", rep_id="bob", base_sku=None),
            made("o3", technique="demo"),
            accepted("o2", 700),
            placed("A", line(100, offer="o2", rep="ana")),
        ]
        team = [event("rep.set", rep, at("2026-01-01 10:00"), alias=rep, team_id="t") for rep in ("ana", "bob")]
        here, applied = world(NOW, team), engine(events)

        def by(cut: str) -> dict[str, tuple[int | None, int | None]]:
            return {m: (row.numerator, row.denominator) for m, row in rows(KPI, applied, here, by=cut).items()}

        assert by("kind") == {"cross_sell": (0, 2), "up_sell": (1, 1)}
        assert by("technique") == {"bundle": (0, 1), "demo": (1, 2)}
        assert by("rep") == {"ana": (0, 2), "bob": (1, 1)}
        assert by("team") == {"t": (1, 3)}
        assert "attach_rate" not in rows(KPI, applied, here, by="rep")["ana"].related

    def test_only_declared_pairs_are_told_apart(self) -> None:
        undeclared = [made("o2", base_sku="b", offered_sku="z"), made("o3", base_sku=None), made("o4", base_sku="c")]
        found = rows(KPI, engine([made("o1"), *undeclared]), HERE, by="pair")
        assert {member: row.measures["made"] for member, row in found.items()} == {"a/b": 1}
        assert (found["a/b"].by, found["a/b"].label) == ({"base": "a", "offered": "b"}, "a · b")


def attach(*events: Event, **query: Any) -> tuple[float | None, int, int]:
    rate = told(*events, **query).related["attach_rate"]
    assert rate.interval == wilson(rate.numerator, rate.denominator)
    return rate.value, rate.numerator, rate.denominator


class TestAttachRate:
    def test_it_is_orders_with_both_of_orders_with_the_first(self) -> None:
        a, b, c = (line(100, sku=sku) for sku in "abc")
        assert attach(placed("A", c)) == (None, 0, 0)
        assert attach(placed("A", a, c)) == (0.0, 0, 2)  # it goes with b and with z
        assert attach(placed("A", a, line(100, sku="z"), c)) == (0.5, 1, 2)
        assert attach(placed("A", b, a, a)) == (2 / 3, 2, 3)  # b goes with a, too
        assert attach(placed("A", a, day="2026-10-30")) == (None, 0, 0)

    def test_only_orders_that_stand_count(self) -> None:
        order = placed("A", line(100, sku="b"), line(100, sku="a"))
        assert attach(order, cancelled("A")) == (None, 0, 0)
        assert attach(order, returned("A", 200)) == (None, 0, 0)
        assert attach(order, returned("A", 199)) == (2 / 3, 2, 3)
        assert attach(order, placed("A", line(1, sku="b"), revision=1)) == (0.0, 0, 1)

    def test_a_pair_that_nobody_offered_is_told_by_its_orders(self) -> None:
        found = rows(KPI, engine([placed("A", line(100, sku="a"), line(100, sku="b"))]), HERE, by="pair")
        rates = {member: row.related["attach_rate"] for member, row in found.items()}
        assert {member: (r.numerator, r.denominator) for member, r in rates.items()} == {
            "a/b": (1, 1),
            "a/z": (0, 1),
            "b/a": (1, 1),
        }
        assert [row.value for row in found.values()] == [None, None, None]

    def test_without_declared_pairs_orders_add_nothing(self) -> None:
        order = fold(Order(), placed("A", line(100, sku="a"), line(100, sku="b")), PARIS)
        assert order_contributions("A", order, Declared(PARIS)) == []
        assert len(order_contributions("A", order, Declared(PARIS, pairs={"b": ("c",)}))) == 1


def test_an_order_of_500_lines_and_40_offers_is_exact_to_the_cent() -> None:
    """Some of the lines come back in three returns, by offer, by sku and by amount alone; then two are restated."""
    random = Random(7)
    offers = [made(f"o{i}", rep_id=f"r{i % 3}") for i in range(40)]
    answers = [accepted(f"o{i}", random.randint(100, 99_999)) for i in range(40)]
    lines = [
        line(random.randint(100, 50_000), sku=random.choice("abcz"), discount=random.randint(0, 99), offer=f"o{i % 40}")
        for i in range(500)
    ]
    by_offer = [back(random.randint(1, 9_999), offer_id=f"o{i}") for i in range(20)]
    by_sku = [back(random.randint(1, 9_999), sku) for sku in "abz"]
    events = [
        *offers,
        *answers,
        placed("A", *lines),
        returned("A", sum(each["amount_minor"] for each in by_offer), *by_offer),
        returned("A", sum(each["amount_minor"] for each in by_sku), *by_sku, return_id="r2"),
        returned("A", 12_345, return_id="r3"),
        placed("A", *lines[:498], line(777, offer="o1"), line(778, offer="o2"), revision=1),
    ]
    random.shuffle(events)
    applied = engine(events)
    expected = recompute(events)
    assert applied.by_day([KPI]) == {cell: value for cell, value in expected.items() if cell.measure in MEASURES}
    row = total_row(KPI, applied, HERE)
    assert row.measures["brought_minor"] == sum(each.data.amount_delta_minor for each in answers)
    assert 0 < row.measures["taken_back_minor"] < row.measures["brought_minor"]


def test_days_that_all_are_young_have_no_older_span() -> None:
    kpi = all_kpis()[KPI]
    week = HERE.calendar.days_span(HERE.today - timedelta(days=6), HERE.today)
    assert kpi.spans(named_window("7d", HERE.now, HERE.calendar), HERE) == {"window": week}
