"""The generic connector: a shop and a CRM that nobody has heard of, by the mapping files of docs/examples."""

from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from services.common.errors import Invalid
from services.common.events.orders import OrderPlaced, OrderReturned
from services.ingest.connectors.vendors.generic import CONNECTOR, GenericAccount
from tests.support.any_json import ANY_BODY, mutated, reading_of, words_of
from tests.support.engine import Cell
from tests.support.stories import Teller, delivery, in_every_order

EXAMPLES = Path(__file__).parents[1] / "examples" / "generic"
ORDER = msgspec.json.decode((EXAMPLES / "order.json").read_bytes())
DEALS = msgspec.json.decode((EXAMPLES / "deals.json").read_bytes())
SHOP = Teller(CONNECTOR, GenericAccount(mapping="docs/examples/connector_shop.yml", reps={"u31": "ana"}))
CRM = Teller(CONNECTOR, GenericAccount(mapping="docs/examples/connector_crm.yml", reps={"31": "ana", "32": "bruno"}))
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
PERSONAL = ("Ada", "exemple", "Exemple", "4711", "12 34", "rue de", "wants a call")


def order(**changes: Any) -> dict[str, Any]:
    return {**ORDER, "order": {**ORDER["order"], **changes}}


def deal(**changes: Any) -> dict[str, Any]:
    return {**DEALS, "deals": [{**DEALS["deals"][0], **changes}]}


def test_an_order_is_read_to_the_cent() -> None:
    reading = SHOP.read(delivery(ORDER))
    (said,) = reading.said
    assert (reading.topic, said.type, said.subject) == ("order.updated", "order.placed", "1001")
    assert said.time == datetime(2026, 11, 20, 10, tzinfo=UTC)
    data = said.data
    assert isinstance(data, OrderPlaced)
    assert [(line.sku, line.quantity, line.gross_minor, line.discount_minor) for line in data.lines] == [
        ("CHAIR", 2, 25980, 2598),
        ("LAMP", 1, 8900, 0),
    ]
    assert (data.channel, data.store_id, data.currency, data.region) == ("online", "lyon", "EUR", "FR")
    assert (data.tax_minor, data.shipping_minor, data.promotion_ids, data.rep_id) == (5798, 490, ("AUTUMN",), "ana")
    assert data.customer_id == SHOP.names.customer("4711")


REFUND = {
    "id": "R1",
    "made_at": "2026-11-23T09:00:00+01:00",
    "why": "D",
    "goods": [{"article": "LAMP", "count": 1, "net": 89}],
}


def test_a_shop_tells_of_an_order_an_edit_a_refund_and_an_end_in_any_order() -> None:
    """348.80 gross, 25.98 off; an edit drops a chair: 218.90 and 12.99 off; then the lamp comes back, 89.00. A second
    order of 348.80 is cancelled on its day: 322.82 given back."""
    chair = {"kind": "goods", "article": "CHAIR", "count": 1, "net_before_discount": "129.90", "discount": "-12.99"}
    edited = order(items=[chair, ORDER["order"]["items"][1]], changed_at="2026-11-20T12:00:00")
    refunded = order(items=edited["order"]["items"], changed_at="2026-11-23T09:00:00", refunds=[REFUND])
    lost = {"number": 1002, "sold_at": "2026-11-20T15:00:00", "changed_at": "2026-11-20T15:00:00"}
    cancelled = {"state": "cancelled", "cancelled_at": "2026-11-20T16:00:00", "changed_at": "2026-11-20T16:00:00"}
    bodies = [ORDER, edited, refunded, order(**lost), order(**{**lost, **cancelled})]
    readings = [SHOP.read(delivery(body)) for body in bodies]
    assert isinstance(readings[2].said[1].data, OrderReturned)
    for engine in in_every_order(SHOP, readings):
        found = {cell: n for cell, n in engine.by_day(["sales"]).items() if cell.cut == "all"}
        assert found == {
            Cell("orders", "EUR", "all", "", FRIDAY): 1,
            Cell("units", "EUR", "all", "", FRIDAY): 2 + 3,
            Cell("gross_minor", "EUR", "all", "", FRIDAY): 21890 + 34880,
            Cell("discount_minor", "EUR", "all", "", FRIDAY): 1299 + 2598,
            Cell("returned_minor", "EUR", "all", "", FRIDAY): 32282,
            Cell("returned_minor", "EUR", "all", "", MONDAY): 8900,
            Cell("returned_order_day_minor", "EUR", "all", "", FRIDAY): 8900 + 32282,
        }


