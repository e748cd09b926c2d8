"""`make bench-large` in small: what grows is bounded, whatever the machine."""

from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.entities.notices import MOST
from tests.benchmarks.large_entities import CUSTOMER, ORDER, order, orders_of_a_customer, stored, taken


def test_an_order_of_as_many_lines_as_are_taken_is_told_from_one_of_half_as_many_by_its_size_alone() -> None:
    half, whole = (taken([order(lines, revision=0)], ORDER, None) for lines in (500, 1000))
    assert whole.cells == half.cells
    assert half.packed < whole.packed < 2 * half.packed < ENTITY_KINDS["order"].max_bytes


def test_a_customer_of_too_many_orders_takes_nothing_any_more() -> None:
    many, too_many = (stored(orders_of_a_customer(range(count)), CUSTOMER) for count in (MOST, MOST + 1))
    assert many is not None
    assert too_many is not None
    assert len(too_many) < 100 < len(many) < ENTITY_KINDS["customer"].max_bytes
    one_more = taken(orders_of_a_customer(range(MOST + 1, MOST + 2)), CUSTOMER, too_many)
    assert (one_more.cells, one_more.packed) == (0, len(too_many))
