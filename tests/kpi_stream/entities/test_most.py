"""Of what a customer and an offer are told there is a greatest number: up to it they are stored, beyond it absorbed."""

from typing import Any

import msgspec
import pytest

from services.common.events import Event
from services.common.events.fields import ID_LENGTH, LIMIT, REVISION_MAX
from services.kpi_stream.entities.answer import Score
from services.kpi_stream.entities.customer import Assignment, Contact, Customer
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.entities.notices import MOST, Heard, Notice
from services.kpi_stream.entities.offer import CODE, Answered, Made, Offer, fold, hear_order
from services.kpi_stream.entities.order_notices import OfferSale
from services.kpi_stream.entities.statements import Stated
from tests.support.events import PARIS, at, event

FAR = 2**62
"""An offset, or a time in microseconds."""

LONG_ID = "\U0001f600" * ID_LENGTH
LONG_NAME = "\U0001f600" * 100
RANK = (REVISION_MAX, FAR, LONG_ID, b"\xff" * 8)
DELAY = 2**31
"""Seconds: as late as anything since 1990 can be heard."""

IDS = [chr(0x10000 + i) + LONG_ID[1:] for i in range(MOST)]
"""Different ids of as many bytes as an id can have."""

CUSTOMER = Customer(
    orders={order: Heard(FAR, FAR) for order in IDS},
    contacts={contact: Stated(RANK, Contact(LONG_NAME, LONG_ID, LONG_NAME), DELAY) for contact in IDS},
    assigned={campaign: Assignment((-FAR, *RANK[:1], *RANK[2:]), "holdout", DELAY) for campaign in IDS},
    scores={answer: Heard(FAR, Score(FAR, 10)) for answer in IDS},
)
OFFER = Offer(
    Stated(RANK, Made("cross_sell", LONG_NAME, LONG_NAME, LONG_ID, LONG_ID), DELAY),
    Stated(RANK, Answered("accepted", -LIMIT, "EUR"), DELAY),
    {order: Heard(FAR, OfferSale("EUR", LIMIT, -LIMIT, is_cancelled=False)) for order in IDS},
)


@pytest.mark.parametrize(("kind", "largest"), [("customer", CUSTOMER), ("offer", OFFER)])
def test_as_many_as_there_may_be_with_the_longest_ids_can_be_stored(kind: str, largest: Any) -> None:
    packed = len(msgspec.msgpack.encode(largest))
    assert ENTITY_KINDS[kind].max_bytes * 0.8 < packed <= ENTITY_KINDS[kind].max_bytes


def told(offer: Offer, order: str) -> Offer:
    return hear_order(offer, Notice("o", order, FAR + 1, None), PARIS)


def made() -> Event:
    data = {"kind": "up_sell", "rep_id": "ana", "technique": "demo", "offered_sku": "a"}
    return event("offer.made", "o", at("2026-11-02 10:00"), **data)


def test_an_offer_of_too_many_orders_is_a_code_and_takes_nothing_in_any_more() -> None:
    assert not told(OFFER, IDS[0]).is_code
    code = told(OFFER, "one more")
    assert code == CODE
    assert told(code, "another") is code
    assert fold(code, made(), PARIS) is code
