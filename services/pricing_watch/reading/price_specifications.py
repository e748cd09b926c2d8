"""Parts of schema.org's offers: price specifications, moments, values."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from services.pricing_watch.reading.schema_org import Graph, Node, types

DATE = len("2025-12-31")
_LIST_TYPES = {"listprice", "strikethroughprice", "srp", "msrp", "regularprice"}
_OTHER_TYPES = {"invoiceprice", "minimumadvertisedprice", "minimumprice", "maximumprice"}
_PIECES = {"c62", "h87", "ea", "pce", "piece", "stk", "stück", "unit"}
"""The price of one piece is the price."""
_NOT_SCHEMA = re.compile(r"[^a-z]")


class Specification:
    """A PriceSpecification of an offer: the price, or a list price, a price per unit, for members, of delivery."""

    def __init__(self, graph: Graph, node: Node) -> None:
        own = types(node)
        price_type = _NOT_SCHEMA.sub("", (graph.text(node, "priceType") or "").rpartition("/")[2].casefold())
        quantity = next(iter(graph.nodes(node, "referenceQuantity")), None)
        self.prices = [value for value in graph.all(node, "price") if scalar(value)]
        self.currency = graph.text(node, "priceCurrency")
        self.unit = _unit(graph, quantity) if quantity is not None else _measure(graph, node)
        self.members_only = bool(graph.all(node, "validForMemberTier", "membershipPointsEarned"))
        self.is_list_price = price_type in _LIST_TYPES and not self.unit
        self.tax_included = _truth(graph.text(node, "valueAddedTaxIncluded"))
        self.valid_from = moment_of(graph.text(node, "validFrom"))
        self.valid_until = end_of(graph.text(node, "validThrough"))
        self.is_the_price = not (
            self.is_list_price
            or self.unit
            or self.members_only
            or price_type in _OTHER_TYPES
            or own & {"deliverychargespecification", "paymentchargespecification"}
            or graph.all(node, "billingDuration", "billingIncrement", "billingStart")
            or is_for_many(graph, node)
        )


def is_for_many(graph: Graph, node: Node) -> bool:
    """Is it a price for whoever buys several?"""
    least = [graph.text(quantity, "minValue", "value") for quantity in graph.nodes(node, "eligibleQuantity")]
    return any(value not in {None, "0", "1", "1.0"} for value in least)


def scalar(value: Any) -> str | None:
    """What a property says as it is written, where it is a text or a number."""
    if isinstance(value, dict):
        value = value.get("@value", value.get("value", value.get("price")))
    if isinstance(value, str):
        return str(value).strip() or None
    return None


def _truth(text: str | None) -> bool | None:
    word = (text or "").rpartition("/")[2].casefold()
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(word)


def _unit(graph: Graph, quantity: Node) -> str:
    value = graph.text(quantity, "value") or "1"
    unit = graph.text(quantity, "unitText", "unitCode") or ""
    if unit.casefold() in _PIECES and value in {"1", "1.0"}:
        return ""
    return unit if value in {"1", "1.0"} else f"{value} {unit}".strip()


def _measure(graph: Graph, node: Node) -> str | None:
    """The unit that a specification itself names, where that is no piece."""
    unit = graph.text(node, "unitText", "unitCode")
    return None if unit is None or unit.casefold() in _PIECES else unit


def end_of(text: str | None) -> datetime | None:
    """The same of the end of a time: a date alone is in it until its last moment."""
    moment = moment_of(text)
    return moment + timedelta(days=1) if moment and len((text or "").strip()) == DATE else moment


def moment_of(text: str | None) -> datetime | None:
    """A date or a time of ISO 8601; without a zone, UTC. A date alone, as midnight of it."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
