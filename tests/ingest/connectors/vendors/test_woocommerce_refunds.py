"""WooCommerce: what refunds give back, to the cent."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.common.money import exponent, to_major
from services.ingest.connectors.connector import Wanted
from tests.ingest.connectors.vendors.shops import example, november, sales
from tests.ingest.connectors.vendors.woocommerce_story import (
    MENTION,
    REFUNDED,
    SHOP,
    STORY,
    amounts,
    by_api,
    is_cancelled,
    line,
    nets,
    order,
    placed,
    read,
)
from tests.support.stories import in_every_order


def test_the_refunds_day_and_lines_by_the_api_stand_above_every_mention() -> None:
    """It was on the 5th, and mentioned from the 7th on; a lamp of 45.00 with 9.00 of tax, and 6.00 of shipping."""
    late = [read({**REFUNDED, "date_modified_gmt": f"2026-11-0{day}T15:00:00"}) for day in (7, 8)]
    for engine in in_every_order(SHOP, [*STORY[:2], *late]):
        assert sales(engine)["returned_minor", november(7)] == 4821
    exact = by_api({**REFUNDED, "date_modified_gmt": "2026-11-07T15:00:00"}, example("woocommerce", "refund"))
    for engine in in_every_order(SHOP, [*STORY[:2], *late, exact]):
        assert sales(engine)["returned_minor", november(5)] == 4500
        assert ("returned_minor", november(7)) not in sales(engine)
    assert [(x.sku, x.quantity, x.amount_minor) for x in exact.said[1].data.lines] == [  # type: ignore[attr-defined]
        ("LAMP-01", 1, 4500)
    ]


def test_only_an_order_with_refunds_is_asked_for() -> None:
    assert read(order()).wanted == ()
    assert read(order(refunds=[MENTION])).wanted == (Wanted("refunds", "727"),)
    assert by_api(order(refunds=[MENTION]), example("woocommerce", "refund")).wanted == ()


def test_refunded_is_a_return_of_all_though_something_is_not_refunded_in_parts() -> None:
    rest = {"id": 802, "reason": "", "total": "-124.20"}
    whole = read(order(status="refunded", refunds=[rest, MENTION]))
    assert sum(amounts(whole)) == 14850
    assert not is_cancelled(whole)
    for engine in in_every_order(SHOP, [read(order()), whole]):
        assert sales(engine)["orders", november(2)] == 1
    unsaid = read(order("2026-11-06T09:00:00", status="refunded"))
    assert is_cancelled(unsaid)
    for engine in in_every_order(SHOP, [read(order()), unsaid]):
        assert sales(engine)["returned_minor", november(6)] == 14850


def test_where_the_tax_of_a_mention_is_told_its_share_is_taken_of_what_is_without_it() -> None:
    told = {**MENTION, "total_tax": "-10.00"}
    assert amounts(read(order(refunds=[told]))) == [4837]  # 50.00 x 148.50 / 153.50
    newest_first = [told, {"id": 800, "total": "-1.00"}]
    assert amounts(read(order(refunds=newest_first))) == [81, 4837]


def test_a_cent_of_rounding_in_a_refund_is_no_money_beyond_its_lines() -> None:
    (lamp,) = example("woocommerce", "refund")["line_items"]
    for amount, goods in (("54.01", 4500), ("55.00", 4579)):  # 1.00 x 103.50 / 130.20 beyond
        back = {**example("woocommerce", "refund"), "amount": amount, "line_items": [lamp], "shipping_lines": []}
        assert amounts(by_api(order(refunds=[MENTION]), back)) == [goods]


@st.composite
def orders(draw: st.DrawFn) -> tuple[dict[str, Any], int, list[dict[str, Any]]]:
    """An order of a currency with 0, 2 or 3 decimals, what its goods cost, and refunds that give all of it back: of
    some a line each, of the rest an amount alone.
    """
    currency = draw(st.sampled_from(["JPY", "EUR", "KWD"]))

    def text(minor: int) -> str:
        return f"{to_major(minor, currency):.{exponent(currency)}f}"

    lines, goods, taxes, discount = [], 0, 0, 0
    for _ in range(draw(st.integers(1, 5))):
        total, off, tax = draw(st.integers(0, 50_000)), draw(st.integers(0, 5_000)), draw(st.integers(0, 9_000))
        lines.append(line(text(total + off), text(total), text(tax)))
        goods, taxes, discount = goods + total, taxes + tax, discount + off
    shipping = draw(st.integers(0, 2_000))
    refunds, left = [], goods + taxes + shipping
    for i, sold in enumerate(lines[: draw(st.integers(0, len(lines)))]):
        back = {name: f"-{sold[name]}" for name in ("total", "total_tax")}
        amount = int((Decimal(sold["total"]) + Decimal(sold["total_tax"])).scaleb(exponent(currency)))
        lines_back = [{**back, "product_id": 5, "quantity": -1}]
        refunds.append({"id": 900 + i, "amount": text(amount), "line_items": lines_back})
        left -= amount
    refunds.append({"id": 950, "amount": text(left), "line_items": []})
    mentions = [{"id": refund["id"], "total": f"-{refund['amount']}"} for refund in refunds]
    body = order(
        currency=currency,
        line_items=lines,
        discount_total=text(discount),
        shipping_total=text(shipping),
        total=text(goods + taxes + shipping),
        total_tax=text(taxes),
        refunds=list(reversed(mentions)),
    )
    return body, goods, [{**refund, "date_created_gmt": "2026-11-05T15:00:00"} for refund in refunds]


@given(orders())
def test_lines_add_up_to_the_order_and_refunds_of_all_to_its_goods(
    found: tuple[dict[str, Any], int, list[dict[str, Any]]],
) -> None:
    body, goods, refunds = found
    reading = read(body)
    assert sum(nets(reading)) == goods
    assert sum(amounts(reading)) == goods
    exact = by_api(body, *refunds)
    assert sum(amounts(exact)) == goods
    assert placed(exact) == placed(reading)
