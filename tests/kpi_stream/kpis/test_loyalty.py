from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from services.kpi_stream.entities import customer as entity
from services.kpi_stream.kpis.contacted_scores import _mean
from services.kpi_stream.kpis.kpi import Flag, Related, Totals
from services.kpi_stream.kpis.loyalty_cells import SCORES_OF_OTHERS
from services.kpi_stream.rows import Row
from tests.support.engine import Engine
from tests.support.events import at, event, line
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"
HERE = world(NOW)
FIRST_DAY = at("2026-07-01 10:00")
"""Day 0: day 14 is July 15, day 15 to 104 July 16 to October 13, day 105 October 14."""
COUNTED = "2026-10-14/2026-10-14"


def order(day: int, customer: str | None = "c", *, name: str = "", hour: int = 0, **data: Any) -> Event:
    """An order some days after the first day."""
    placed = {"channel": "online", "currency": "EUR", "lines": [line(1000)], **data}
    if customer is not None:
        placed["customer_id"] = customer
    time = FIRST_DAY + timedelta(days=day, hours=hour)
    return event("order.placed", name or f"O-{customer}-{day}-{hour}", time, **placed)


def contact(day: int, customer: str = "c", *, hour: int = 1, **data: Any) -> Event:
    said = {"contact_id": f"k-{day}-{hour}", "medium": "email", **data}
    return event("customer.contacted", customer, FIRST_DAY + timedelta(days=day, hours=hour), **said)


def draw(group: str, customer: str, day: int = 0, campaign: str = "spring") -> Event:
    time = FIRST_DAY + timedelta(days=day)
    return event("customer.assigned", customer, time, campaign_id=campaign, group=group)


def engine(*events: Event) -> Engine:
    return engine_of(events, at(NOW))


def told(*events: Event, window: str = COUNTED) -> Row:
    return total_row("loyalty", engine(*events), HERE, window=window)


def spells(*events: Event, window: str = COUNTED) -> tuple[object, ...]:
    measures = told(*events, window=window).measures
    return tuple(measures[name] for name in ("contacted", "contacted_came_back", "others", "others_came_back", "out"))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([order(0)], (0, 0, 1, 0, 0)),
        ([order(0), contact(0)], (1, 0, 0, 0, 0)),
        ([order(0), contact(0, hour=-1)], (0, 0, 1, 0, 0)),  # before the order
        ([order(0), contact(14, hour=13)], (1, 0, 0, 0, 0)),  # 23:00 on day 14
        ([order(0), contact(15, hour=-10)], (0, 0, 1, 0, 0)),  # midnight, day 15
        ([order(0), order(15)], (0, 0, 1, 1, 0)),
        ([order(0), order(104)], (0, 0, 1, 1, 0)),
        ([order(0), order(105)], (0, 0, 1, 0, 0)),
        ([order(0), order(14)], (0, 0, 0, 0, 1)),  # again before the landmark: out
        ([order(0), contact(1), order(0, hour=2)], (0, 0, 0, 0, 1)),
        ([order(0), contact(1), order(40)], (1, 1, 0, 0, 0)),
        ([order(0), contact(1), contact(2), order(40), order(50)], (1, 1, 0, 0, 0)),
        ([order(0, None), contact(1)], (0, 0, 0, 0, 0)),
    ],
)
def test_a_spell_by_landmark(events: list[Event], expected: tuple[int, ...]) -> None:
    assert spells(*events) == expected


def test_a_spell_counts_on_its_last_day_alone_and_none_opens_before() -> None:
    events = [order(0), order(60), order(105), contact(106)]
    assert spells(*events) == (0, 0, 1, 1, 0)
    assert spells(*events, window="2026-10-13/2026-10-13") == (0, 0, 0, 0, 0)
    ahead = "2026-11-20/2027-01-27"  # 105 days after October 14
    assert (told(*events, window=ahead).measures["contacted"], told(*events, window=ahead).flags[0]) == (0, "immature")
    later = total_row("loyalty", engine(*events), world("2027-01-27 08:00"), window="today")
    assert (later.measures["contacted"], later.flags) == (1, [Flag.SMALL_N])


def test_what_was_cancelled_or_wholly_given_back_is_no_repurchase() -> None:
    again = order(40, name="again")
    cancelled = event("order.cancelled", "again", FIRST_DAY + timedelta(days=41))
    back = {"return_id": "r", "currency": "EUR", "amount_minor": 1000}
    returned = event("order.returned", "again", FIRST_DAY + timedelta(days=42), **back)
    in_part = event("order.returned", "again", FIRST_DAY + timedelta(days=42), **{**back, "amount_minor": 999})
    assert spells(order(0), again) == (0, 0, 1, 1, 0)
    assert spells(order(0), again, in_part) == (0, 0, 1, 1, 0)
    assert spells(order(0), again, cancelled) == (0, 0, 1, 0, 0)
    assert spells(order(0), again, returned) == (0, 0, 1, 0, 0)


