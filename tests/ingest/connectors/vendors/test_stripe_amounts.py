"""Stripe's money: minor units, tax and discounts, on the way to what was sold."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.ingest.connectors.vendors.stripe.money import goods_of, tax_units, units
from services.ingest.connectors.vendors.stripe.orders import goods_and_total
from services.ingest.connectors.vendors.stripe.payloads import Line, Lines, Session, TotalDetails
from tests.ingest.connectors.vendors.stripe_story import (
    changed,
    order,
)


@pytest.mark.parametrize(
    ("currency", "stripes", "ours"),
    [
        ("EUR", 1234, 1234),
        ("JPY", 500, 500),
        ("MGA", 5, 500),
        ("ISK", 500, 5),
        ("UGX", 500, 5),
        ("HUF", 1045, 1045),
        ("TWD", 80000, 80000),
        ("KWD", 5120, 5120),
        ("XPF", 7, 7),
    ],
)
def test_stripes_minor_units_become_those_of_iso_4217(currency: str, stripes: int, ours: int) -> None:
    assert units(stripes, currency, "amount") == ours
    assert tax_units(stripes, currency) == ours


def test_a_tax_finer_than_the_currency_is_rounded_once() -> None:
    """24 % inside 1,000 krona are 193.55: prices are whole, taxes need not be."""
    data = order(
        changed(
            "completed",
            currency="isk",
            amount_subtotal=100000,
            amount_total=100000,
            shipping_cost=None,
            total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 19355},
        )
    )
    assert (data.lines[0].gross_minor, data.tax_minor) == (806, 194)


amounts = st.integers(0, 10**9)


@given(amounts, amounts, amounts, amounts, st.booleans(), st.sampled_from(["EUR", "JPY", "KWD", "MGA"]))
def test_what_is_left_of_a_session_are_its_goods(
    goods: int, discount: int, tax: int, shipping: int, inside: bool, currency: str
) -> None:
    """Whether its tax is inside the prices or on top of them."""
    subtotal = goods + discount + (tax if inside else 0)
    session = Session(
        id="cs",
        created=0,
        amount_subtotal=subtotal,
        amount_total=goods + tax + shipping,
        total_details=TotalDetails(amount_discount=discount, amount_shipping=shipping, amount_tax=tax),
    )
    found = goods_of(session, currency)
    assert found.net == units(goods, currency, "goods")
    assert 0 <= found.discount <= units(discount, currency, "discount")
    if not inside:
        assert found.discount == units(discount, currency, "discount")


@given(st.lists(st.tuples(amounts, amounts, amounts, st.booleans()), min_size=1, max_size=8))
def test_lines_add_up_to_what_the_vendor_says(parts: Sequence[tuple[int, int, int, bool]]) -> None:
    lines = [
        Line(
            id=f"li_{i}",
            amount_subtotal=goods + discount + (tax if inside else 0),
            amount_discount=discount,
            amount_tax=tax,
            amount_total=goods + tax,
        )
        for i, (goods, discount, tax, inside) in enumerate(parts)
    ]
    total = sum(line.amount_total for line in lines) + 700
    session = Session(id="cs", created=0, currency="eur", amount_total=total, line_items=Lines(lines))
    net, paid = goods_and_total(session)
    assert net == total - 700 - sum(line.amount_tax or 0 for line in lines)
    assert paid == total


def test_tax_inside_prices_is_taken_out_of_gross_and_discount_alike() -> None:
    details = {"amount_discount": 2400, "amount_shipping": 600, "amount_tax": 1700}
    data = order(
        changed(
            "completed",
            amount_subtotal=12000,
            amount_total=10200,
            total_details=details,
            shipping_cost={"amount_tax": 100},
        )
    )
    assert (data.lines[0].gross_minor, data.lines[0].discount_minor) == (10000, 2000)


def test_a_session_that_does_not_say_what_it_sold_is_refused() -> None:
    with pytest.raises(Invalid, match="is missing"):
        goods_of(Session(id="cs", created=0), "EUR")
