"""How changedetection.io reads a price, in short: version 0.55.8, changedetectionio/processors/restock_diff.

Written anew after its behaviour. First a fast look: the first `price` anywhere in a JSON-LD block, else
`og:price:amount`, else the last `itemprop=price`; it counts only if an availability is found as well. Otherwise
extruct, and every `price` anywhere in what it gives: if they differ, the page is refused. It knows nothing of what is
wanted. Left out are its optional LLM, and stock read from text. Run beside the original, it gave the same price on
every page of the corpus.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import extruct
import lxml.html

from services.pricing_watch.records import Page, Reading, Wanted
from tests.pricing_watch.peers.common import minor, text_of

SYNTAXES = ["dublincore", "json-ld", "microdata", "microformat", "opengraph"]
PRICE = ("price", "Price")
AVAILABILITY = ("availability", "Availability")
CURRENCY = ("pricecurrency", "currency", "priceCurrency")
Found = dict[str, Any]


class Unreadable(Exception):
    """The check ends with an error: no price."""


def read(page: Page, wanted: Wanted) -> Reading:
    text = text_of(page)
    if page.status != 200:
        return Reading(reason="non-200 answer")
    try:
        found = _fast_look(text)
        if not (found.get("price") and found.get("availability")):
            found = _look_by_extruct(text)
        price = _amount(found.get("price"))
    except Unreadable as error:
        return Reading(reason=str(error))
    if not price:
        return Reading(reason="no price in the structured data")
    currency = found.get("currency")
    return Reading(price_minor=minor(price, currency), currency=currency)


def _values(data: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """The values of these keys at any depth, the outer ones first: what the JSONPath `$..name` gives."""
    if isinstance(data, dict):
        yield from (data[name] for name in names if name in data)
        for value in data.values():
            yield from _values(value, names)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _values(value, names)


def _digits(value: Any) -> Decimal:
    """The number that is left when all but digits and points are dropped: "1.400,00" is 1.40000."""
    try:
        return Decimal(re.sub(r"[^\d.]", "", str(value)))
    except InvalidOperation as error:
        raise Unreadable(f"not a number: {value!r}") from error


def _amount(value: str | Decimal | None) -> Decimal | None:
    """A price as it is stored: in a text, a lone comma is taken for the decimal point."""
    if not isinstance(value, str):
        return value
    if "," in value and "." in value:
        thousands, point = (",", ".") if value.rfind(".") > value.rfind(",") else (".", ",")
        value = value.replace(thousands, "").replace(point, ".")
    return _digits(value.replace(",", "."))


def _fast_look(text: str) -> Found:
    tree = lxml.html.fromstring(text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    found: Found = {}
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            block = json.loads(script.text or "")
        except json.JSONDecodeError:
            continue
        _take(found, "price", _first_number(_values(block, PRICE)))
        _take(found, "availability", next(_values(block, AVAILABILITY), None))
        _take(found, "currency", next(_values(block, CURRENCY), None))
        if found["price"]:
            break
    open_graph = {meta.get("property"): meta.get("content") for meta in tree.xpath("//meta[@property and @content]")}
    _take(found, "price", _plain_number(open_graph.get("og:price:amount", "")))
    _take(found, "currency", open_graph.get("og:price:currency"))
    _take(found, "availability", open_graph.get("og:availability"))
    _take(found, "price", _last(tree, "price", _marked_price))
    _take(found, "currency", _last(tree, "priceCurrency", _marked))
    _take(found, "availability", _last(tree, "availability", _marked))
    return found


def _take(found: Found, name: str, value: Any) -> None:
    """Keep the value, unless there is one already."""
    found[name] = found.get(name) or value


def _first_number(values: Iterator[Any]) -> Decimal | None:
    value = next(values, None)
    try:
        return _digits(value) if isinstance(value, str | int | float) else None
    except Unreadable:
        return None


def _plain_number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _last(tree: Any, name: str, value_of: Callable[[Any], Any]) -> Any:
    values = [value_of(node) for node in tree.xpath(f"//*[@itemprop='{name}']")]
    return next((value for value in reversed(values) if value), None)


def _marked(node: Any) -> str:
    return node.get("href") or node.get("content") or (node.text or "").strip()


def _marked_price(node: Any) -> str | Decimal | None:
    return node.get("content") or _first_number(iter([node.text or ""]))


def _look_by_extruct(text: str) -> Found:
    try:
        data = extruct.extract(text, syntaxes=SYNTAXES)
    except Exception:  # as it does: whatever extruct raises, nothing was found
        return {}
    listed = [value if isinstance(value, list) else [value] for value in _values(data, PRICE)]
    prices = {_digits(value) for values in listed for value in values}
    if len(prices) > 1:
        raise Unreadable(f"more than one price: {sorted(prices)}")
    found: Found = {"price": next(iter(prices), None), "currency": next(_values(data, CURRENCY), None)}
    for properties in _values(data, ("properties",)):
        pairs = properties if isinstance(properties, list) else []
        _take(found, "price", next((value for name, value in pairs if "price:amount" in name), None))
        _take(found, "currency", next((value for name, value in pairs if "price:currency" in name), None))
    return found
