"""Who buys, and how often."""

from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from services.simulator.company import ANONYMOUS, CUSTOMER_KINDS
from services.simulator.customers import PLACES, customer_id, hundreds_on, kind_of
from tests.simulator.test_company import NOW, TODAY, company

MOST_A_YEAR = 60


@cache
def customers_of_a_year() -> tuple[tuple[str, str | None], ...]:
    """The channel and the customer of every order that is placed in a year."""
    placed = {
        h.event["subject"]: h.event["data"] for h in company(days=365).until(NOW) if h.event["type"] == "order.placed"
    }
    return tuple((data["channel"], data.get("customer_id")) for data in placed.values())


def orders_of_a_year() -> Counter[str]:
    """How many orders each customer places in a year."""
    return Counter(customer for _, customer in customers_of_a_year() if customer is not None)


def test_a_good_part_of_a_years_customers_come_back_and_nobody_all_the_time() -> None:
    orders = orders_of_a_year()
    assert 0.3 < sum(count > 1 for count in orders.values()) / len(orders) < 0.5
    assert sum(count <= 2 for count in orders.values()) / len(orders) > 0.6
    assert 20 < max(orders.values()) <= MOST_A_YEAR


def test_each_kind_buys_as_often_as_it_is_said_to() -> None:
    bought: Counter[float] = Counter()
    for customer, count in orders_of_a_year().items():
        bought[kind_of(customer).orders_a_year] += count
    hundreds = hundreds_on(TODAY - timedelta(days=182), TODAY)
    for kind in CUSTOMER_KINDS:
        assert bought[kind.orders_a_year] / hundreds / kind.of_hundred == pytest.approx(kind.orders_a_year, rel=0.1)


def test_some_who_buy_in_a_store_leave_no_name_and_nobody_else() -> None:
    anonymous = Counter(channel for channel, customer in customers_of_a_year() if customer is None)
    placed = Counter(channel for channel, _ in customers_of_a_year())
    assert set(anonymous) == {"store"}
    assert anonymous["store"] / placed["store"] == pytest.approx(ANONYMOUS, abs=0.02)


def test_there_are_more_customers_every_year_and_the_first_ones_stay() -> None:
    assert [hundreds_on(TODAY + timedelta(days=365 * year), TODAY) for year in (-1, 0, 1)] == [1036, 1160, 1299]
    assert {kind_of(customer_id(number)) for number in range(100)} == set(CUSTOMER_KINDS)
    assert max(PLACES) == 99