def test_an_order_moves_from_one_customer_to_another() -> None:
    """As when somebody logs in late, or two customers turn out to be one."""
    late = [order(0, "a", name="O1"), order(40, "guest", name="O2"), order(40, "a", name="O2", revision=1)]
    row = told(*late, window="2026-07-01/2026-11-23")
    assert (row.measures["customers"], row.measures["repeaters"], row.measures["valid_orders"]) == (1, 1, 2)
    assert spells(*late) == (0, 0, 1, 1, 0)


def test_the_gap_is_set_against_those_who_were_not_contacted_at_all() -> None:
    events = [
        event_of
        for i in range(4)
        for event_of in (order(0, f"a{i}"), contact(1, f"a{i}", medium="phone", campaign_id="k", rep_id="ana"))
    ]
    events += [order(30, "a0"), contact(2, "a0", medium="letter"), order(0, "b"), contact(1, "b"), order(0, "d")]
    kpi = engine(*events)
    everyone = total_row("loyalty", kpi, HERE, window=COUNTED)
    assert (everyone.numerator, everyone.denominator, everyone.value) == (1, 5, 0.2)
    gap = everyone.related["observed_gap"]
    assert (gap.value, gap.n, gap.interval and gap.interval.method) == (0.2, 1, "newcombe")
    assert everyone.related["others"].denominator == 1
    by_medium = rows("loyalty", kpi, HERE, window=COUNTED, by="medium")
    assert {name: (row.numerator, row.denominator) for name, row in by_medium.items()} == {
        "phone": (1, 4),
        "letter": (1, 1),
        "email": (0, 1),
    }
    assert by_medium["phone"].related["observed_gap"].value == 0.25
    for cut, member in (("campaign", "k"), ("rep", "ana")):
        assert rows("loyalty", kpi, HERE, window=COUNTED, by=cut)[member].denominator == 4


def test_only_a_draw_by_lot_tells_an_uplift() -> None:
    events = [draw("contact", f"a{i}") for i in range(10)] + [draw("holdout", f"b{i}") for i in range(10)]
    events += [order(3, f"a{i}") for i in range(5)] + [order(90, "b0"), order(91, "b1"), order(0, "b2", hour=-1)]
    events += [contact(1, f"a{i}", campaign_id="spring") for i in range(9)] + [contact(5, "b0", campaign_id="spring")]
    kpi = engine(*events, contact(0, "z", campaign_id="other"), order(0, "z"))
    over = rows("loyalty", kpi, HERE, window="2026-07-01/2026-11-23", by="campaign")
    uplift = over["spring"].related["uplift"]
    assert uplift.value == pytest.approx(0.4)
    assert uplift.interval is not None
    assert uplift.details == {
        "contact": 10,
        "contact_came_back": 5,
        "holdout": 10,
        "holdout_came_back": 1,
        "waiting": 0,
    }
    incremental = over["spring"].related["incremental_returning_customers"]
    assert (incremental.value, incremental.interval and incremental.interval.low) == (4.0, uplift.interval.low * 10)
    drawn = over["spring"].related["contacted_as_drawn"]
    assert (drawn.numerator, drawn.denominator) == (18, 20)
    assert drawn.details == {"contacted_of_contact": 0.9, "contacted_of_holdout": 0.1, "differs": True}
    assert "uplift" not in over["other"].related
    assert "uplift" not in total_row("loyalty", kpi, HERE, window="2026-07-01/2026-11-23").related


def test_a_draw_is_told_to_be_kept_only_when_its_time_is_over() -> None:
    yesterday = (HERE.now - FIRST_DAY).days - 1
    young = [draw("contact", f"a{i}", yesterday) for i in range(9)] + [
        draw("holdout", f"b{i}", yesterday) for i in range(9)
    ]
    (row,) = rows("loyalty", engine(*young), HERE, window="30d", by="campaign").values()
    assert row.measures["waiting"] == 18
    assert "contacted_as_drawn" not in row.related
    held_out = engine(*(draw("holdout", f"b{i}") for i in range(9)))
    (row,) = rows("loyalty", held_out, HERE, window="ytd", by="campaign").values()
    assert (row.related["contacted_as_drawn"].value, row.related["contacted_as_drawn"].details["differs"]) == (
        1.0,
        False,
    )
    ahead = rows("loyalty", engine(*young), HERE, window="2026-11-24/2027-03-30", by="campaign")
    assert ahead["spring"].related["uplift"].value is None


