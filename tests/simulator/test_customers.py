"""Who buys, how often, who is contacted, and what a campaign with a hold-out brings."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from math import sqrt
from typing import Any

import pytest

from services.simulator.company import ANONYMOUS, CUSTOMER_KINDS
from services.simulator.contacts import LATE_SHARE
from services.simulator.customers import PLACES, customer_id, hundreds_on, kind_of
from services.simulator.win_back import (
    BEGAN,
    CONTACT_SHARE,
    FOLLOWED,
    LAP,
    REACHED,
    REACHED_BY_MISTAKE,
    TRUE_EFFECT,
    WIN_BACK,
)
from tests.simulator.test_company import NOW, TODAY, company

MOST_A_YEAR = 60
LANDMARK = 14
LAST = TODAY + timedelta(days=200)

Events = tuple[dict[str, Any], ...]


@cache
def history() -> Events:
    """Four hundred days, from the campaign's first day on, each event once."""
    happenings = company(days=BEGAN).until(NOW + timedelta(days=200))
    return tuple({h.event["id"]: h.event for h in happenings}.values())


def of_type(event_type: str) -> Iterator[dict[str, Any]]:
    return (event for event in history() if event["type"] == event_type)


def day_of(event: dict[str, Any]) -> date:
    return date.fromisoformat(event["time"][:10])


@cache
def orders() -> tuple[dict[str, Any], ...]:
    """Every order once."""
    return tuple({event["subject"]: event for event in of_type("order.placed")}.values())


@cache
def days_of_orders() -> dict[str, list[date]]:
    """When each customer bought, in order."""
    days: dict[str, list[date]] = {}
    for event in orders():
        if customer := event["data"].get("customer_id"):
            days.setdefault(customer, []).append(day_of(event))
    return {customer: sorted(own) for customer, own in days.items()}


def orders_of_a_year() -> Counter[str]:
    """How many orders each customer places in a year."""
    first = LAST - timedelta(days=365)
    counts = {customer: sum(first < day for day in days) for customer, days in days_of_orders().items()}
    return +Counter(counts)


def have_bought(customer: str, after: date, until: date) -> bool:
    return any(after < day <= until for day in days_of_orders().get(customer, ()))


def test_a_good_part_of_a_years_customers_come_back_and_nobody_all_the_time() -> None:
    counts = orders_of_a_year()
    assert 0.3 < sum(count > 1 for count in counts.values()) / len(counts) < 0.5
    assert sum(count <= 2 for count in counts.values()) / len(counts) > 0.6
    assert 20 < max(counts.values()) <= MOST_A_YEAR


def test_each_kind_buys_as_often_as_it_is_said_to() -> None:
    bought: Counter[float] = Counter()
    for customer, count in orders_of_a_year().items():
        bought[kind_of(customer).orders_a_year] += count
    hundreds = hundreds_on(LAST - timedelta(days=182), TODAY)
    for kind in CUSTOMER_KINDS:
        assert bought[kind.orders_a_year] / hundreds / kind.of_hundred == pytest.approx(kind.orders_a_year, rel=0.15)


def test_some_who_buy_in_a_store_leave_no_name_and_nobody_else() -> None:
    placed = Counter(event["data"]["channel"] for event in orders())
    anonymous = Counter(event["data"]["channel"] for event in orders() if "customer_id" not in event["data"])
    assert set(anonymous) == {"store"}
    assert anonymous["store"] / placed["store"] == pytest.approx(ANONYMOUS, abs=0.02)


def test_there_are_more_customers_every_year_and_the_first_ones_stay() -> None:
    assert [hundreds_on(TODAY + timedelta(days=365 * year), TODAY) for year in (-1, 0, 1)] == [1036, 1160, 1299]
    assert {kind_of(customer_id(number)) for number in range(100)} == set(CUSTOMER_KINDS)
    assert max(PLACES) == 99


def test_an_answer_names_the_customer_of_the_order_that_it_is_about() -> None:
    answers = list(of_type("nps.answered"))
    named = [event["data"]["customer_id"] for event in answers if "customer_id" in event["data"]]
    assert 0.8 < len(named) / len(answers) < 0.95
    assert set(named) <= set(days_of_orders())


