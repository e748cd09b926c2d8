"""Stripe's events as it documents them, and what is read of them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from services.common.events.orders import OrderPlaced, OrderReturned
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.vendors.stripe import CONNECTOR
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery

EXAMPLES = Path(__file__).parents[1] / "examples" / "stripe"
SHOP = Teller(CONNECTOR, StripeAccount(reps={"7": "ana"}))
BEGAN, GIVEN_BACK = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, 10, 1, tzinfo=UTC)


def example(name: str) -> dict[str, Any]:
    return msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes())


def changed(name: str, topic: str = "", /, **fields: Any) -> dict[str, Any]:
    """An example whose object has other fields, or that tells of another topic."""
    event = example(name)
    event["type"] = topic or event["type"]
    event["data"]["object"].update(fields)
    return event


def read(event: object, account: StripeAccount | None = None) -> Reading:
    return Teller(CONNECTOR, account or SHOP.account).read(delivery(event))


def order(event: object, account: StripeAccount | None = None) -> OrderPlaced:
    (said,) = read(event, account).said
    assert isinstance(said.data, OrderPlaced)
    return said.data


def returns(event: object, account: StripeAccount | None = None) -> OrderReturned:
    (said,) = read(event, account).said
    assert isinstance(said.data, OrderReturned)
    return said.data


def by_day(engine: Engine) -> dict[tuple[str, date], int]:
    cells = engine.by_day(["sales"]).items()
    return {(cell.measure, cell.day): value for cell, value in cells if cell.cut == "all"}
