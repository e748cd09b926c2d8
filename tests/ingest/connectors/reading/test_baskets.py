"""Lines of orders: rounded, split and added up without losing or inventing a unit."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.events.orders import MAX_LINES, OrderLine
from services.common.order_lines import OTHER_SKU
from services.ingest.connectors.reading.baskets import by_rep, first_region, fitting, named, whole

amounts = st.decimals(-10_000, 10_000, places=4)
lines = st.builds(
    OrderLine,
    sku=st.sampled_from(["a", "b"]),
    quantity=st.integers(0, 50),
    gross_minor=st.integers(-10_000, 10_000),
    discount_minor=st.integers(-10_000, 10_000),
)


def sums(found: list[OrderLine] | tuple[OrderLine, ...]) -> tuple[int, int, int]:
    return (
        sum(line.quantity for line in found),
        sum(line.gross_minor for line in found),
        sum(line.discount_minor for line in found),
    )


@given(st.lists(amounts, min_size=1, max_size=30))
def test_rounded_amounts_add_up_and_none_is_a_unit_off(given_amounts: list[Decimal]) -> None:
    total = round(sum(given_amounts))
    found = whole(given_amounts, total)
    assert sum(found) == total
    assert all(abs(part - amount) < 1 for part, amount in zip(found, given_amounts, strict=True))


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=10))
def test_whole_amounts_stay_as_they_are(given_amounts: list[int]) -> None:
    assert whole([Decimal(amount) for amount in given_amounts], sum(given_amounts)) == given_amounts


def test_of_parts_cut_off_the_greatest_are_made_up_for() -> None:
    assert whole([Decimal("1.2"), Decimal("1.7"), Decimal("1.6")], 5) == [1, 2, 2]
    assert whole([Decimal("833.33"), Decimal("833.33"), Decimal("833.34")], 2501) == [834, 833, 834]


@given(lines, st.lists(st.tuples(st.sampled_from(["ana", "ben"]), st.integers(-3, 60)), max_size=4))
def test_a_line_is_split_by_rep_without_loss(line: OrderLine, sold: list[tuple[str, int]]) -> None:
    assert sums(by_rep(line, sold)) == sums((line,))


def test_what_nobody_is_named_for_is_the_lines_own() -> None:
    line = OrderLine(sku="a", quantity=5, gross_minor=1000, discount_minor=50)
    found = by_rep(line, [("ana", 2), ("ben", 1)])
    assert [(part.rep_id, part.quantity, part.gross_minor, part.discount_minor) for part in found] == [
        ("ana", 2, 400, 20),
        ("ben", 1, 200, 10),
        (None, 2, 400, 20),
    ]


def by_number(n: int) -> OrderLine:
    return OrderLine(sku=f"s{n}", quantity=1, gross_minor=n, discount_minor=n % 3, rep_id="ana" if n % 2 else None)


@given(st.permutations(range(1200)))
@settings(max_examples=10)
def test_of_too_many_lines_the_smallest_become_one_of_each_rep_in_any_order(numbers: list[int]) -> None:
    many = [by_number(n) for n in numbers]
    found = fitting(many)
    assert found == fitting([by_number(n) for n in range(1200)])
    assert len(found) == MAX_LINES
    assert set(found[:-2]) == {by_number(n) for n in range(202, 1200)}
    assert {(line.sku, line.rep_id) for line in found[-2:]} == {(OTHER_SKU, None), (OTHER_SKU, "ana")}
    for rep in ("ana", None):
        assert sums([x for x in found if x.rep_id == rep]) == sums([x for x in many if x.rep_id == rep])


def test_what_fits_is_left_alone() -> None:
    twice = [OrderLine(sku="a", quantity=1, gross_minor=1)] * 2
    assert fitting(twice) == tuple(twice)


def test_names_have_no_control_characters_and_an_end() -> None:
    assert named(" a\tb\n ") == "a b"
    assert named("x" * 300) == "x" * 200
    assert named(" \n") is None
    assert named(None) is None


def test_a_region_is_the_tables_else_the_country() -> None:
    table = {"US": "west", "US-NY": "east"}
    assert first_region([("US", "NY")], table) == "east"
    assert first_region([("US", "CA")], table) == "west"
    assert first_region([("FR", "")], table) == "FR"


def test_a_region_is_that_of_the_first_address_with_a_country() -> None:
    assert first_region([("", "NY"), (None, None), ("FR", None), ("US", None)], {"FR": "france"}) == "france"
    assert first_region([("", "NY"), (None, None)], {"NY": "east"}) is None
    assert first_region([], {}) is None