def test_contacts_follow_an_order_most_of_them_soon() -> None:
    following: Counter[bool] = Counter()
    for event in of_type("customer.contacted"):
        if event["data"].get("campaign_id") != WIN_BACK:
            day = day_of(event)
            assert have_bought(event["subject"], day - timedelta(days=42), day)
            following[have_bought(event["subject"], day - timedelta(days=LANDMARK + 1), day)] += 1
    assert following[False] / following.total() == pytest.approx(LATE_SHARE, abs=0.06)


def test_contacts_are_made_in_several_ways_and_for_several_reasons() -> None:
    contacts = [event["data"] for event in of_type("customer.contacted")]
    assert set(Counter(data["medium"] for data in contacts)) == {"email", "phone", "letter", "sms"}
    assert all("rep_id" in data for data in contacts if data["medium"] == "phone")
    campaigns = Counter(data.get("campaign_id") for data in contacts)
    assert {None, WIN_BACK, "newsletter", "black-week-2026"} <= set(campaigns)
    assert len({data["contact_id"] for data in contacts}) == len(contacts)


def test_those_who_are_contacted_come_back_far_more_often_though_it_does_nothing() -> None:
    contacted: dict[str, list[date]] = {}
    for event in of_type("customer.contacted"):
        contacted.setdefault(event["subject"], []).append(day_of(event))
    spells: Counter[bool] = Counter()
    returns: Counter[bool] = Counter()
    for customer, days in days_of_orders().items():
        begins, landmark = days[0], days[0] + timedelta(days=LANDMARK)
        ends = landmark + timedelta(days=90)
        if ends < LAST and not have_bought(customer, begins, landmark):
            group = any(begins <= day <= landmark for day in contacted.get(customer, ()))
            spells[group] += 1
            returns[group] += have_bought(customer, landmark, ends)
    assert 0.1 < spells[True] / spells.total() < 0.3
    assert returns[True] / spells[True] - returns[False] / spells[False] > 0.1


def test_the_campaign_draws_one_in_five_into_its_hold_out_and_everybody_once() -> None:
    drawn = [event["subject"] for event in of_type("customer.assigned")]
    groups = Counter(event["data"]["group"] for event in of_type("customer.assigned"))
    assert len(drawn) == len(set(drawn))
    assert groups["contact"] / groups.total() == pytest.approx(CONTACT_SHARE, abs=0.01)
    kinds = Counter(kind_of(customer) for customer in drawn)
    assert [kinds[kind] / len(drawn) for kind in CUSTOMER_KINDS] == pytest.approx(
        [kind.of_hundred / 100 for kind in CUSTOMER_KINDS], abs=0.01
    )
    assert len(drawn) / 400 == pytest.approx(100 * hundreds_on(TODAY, TODAY) / LAP, rel=0.05)


def test_nearly_all_who_are_to_be_contacted_are_and_nearly_none_who_are_held_out() -> None:
    reached = {e["subject"] for e in of_type("customer.contacted") if e["data"].get("campaign_id") == WIN_BACK}
    drawn = [event for event in of_type("customer.assigned") if day_of(event) < LAST - timedelta(days=7)]
    share: dict[str, float] = {}
    for group in ("contact", "holdout"):
        own = [event["subject"] in reached for event in drawn if event["data"]["group"] == group]
        share[group] = sum(own) / len(own)
    assert share["contact"] == pytest.approx(REACHED, abs=0.01)
    assert share["holdout"] == pytest.approx(REACHED_BY_MISTAKE, abs=0.008)


def test_the_campaign_brings_what_it_is_said_to() -> None:
    drawn: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for event in of_type("customer.assigned"):
        day, group = day_of(event), event["data"]["group"]
        if day + timedelta(days=FOLLOWED) < LAST:
            drawn[group] += 1
            returned[group] += have_bought(event["subject"], day, day + timedelta(days=FOLLOWED))
    contact, holdout = (returned[group] / drawn[group] for group in ("contact", "holdout"))
    variance = contact * (1 - contact) / drawn["contact"] + holdout * (1 - holdout) / drawn["holdout"]
    margin = 1.96 * sqrt(variance)
    assert contact - holdout == pytest.approx(TRUE_EFFECT, abs=margin)
    assert margin < TRUE_EFFECT / 4
