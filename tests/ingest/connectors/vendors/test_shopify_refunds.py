"""Shopify: what refunds give back, to the cent."""

from decimal import Decimal
from typing import Any

import pytest

from services.common.errors import Invalid
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.shopify import CONNECTOR, ShopifyAccount
from services.ingest.connectors.vendors.shopify.payloads import MoneySet, ShopMoney, cents
from tests.ingest.connectors.vendors.shopify_story import (
    REFUNDED,
    SHOP,
    both,
    discrepancy,
    order,
    placed,
    read,
    refund,
    returned,
)
from tests.ingest.connectors.vendors.shops import november, sales
from tests.support.stories import Teller, in_every_order


def test_a_refund_that_does_not_tell_is_put_right_by_its_order_whenever_that_comes() -> None:
    unpaid = refund(transactions=[])
    reading = read("refunds/create", unpaid)
    assert returned(reading).amount_minor == 5400
    assert reading.wanted == (Wanted("order", "5501"),)
    inside = Teller(CONNECTOR, ShopifyAccount(prices_include_tax="yes"))
    assert returned(read("refunds/create", unpaid, inside)).amount_minor == 4500
    by_its_order = read("orders/updated", {**REFUNDED, "refunds": [unpaid]})
    assert returned(by_its_order).revision > returned(reading).revision
    for engine in in_every_order(SHOP, [reading, by_its_order]):
        assert sales(engine)["returned_minor", november(5)] == 4500


def paid_back(amount: str, status: str = "success", currency: str = "EUR") -> dict[str, Any]:
    return {"kind": "refund", "status": status, "amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("changes", "amount", "is_certain"),
    [
        ({"transactions": [paid_back("60.00")]}, 4500, True),  # 54 with 9 inside, 6 of shipping with 1 inside
        ({"transactions": [paid_back("70.00")]}, 5400, True),  # 54 + 9, 6 + 1
        ({"transactions": [paid_back("70.00", "pending")]}, 5400, True),
        ({"transactions": [paid_back("65.00")]}, 5400, False),
        ({"transactions": [paid_back("60.00", currency="CHF")]}, 5400, False),
        ({"transactions": [paid_back("60.00", "failure"), paid_back("60.00")]}, 4500, True),
        # Nothing has gone back yet, and Shopify says so of all of it.
        ({"transactions": [], "refund_shipping_lines": [], "order_adjustments": [discrepancy("63.00")]}, 5400, True),
        # Before 2024-10 shipping was an adjustment.
        (
            {
                "transactions": [paid_back("60.00")],
                "refund_shipping_lines": [],
                "order_adjustments": [
                    {"kind": "shipping_refund", "amount_set": both("-6.00"), "tax_amount_set": both("-1.00")}
                ],
            },
            4500,
            True,
        ),
    ],
)
def test_whether_taxes_are_inside_a_refund_is_seen_from_the_money(
    changes: dict[str, Any], amount: int, is_certain: bool
) -> None:
    reading = read("refunds/create", refund(**changes))
    assert returned(reading).amount_minor == amount
    assert bool(reading.wanted) != is_certain


def test_less_money_back_than_the_goods_are_worth_makes_the_return_no_smaller() -> None:
    kept = refund(order_adjustments=[discrepancy("20.00")])
    assert returned(read("orders/updated", {**REFUNDED, "refunds": [kept]})).amount_minor == 4500


def test_money_beyond_the_goods_is_a_return_without_its_tax_or_left_out() -> None:
    scratch = refund(
        refund_line_items=[], refund_shipping_lines=[], order_adjustments=[discrepancy("-12.00")], transactions=[]
    )
    told = returned(read("orders/updated", {**REFUNDED, "refunds": [scratch]}))
    assert (told.amount_minor, told.lines) == (1000, ())
    with_goods = returned(
        read("orders/updated", {**REFUNDED, "refunds": [refund(order_adjustments=[discrepancy("-12.00")])]})
    )
    assert [(line.sku, line.amount_minor) for line in with_goods.lines] == [("LAMP-01", 5500)]
    strict = Teller(CONNECTOR, ShopifyAccount(price_reductions="left_out"))
    assert read("refunds/create", scratch, strict).ignored == "no goods were given back"
    alone = read("refunds/create", scratch)
    assert (returned(alone).amount_minor, alone.wanted) == (1200, (Wanted("order", "5501"),))


def test_money_that_was_pending_and_is_paid_is_nothing_beyond_the_goods() -> None:
    """Shopify says of a pending refund that all of its money is missing, and of the next that as much is too much."""
    pending = refund(order_adjustments=[discrepancy("63.00")], transactions=[], refund_shipping_lines=[])
    paid = {
        **refund(refund_line_items=[], refund_shipping_lines=[], order_adjustments=[discrepancy("-63.00")]),
        "id": 3302,
        "admin_graphql_api_id": "gid://shopify/Refund/3302",
        "processed_at": "2026-11-06T16:00:00+01:00",
    }
    settled = {**REFUNDED, "updated_at": "2026-11-06T16:00:00+01:00", "refunds": [paid, pending]}
    told = [read("refunds/create", pending), read("refunds/create", paid), read("orders/updated", settled)]
    for engine in in_every_order(SHOP, [*told, read("orders/updated", REFUNDED)]):
        assert sales(engine)["returned_minor", november(5)] == 4500
        assert ("returned_minor", november(6)) not in sales(engine)


def test_a_refund_of_shipping_or_of_a_gift_card_gives_no_goods_back() -> None:
    assert read("refunds/create", refund(refund_line_items=[])).ignored == "no goods were given back"
    (line,) = refund()["refund_line_items"]
    card = {**line, "line_item": {**line["line_item"], "gift_card": True}}
    assert read("refunds/create", refund(refund_line_items=[card])).ignored == "no goods were given back"
    bare = {**line, "line_item_id": 7201, "line_item": None}  # the order tells what it is
    assert [said.type for said in read("orders/updated", order(refunds=[refund(refund_line_items=[bare])])).said] == [
        "order.placed"
    ]


def test_what_an_edit_took_out_is_what_was_refunded_and_without_a_refund_no_sale() -> None:
    lamp, chair = order()["line_items"][:2]
    unsold = placed(read("orders/updated", order(line_items=[{**lamp, "current_quantity": 1}, chair])))
    assert sum(line.gross_minor for line in unsold.lines) == 5000 + 3000
    assert sum(line.quantity for line in unsold.lines) == 2
    back = placed(
        read("orders/updated", order(line_items=[{**lamp, "current_quantity": 2}, chair], refunds=[refund()]))
    )
    assert sum(line.gross_minor for line in back.lines) == 15000 + 3000


def test_a_refund_of_a_test_order_gives_nothing_back() -> None:
    reading = read("refunds/create", refund(transactions=[{**paid_back("60.00"), "test": True}]))
    assert (reading.said, reading.ignored) == ((), "a refund of a test order")


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"processed_at": None, "created_at": None}, "processed_at"), ({"order_id": None}, "order_id")],
)
def test_a_refund_that_says_too_little_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read("refunds/create", refund(**changes))
    assert refused.value.field == field


def test_an_amount_is_the_shops_money_or_the_plain_one_and_of_one_currency() -> None:
    money = MoneySet(shop_money=ShopMoney(amount=Decimal("5.10"), currency_code="EUR"))
    assert cents(money, Decimal(9), "EUR", "price") == 510
    assert cents(None, Decimal(9), "EUR", "price") == 900
    assert cents(None, None, "EUR", "price") == 0
    with pytest.raises(Invalid, match="CHF"):
        cents(money, None, "CHF", "price")