def test_a_campaign_is_told_while_all_whom_it_drew_still_have_time() -> None:
    here = world("2027-01-10 10:00")
    drawn = engine_of([draw("contact", "a", day=140), draw("holdout", "b", day=140)], here.now)
    (row,) = rows("loyalty", drawn, here, window="ytd", by="campaign").values()
    assert (row.measures["waiting"], row.related["uplift"].flags) == (2, (Flag.IMMATURE, Flag.SMALL_N))


def test_the_earliest_draw_of_a_campaign_stands_and_counts_when_its_time_is_over() -> None:
    events = [draw("holdout", "a", day=10), draw("contact", "a", day=5), order(6, "a")]
    kpi = engine(*events)
    day_91 = (FIRST_DAY + timedelta(days=5 + 91)).date()
    (row,) = rows("loyalty", kpi, HERE, window=f"{day_91}/{day_91}", by="campaign").values()
    assert row.related["uplift"].details["contact_came_back"] == 1
    assert row.related["uplift"].details["holdout"] == 0
    recent = engine(draw("contact", "a", day=130))
    (row,) = rows("loyalty", recent, HERE, window="qtd", by="campaign").values()
    assert row.related["uplift"].flags == (Flag.IMMATURE, Flag.SMALL_N)
    assert row.related["uplift"].details["waiting"] == 1


def test_customers_are_told_apart_over_any_days() -> None:
    events = [order(day, who) for who, days in {"a": (0, 1, 9), "b": (1,), "c": (0, 9)}.items() for day in days]
    kpi = engine(*events)
    for window, customers, repeaters in (
        ("2026-07-01/2026-07-10", 3, 2),
        ("2026-07-01/2026-07-02", 3, 1),
        ("2026-07-02/2026-07-10", 3, 1),
        ("2026-07-10/2026-07-10", 2, 0),
        ("2026-07-03/2026-07-09", 0, 0),
    ):
        row = total_row("loyalty", kpi, HERE, window=window)
        rate = row.related["repeat_rate"]
        assert (rate.denominator, rate.numerator) == (customers, repeaters)
    assert rate.value is None


def test_scores_of_contacted_customers_beside_the_others() -> None:
    def score(i: int, value: int, customer: str | None, day: int = 20) -> Event:
        named = {} if customer is None else {"customer_id": customer}
        time = FIRST_DAY + timedelta(days=day)
        return event("nps.answered", f"N{i}", time, score=value, touchpoint="t", **named)

    contacts = [contact(0, f"a{i}") for i in range(100)]
    scores = [score(i, 8 + (i % 4 == 0), f"a{i}") for i in range(100)]
    others = [score(1000 + i, 3, f"b{i}") for i in range(20)] + [score(999, 0, None)]
    row = told(*contacts, *scores, *others, window="2026-07-01/2026-08-10")
    assert (row.related["score_of_contacted"].value, row.related["score_of_contacted"].n) == (8.2, 100)
    assert (row.related["score_of_others"].value, row.related["score_of_others"].n) == (3.0, 20)
    some = told(*contacts, *scores[:99], *others[:19], window="2026-07-01/2026-08-10").related
    assert some["score_of_contacted"].value == 8.5  # to half a point
    assert (some["score_of_others"].value, some["score_of_others"].flags) == (None, (Flag.SUPPRESSED,))


@given(st.lists(st.integers(0, 10), min_size=20, max_size=140), st.integers(0, 10))
def test_one_answer_moves_a_mean_by_a_step_at_most(scores: list[int], one: int) -> None:
    """Whoever makes a score change sides, by a contact that is sent late, learns which way it lies at most."""

    def mean(given: list[int]) -> Related:
        return _mean(SCORES_OF_OTHERS, Totals({f"other_s{s}": given.count(s) for s in range(11)}))

    before, after = mean(scores), mean([*scores, one])
    assert abs(float(after.value) - float(before.value)) <= (0.5 if len(scores) < 100 else 0.1) + 1e-9


def test_a_number_that_stands_for_everybody_counts_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entity, "MOST", 3)
    kpi = engine(*[order(day, "till") for day in range(5)], order(0, "a"))
    row = total_row("loyalty", kpi, HERE, window="2026-07-01/2026-11-23")
    assert (row.measures["valid_orders"], row.measures["customers"], row.measures["crowds"]) == (1, 1, 1)
