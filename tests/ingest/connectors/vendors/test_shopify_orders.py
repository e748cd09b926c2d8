"""Shopify: what orders say, to the cent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.money import exponent, to_major
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.reading.payloads import milliseconds
from tests.ingest.connectors.vendors.shopify_story import (
    CANCELLED,
    SHOP,
    STORY,
    VASE,
    both,
    order,
    placed,
    read,
    refund,
    returned,
)
from tests.ingest.connectors.vendors.shops import november, sales
from tests.support.events import PARIS, RECEIVED
from tests.support.stories import delivery, in_every_order


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


SECOND = datetime.fromisoformat(order()["updated_at"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def revision(told_at: datetime | None) -> int:
    headers = {} if told_at is None else {"x-shopify-triggered-at": told_at.isoformat()}
    return placed(SHOP.read(delivery(order(), {"x-shopify-topic": "orders/updated", **headers}))).revision or 0


@given(moments | st.timedeltas(timedelta(0), timedelta(seconds=1)).map(lambda within: SECOND + within), moments)
def test_of_two_states_of_one_second_the_one_told_later_is_no_older(one: datetime, other: datetime) -> None:
    assert (revision(one) <= revision(other)) if one <= other else (revision(one) >= revision(other))
    assert 0 <= revision(one) - milliseconds(SECOND) < 1000
    assert revision(None) == milliseconds(SECOND)


def test_within_a_second_of_updates_milliseconds_tell() -> None:
    assert [revision(SECOND + timedelta(milliseconds=ms)) % 1000 for ms in (0, 7, 999, 4000)] == [0, 7, 999, 999]


def test_two_states_of_one_second_in_every_order_of_arrival() -> None:
    def told(ms: int, quantity: int) -> Reading:
        at = (SECOND + timedelta(milliseconds=ms)).isoformat()
        (line, *_) = order()["line_items"]
        body = order(line_items=[{**line, "quantity": quantity, "current_quantity": quantity}])
        return SHOP.read(delivery(body, {"x-shopify-topic": "orders/updated", "x-shopify-triggered-at": at}))

    for engine in in_every_order(SHOP, [told(120, 3), told(350, 1), told(870, 2)]):
        ((_, units),) = ((key, value) for key, value in sales(engine).items() if key[0] == "units")
        assert units == 2


def test_gift_cards_and_tips_alone_are_no_order() -> None:
    reading = read("orders/create", order(line_items=order()["line_items"][2:]))
    assert reading.said == ()
    assert "gift cards" in reading.ignored


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


def test_promotions_are_the_codes_and_what_comes_off_goods_by_itself() -> None:
    found = [
        {"type": "automatic", "target_type": "line_item", "title": "Autumn"},
        {"type": "automatic", "target_type": "shipping_line", "title": "Free shipping"},
        {"type": "manual", "target_type": "line_item", "title": "For Ada Exemple"},
        {"type": "discount_code", "target_type": "line_item", "code": "WELCOME10"},
    ]
    assert placed(read("orders/create", order(discount_applications=found))).promotion_ids == ("WELCOME10", "Autumn")


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


def test_an_order_of_more_lines_than_an_event_may_have_is_whole_all_the_same() -> None:
    chair, (back,) = order()["line_items"][1], refund()["refund_line_items"]
    lines = [{**chair, "id": i, "sku": f"S{i % 50}"} for i in range(1200)]
    backs = [{**back, "line_item": {**chair, "sku": f"S{i % 50}"}} for i in range(1200)]
    reading = read("orders/updated", order(line_items=lines, refunds=[refund(refund_line_items=backs)]))
    assert len(placed(reading).lines) == 1000
    assert sum(line.gross_minor - line.discount_minor for line in placed(reading).lines) == 1200 * 2700
    assert (returned(reading).amount_minor, returned(reading).lines) == (1200 * 4500, ())
    for said in reading.said:
        event_of(said, vendor="shopify", account="paris", received_at=RECEIVED, zone=PARIS)
