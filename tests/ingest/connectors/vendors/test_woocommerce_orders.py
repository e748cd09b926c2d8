"""WooCommerce: what orders say, to the cent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.errors import Invalid
from services.ingest.connectors.vendors.woocommerce import CONNECTOR, WooCommerceAccount
from tests.ingest.connectors.vendors.shops import november, sales
from tests.ingest.connectors.vendors.woocommerce_story import (
    LATER,
    SHOP,
    STORY,
    line,
    nets,
    order,
    placed,
    read,
)
from tests.support.stories import Teller, in_every_order


def test_an_order_is_read() -> None:
    (said,) = read(order()).said
    assert said.time == datetime(2026, 11, 2, 9, tzinfo=UTC)
    data = placed(read(order()))
    assert [(x.sku, x.quantity, x.gross_minor, x.discount_minor, x.rep_id) for x in data.lines] == [
        ("LAMP-01", 3, 15000, 1500, None),
        ("CHAIR", 1, 1500, 150, None),
    ]
    assert (data.channel, data.currency, data.region, data.store_id) == ("online", "EUR", "france", "lyon")
    assert (data.rep_id, data.promotion_ids) == ("ana", ("welcome10",))
    assert (data.tax_minor, data.shipping_minor) == (3070, 500)
    assert data.customer_id == SHOP.names.customer("26")


def test_the_story_in_every_order_of_arrival() -> None:
    """Three lamps for 150.00 less 10 %, the chair taken off; 60.00 of 168.00 back; then cancelled."""
    for engine in in_every_order(SHOP, STORY):
        assert sales(engine) == {
            ("units", november(2)): 3,
            ("gross_minor", november(2)): 15000,
            ("discount_minor", november(2)): 1500,
            ("returned_minor", november(5)): 4821,  # 60.00 x 135.00 / 168.00
            ("returned_minor", november(9)): 8679,
            ("returned_order_day_minor", november(2)): 13500,
        }


def test_back_from_cancelled_it_counts_again() -> None:
    again = read({**LATER, "date_modified_gmt": "2026-11-10T08:00:00"})
    for engine in in_every_order(SHOP, [STORY[0], STORY[4], again]):
        assert sales(engine)["orders", november(2)] == 1
        assert sales(engine)["returned_minor", november(9)] == 4821  # the refund, first heard of then


@pytest.mark.parametrize(
    ("status", "is_paid", "types"),
    [
        ("processing", True, ["order.placed"]),
        ("processing", False, ["order.placed"]),  # paid on delivery
        ("completed", True, ["order.placed"]),
        ("wc-completed", True, ["order.placed"]),
        ("pending", False, []),
        ("on-hold", False, []),
        ("checkout-draft", False, []),
        ("shipped", True, []),
        ("failed", False, ["order.cancelled"]),
        ("cancelled", False, ["order.cancelled"]),
        ("cancelled", True, ["order.placed", "order.cancelled"]),
        ("trash", True, ["order.placed", "order.cancelled"]),
    ],
)
def test_what_a_status_means(status: str, is_paid: bool, types: list[str]) -> None:
    paid = "2026-11-02T09:00:05" if is_paid else None
    reading = read(order(status=status, date_paid_gmt=paid))
    assert [said.type for said in reading.said] == types
    assert bool(reading.ignored) == (not types)


def test_further_statuses_may_count() -> None:
    shop = Teller(CONNECTOR, WooCommerceAccount(count_from="processing,completed, on-hold , shipped"))
    for status in ("on-hold", "shipped"):
        assert read(order(status=status), shop).said


def test_an_order_that_is_void_and_anonymised_stays_on_its_day() -> None:
    gone = order("2028-11-06T09:00:00", status="cancelled", meta_data=[{"key": "_anonymized", "value": "yes"}])
    assert read(gone).said == ()
    sold = {**gone, "status": "completed", "customer_id": 0, "billing": {"email": "deleted@site.invalid"}}
    assert placed(read(sold)).customer_id is None


def test_lines_with_parts_of_a_cent_add_up_to_the_orders_total() -> None:
    """Three of 10.00 with 20 % inside, rounded at the subtotal: 8.3333 each, and the order says 25.00."""
    lines = [line("8.3333", "8.3333", "1.6667") for _ in range(3)]
    changes = {"discount_total": "0.00", "shipping_total": "0.00", "total": "30.00", "total_tax": "5.00"}
    reading = read(order(line_items=lines, **changes))
    assert (nets(reading), sum(x.gross_minor for x in placed(reading).lines)) == ([834, 833, 833], 2500)
    displayed = [line("8.33", "8.33", "1.67") for _ in range(3)]
    assert sum(nets(read(order(line_items=displayed, **changes)))) == 2500


def test_a_total_that_is_lower_by_more_than_rounding_takes_nothing_off_the_goods() -> None:
    assert nets(read(order(total="134.20"))) == [13500, 1350]


def test_a_fee_below_zero_is_a_discount_and_one_above_no_goods() -> None:
    fees = [{"total": "-14.85", "total_tax": "-2.97"}, {"total": "4.00", "total_tax": "0.80"}]
    reading = read(order(fee_lines=fees, total="171.18", total_tax="28.53"))
    assert nets(reading) == [12150, 1215]
    assert [x.gross_minor for x in placed(reading).lines] == [15000, 1500]


@pytest.mark.parametrize(
    ("changes", "sku", "quantity"),
    [
        ({"sku": None}, "product/5", 1),
        ({"sku": "", "variation_id": 6}, "product/6", 1),
        ({"sku": None, "product_id": 0}, "custom item", 1),
        ({"sku": "A\n", "quantity": "2.5"}, "A", 2),
    ],
)
def test_a_line_is_named_and_counted(changes: dict[str, Any], sku: str, quantity: int) -> None:
    (found,) = placed(read(order(line_items=[line("10.00", "10.00", **changes)]))).lines
    assert (found.sku, found.quantity) == (sku, quantity)


def test_what_plugins_add_tells_channel_store_and_reps_by_line() -> None:
    words = WooCommerceAccount(
        channel_key="_wc_order_attribution_utm_source",
        channels={"newsletter": "mail"},
        rep_key="_seller",
        reps={"72": "ben"},
    )
    lines = [line("10.00", "10.00", meta_data=[{"key": "_seller", "value": 72}]), line("5.00", "5.00", meta_data={})]
    data = placed(read(order(line_items=lines), Teller(CONNECTOR, words)))
    assert (data.channel, data.store_id) == ("mail", None)
    assert [x.rep_id for x in data.lines] == ["ben", None]
    for via, channel in (
        ("pos-rest-api", "store"),
        ("admin", "online"),
        ("other-plugin", "other-plugin"),
        (None, "unknown"),
    ):
        assert placed(read(order(created_via=via))).channel == channel
    as_object = {"3": {"key": "_till", "value": "7"}, "4": {"key": "_seller", "value": ["71"]}}
    found = placed(read(order(meta_data=as_object)))
    assert (found.store_id, found.rep_id) == ("lyon", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"date_created_gmt": None}, "date_created_gmt"),
        ({"line_items": [line("NaN", "1.00")]}, "line_items.subtotal"),
        ({"line_items": [line("1.00", "1e30")]}, "line_items.total"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_the_field_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(order(**changes))
    assert refused.value.field == field


def test_an_order_with_nothing_left_on_it_is_no_sale() -> None:
    empty = read(order("2026-11-04T09:00:00", line_items=[]))
    for engine in in_every_order(SHOP, [read(order()), empty]):
        assert sales(engine)["returned_minor", november(4)] == 14850