def test_a_crm_tells_of_a_deal_that_goes_from_hand_to_hand_and_comes_back_to_life() -> None:
    opened = DEALS["deals"][0]["opened"]
    moved = [{"deal": 7, "id": 31, "since": opened}, {"deal": 7, "id": 32, "since": opened + 3600}]
    bruno = {"owner": {"id": 32}, "owners": moved}
    bodies = [
        DEALS,
        deal(version=2, **bruno),
        deal(version=3, stage="won", staged=opened + 7200, **bruno),
        deal(version=4, stage="open", staged=opened + 10800, **bruno),
        deal(version=5, stage="lost", staged=opened + 14400, **bruno),
    ]
    for engine in in_every_order(CRM, [CRM.read(delivery(body)) for body in bodies]):
        leads = {cell: n for cell, n in engine.by_day(["new_leads"]).items() if cell.cut in ("all", "rep")}
        assert leads == {Cell("leads", "", "all", "", FRIDAY): 1, Cell("leads", "", "rep", "bruno", FRIDAY): 1}
        rate = {cell: n for cell, n in engine.by_day(["acquisition_rate"]).items() if cell.cut == "rep"}
        assert rate == {
            Cell("created", "", "rep", "bruno", FRIDAY): 1,
            Cell("lost", "EUR", "rep", "bruno", FRIDAY): 1,
            Cell("lost_amount_minor", "EUR", "rep", "bruno", FRIDAY): 120000,
        }


def test_a_fact_of_an_order_without_goods_is_refused_with_its_place() -> None:
    with pytest.raises(Invalid, match=r"events\[0\].data.lines"):
        SHOP.read(delivery(order(items=[])))


def test_what_no_event_is_made_of_is_ignored() -> None:
    reading = SHOP.read(delivery({"event": "product.updated"}))
    assert (reading.topic, reading.said, reading.ignored) == (
        "product.updated",
        (),
        "no event of the mapping is made of it",
    )


def test_nothing_personal_leaves() -> None:
    for teller, body in ((SHOP, order(refunds=[REFUND])), (CRM, DEALS)):
        told = words_of(teller.read(delivery(body)))
        assert [word for word in PERSONAL if word in told] == []


def test_no_refusal_repeats_what_was_sent() -> None:
    """Wherever a mapping leads, to whatever a person wrote."""
    secret = "ada.exemple@example.org"
    told = []
    for body, teller in ((ORDER, SHOP), (order(refunds=[REFUND]), SHOP), (DEALS, CRM)):
        for changed in _each_leaf_replaced(body, secret):
            outcome = reading_of(teller, changed)
            if isinstance(outcome, Exception):
                told.append(str(outcome))
    assert len(told) > 20
    assert [text for text in told if "exemple" in text] == []


def _each_leaf_replaced(body: Any, word: str) -> list[Any]:
    changed = []

    def walk(value: Any, way: tuple[Any, ...]) -> None:
        if isinstance(value, dict | list):
            for step, child in value.items() if isinstance(value, dict) else enumerate(value):
                walk(child, (*way, step))
        else:
            copy = deepcopy(body)
            parent = copy
            for step in way[:-1]:
                parent = parent[step]
            parent[way[-1]] = word
            changed.append(copy)

    walk(body, ())
    return changed


@given(ANY_BODY)
@settings(deadline=None)
def test_any_body_is_read_or_refused(body: Any) -> None:
    reading_of(SHOP, body)
    reading_of(CRM, body)


@given(mutated(order(refunds=[REFUND])), mutated(DEALS))
@settings(deadline=None, max_examples=200)
def test_an_example_with_a_part_that_is_wrong_is_read_or_refused(shop: Any, crm: Any) -> None:
    reading_of(SHOP, shop)
    reading_of(CRM, crm)
