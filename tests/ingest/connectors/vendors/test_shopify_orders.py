"""Shopify: what orders and refunds say, to the cent."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.events.orders import OrderPlaced, OrderReturned
from services.common.money import exponent, to_major
from services.ingest.connectors.connector import Reading, Wanted
from services.ingest.connectors.vendors.shopify import CONNECTOR, ShopifyAccount
from tests.ingest.connectors.vendors.shops import example, november, sales
from tests.support.stories import Teller, delivery, in_every_order

SHOP = Teller(
    CONNECTOR,
    ShopifyAccount(reps={"71": "ana", "72": "ben", "73": "zoe"}, stores={"9001": "lyon"}, regions={"FR": "france"}),
)


def read(topic: str, body: Any, shop: Teller = SHOP) -> Reading:
    return shop.read(delivery(body, {"x-shopify-topic": topic}))


def order(**changes: Any) -> dict[str, Any]:
    return {**example("shopify", "order"), **changes}


def refund(**changes: Any) -> dict[str, Any]:
    return {**example("shopify", "refund"), **changes}


def placed(reading: Reading) -> OrderPlaced:
    (data,) = [said.data for said in reading.said if isinstance(said.data, OrderPlaced)]
    return data


def returned(reading: Reading) -> OrderReturned:
    (data,) = [said.data for said in reading.said if isinstance(said.data, OrderReturned)]
    return data


def both(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """An amount as Shopify states it; what the buyer saw is of another currency, and must not count."""
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": "12345.67", "currency_code": "CHF"},
    }


def discrepancy(amount: str) -> dict[str, Any]:
    return {"kind": "refund_discrepancy", "amount_set": both(amount), "tax_amount_set": both("0.00")}


VASE = {
    "id": 7401,
    "sku": "VASE",
    "quantity": 1,
    "current_quantity": 1,
    "price_set": both("24.00"),
    "discount_allocations": [],
    "tax_lines": [{"rate": 0.2, "price_set": both("4.00")}],
}
EDITED = order(updated_at="2026-11-03T09:00:00+01:00", line_items=[*order()["line_items"], VASE])
REFUNDED = {**EDITED, "updated_at": "2026-11-05T16:00:00+01:00", "refunds": [refund()]}
CANCELLED = {
    **REFUNDED,
    "updated_at": "2026-11-09T08:00:00+01:00",
    "cancelled_at": "2026-11-09T08:00:00+01:00",
    "cancel_reason": "customer",
}
STORY = (
    read("orders/create", order()),
    read("orders/updated", EDITED),
    read("refunds/create", refund()),
    read("orders/updated", REFUNDED),
    read("orders/cancelled", CANCELLED),
)


def test_an_order_with_taxes_inside_its_prices_is_read_without_them() -> None:
    reading = read("orders/create", order())
    data = placed(reading)
    assert [(x.sku, x.quantity, x.gross_minor, x.discount_minor, x.rep_id) for x in data.lines] == [
        ("LAMP-01", 2, 10000, 1000, "ana"),
        ("LAMP-01", 1, 5000, 500, "ben"),
        ("CHAIR", 1, 3000, 300, None),
    ]
    assert (data.channel, data.currency, data.region, data.store_id) == ("store", "EUR", "france", "lyon")
    assert (data.rep_id, data.promotion_ids, data.tax_minor) == ("zoe", ("WELCOME10",), 3340)
    assert data.customer_id == SHOP.names.customer("8801")


def test_the_story_in_every_order_of_arrival() -> None:
    """Three lamps and a chair for 180.00 less 10 %; a vase of 20.00 added; a lamp of 45.00 back; then cancelled."""
    for engine in in_every_order(SHOP, STORY):
        assert sales(engine) == {
            ("units", november(2)): 5,
            ("gross_minor", november(2)): 20000,
            ("discount_minor", november(2)): 1800,
            ("returned_minor", november(5)): 4500,
            ("returned_minor", november(9)): 13700,
            ("returned_order_day_minor", november(2)): 18200,
        }


def test_before_the_cancel_each_rep_has_what_they_sold_less_what_came_back_of_it() -> None:
    for engine in in_every_order(SHOP, STORY[:4]):
        assert sales(engine)["orders", november(2)] == 1
        ana, ben, zoe = (sales(engine, "rep", rep) for rep in ("ana", "ben", "zoe"))
        assert [x["gross_minor", november(2)] for x in (ana, ben, zoe)] == [10000, 5000, 5000]
        assert [x.get(("returned_minor", november(5)), 0) for x in (ana, ben, zoe)] == [3000, 1500, 0]


def test_a_cancelled_order_that_lives_again_counts_again() -> None:
    again = {**CANCELLED, "cancelled_at": None, "updated_at": "2026-11-10T08:00:00+01:00"}
    for engine in in_every_order(SHOP, [*STORY[3:], read("orders/updated", again)]):
        assert sales(engine)["orders", november(2)] == 1
        assert ("returned_minor", november(9)) not in sales(engine)


def test_a_refund_that_does_not_tell_is_put_right_by_its_order_whenever_that_comes() -> None:
    unpaid = refund(transactions=[])
    reading = read("refunds/create", unpaid)
    assert returned(reading).amount_minor == 5400
    assert reading.wanted == (Wanted("order", "5501"),)
    inside = Teller(CONNECTOR, ShopifyAccount(prices_include_tax="yes"))
    assert returned(read("refunds/create", unpaid, inside)).amount_minor == 4500
    for engine in in_every_order(SHOP, [reading, read("orders/updated", {**REFUNDED, "refunds": [unpaid]})]):
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


def test_a_refund_of_shipping_or_of_a_gift_card_gives_no_goods_back() -> None:
    assert read("refunds/create", refund(refund_line_items=[])).ignored == "no goods were given back"
    (line,) = refund()["refund_line_items"]
    card = {**line, "line_item": {**line["line_item"], "gift_card": True}}
    assert read("refunds/create", refund(refund_line_items=[card])).ignored == "no goods were given back"
    bare = {**line, "line_item_id": 7201, "line_item": None}  # the order tells what it is
    assert [said.type for said in read("orders/updated", order(refunds=[refund(refund_line_items=[bare])])).said] == [
        "order.placed"
    ]


def test_gift_cards_and_tips_alone_are_no_order() -> None:
    reading = read("orders/create", order(line_items=order()["line_items"][2:]))
    assert reading.said == ()
    assert "gift cards" in reading.ignored


def test_what_an_edit_took_out_is_what_was_refunded_and_without_a_refund_no_sale() -> None:
    lamp, chair = order()["line_items"][:2]
    unsold = placed(read("orders/updated", order(line_items=[{**lamp, "current_quantity": 1}, chair])))
    assert sum(line.gross_minor for line in unsold.lines) == 5000 + 3000
    assert sum(line.quantity for line in unsold.lines) == 2
    back = placed(
        read("orders/updated", order(line_items=[{**lamp, "current_quantity": 2}, chair], refunds=[refund()]))
    )
    assert sum(line.gross_minor for line in back.lines) == 15000 + 3000


def test_ids_that_a_relay_has_rounded_are_read_where_they_stand_as_text() -> None:
    gid = "gid://shopify/Order/820982911946154508"
    (said,) = read("orders/create", order(id=820982911946154500, admin_graphql_api_id=gid)).said
    assert said.subject == "820982911946154508"
    rounded = refund(id=890088186047892400, admin_graphql_api_id="gid://shopify/Refund/890088186047892319")
    with pytest.raises(Invalid, match="order_id: was rounded"):
        read("refunds/create", rounded)


@pytest.mark.parametrize(
    ("line", "sku"),
    [
        ({"sku": "", "variant_id": 12}, "variant/12"),
        ({"sku": None, "variant_id": None, "product_id": 13}, "product/13"),
        ({"sku": None, "variant_id": None, "product_id": None, "title": "For Ada Exemple"}, "custom item"),
        ({"sku": "A\tB "}, "A B"),
    ],
)
def test_a_line_without_a_sku_is_named_by_its_ids(line: dict[str, Any], sku: str) -> None:
    lamp = {**order()["line_items"][0], **line}
    assert {x.sku for x in placed(read("orders/create", order(line_items=[lamp]))).lines} == {sku}


def test_a_line_that_cost_nothing_leaves_its_tax_by_the_rate() -> None:
    lamp = order()["line_items"][0]
    free = {**lamp, "discount_allocations": [{"amount_set": both("180.00")}], "attributed_staffs": []}
    free["tax_lines"] = [{"rate": 0.2, "price_set": both("0.00")}]
    (line,) = placed(read("orders/create", order(line_items=[free]))).lines
    assert (line.gross_minor, line.discount_minor) == (15000, 15000)


def test_of_an_imported_order_the_tax_is_shared_by_price() -> None:
    lamp, chair = ({**line, "tax_lines": []} for line in order()["line_items"][:2])
    shipping = [{**order()["shipping_lines"][0], "tax_lines": []}]
    data = placed(read("orders/create", order(line_items=[lamp, chair], shipping_lines=shipping)))
    assert sum(line.gross_minor - line.discount_minor for line in data.lines) == 16200


def test_a_guest_has_no_name_and_what_is_not_told_stays_open() -> None:
    bare = order(customer=None, user_id=None, location_id=None, shipping_address=None, billing_address=None)
    data = placed(read("orders/create", {**bare, "source_name": 580111}))
    assert (data.customer_id, data.rep_id, data.store_id, data.region) == (None, None, None, None)
    assert data.channel == "580111"
    assert placed(read("orders/create", {**bare, "source_name": None})).channel == "unknown"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "EURO"}, "tax_lines"),
        ({"updated_at": None, "created_at": None}, "created_at"),
        ({"updated_at": "2026-11-02T10:00:00"}, "updated_at"),
        ({"line_items": [{**VASE, "price_set": both("24.00", "USD")}]}, "line_items.price"),
        ({"line_items": [{**VASE, "price_set": both("24.001")}]}, "line_items.price"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_the_field_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read("orders/create", order(**changes))
    assert refused.value.field.endswith(field)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order, with taxes inside of prices or outside, of a currency with 0, 2 or 3 decimals, wholly refunded."""
    currency, inside = draw(st.sampled_from(["JPY", "EUR", "KWD"])), draw(st.booleans())

    def amount(minor: int) -> dict[str, Any]:
        return both(f"{to_major(minor, currency):.{exponent(currency)}f}", currency)

    lines, backs = [], []
    for i in range(draw(st.integers(1, 5))):
        price, quantity = draw(st.integers(0, 10_000)), draw(st.integers(1, 9))
        taken_off = draw(st.lists(st.integers(0, price * quantity // 2), max_size=2))
        paid, rate = price * quantity - sum(taken_off), draw(st.sampled_from(["0", "0.055", "0.2"]))
        tax = round(paid * Decimal(rate) / (1 + Decimal(rate) if inside else 1))
        staff = [{"id": f"gid://shopify/StaffMember/{n}", "quantity": 1} for n in range(draw(st.integers(0, quantity)))]
        lines.append(
            {
                "id": i,
                "sku": f"s{i}",
                "quantity": quantity,
                "price_set": amount(price),
                "discount_allocations": [{"amount_set": amount(off)} for off in taken_off],
                "tax_lines": [{"rate": rate, "price_set": amount(tax)}],
                "attributed_staffs": staff,
            }
        )
        backs.append(
            {
                "line_item_id": i,
                "quantity": quantity,
                "subtotal_set": amount(paid),
                "total_tax_set": amount(tax),
                "paid": paid,
                "tax": tax,
            }
        )
    return order(
        currency=currency,
        taxes_included=inside,
        line_items=lines,
        shipping_lines=[],
        total_tax_set=amount(sum(back["tax"] for back in backs)),
        refunds=[refund(refund_line_items=backs, refund_shipping_lines=[])],
    )


@given(orders())
def test_lines_add_up_to_what_was_paid_without_tax_and_so_does_what_comes_back(given_order: dict[str, Any]) -> None:
    backs: Sequence[dict[str, Any]] = given_order["refunds"][0]["refund_line_items"]
    goods = sum(back["paid"] - (back["tax"] if given_order["taxes_included"] else 0) for back in backs)
    reading = read("orders/updated", given_order)
    data, back = placed(reading), returned(reading)
    assert sum(line.gross_minor - line.discount_minor for line in data.lines) == goods
    assert sum(line.quantity for line in data.lines) == sum(line["quantity"] for line in given_order["line_items"])
    assert (back.amount_minor, sum(line.amount_minor for line in back.lines)) == (goods, goods)
    if not given_order["taxes_included"]:
        full = sum(
            int(Decimal(line["price_set"]["shop_money"]["amount"]).scaleb(exponent(data.currency))) * line["quantity"]
            for line in given_order["line_items"]
        )
        assert sum(line.gross_minor for line in data.lines) == full
