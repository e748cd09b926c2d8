"""The place that the watch list names for a page's price: CSS, `xpath:…`, or `json:…` (JMESPath)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any

import jmespath
import msgspec
from cssselect import SelectorError
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.parser import ParsedResult
from lxml import etree
from lxml.cssselect import CSSSelector

from services.pricing_watch.reading.document import Document, squeezed
from services.pricing_watch.reading.json_ld import json_ld_values
from services.pricing_watch.reading.loose_json import Number, plain
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.price_text import read_price
from services.pricing_watch.reading.priced import priced
from services.pricing_watch.reading.scripts import script_values
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.reading.visible_text import VisibleText
from services.pricing_watch.records import Candidate, Method

MAX_FOUND = 100

_ATTRIBUTES = ("content", "data-price-amount", "data-price", "value")


_FAULTS = (SelectorError, JMESPathError, etree.XPathError, ValueError, TypeError, RecursionError)


def check_selector(text: str) -> str | None:
    """Why a selector cannot be read; none where it can. Whether it finds anything is for a page to say."""
    try:
        _compiled(text)
    except _FAULTS as error:
        return _unread(error)
    return None


def _unread(error: Exception) -> str:
    return f"cannot be read: {error}"


def read_selector(document: Document, selector: str, style: NumberStyle) -> list[Candidate]:
    """What stands at the place: one candidate per thing found; one that is refused where nothing can be taken."""
    base = Candidate(method=Method.SELECTOR, where=selector, product="selector")
    try:
        find = _compiled(selector)
    except _FAULTS as error:
        return [msgspec.structs.replace(base, refused=f"is at a selector that {_unread(error)}")]
    try:
        found = list(find(document))
    except _FAULTS as error:
        return [msgspec.structs.replace(base, refused=f"is at a selector that fails on this page: {error}")]
    if not found:
        return [msgspec.structs.replace(base, refused="is not there: the page's own selector finds nothing")]
    return [_candidate(base, thing, style) for thing in found[:MAX_FOUND]]


def _compiled(selector: str) -> Callable[[Document], Iterator[Any]]:
    """What finds the things at a place. An unknown function of XPath or JMESPath is met on a page that is empty."""
    kind, _, rest = selector.partition(":")
    if not (rest if kind in {"json", "xpath"} else selector).strip():
        raise ValueError("it is empty")
    if kind == "json":
        expression = jmespath.compile(rest)
        with suppress(JMESPathTypeError):
            expression.search({})
        return partial(_in_json, expression=expression)
    find = etree.XPath(rest) if kind == "xpath" else CSSSelector(selector, translator="html")
    find(etree.Element("html"))
    return partial(_in_html, find=find)


def _in_html(document: Document, find: etree.XPath) -> Iterator[Any]:
    result = find(document.root)
    yield from result if isinstance(result, list) else [result]


def _in_json(document: Document, expression: ParsedResult) -> Iterator[Any]:
    """The results of the expression in every JSON value of the page: in the value itself, or by its script's name."""
    values = [("", value) for value in json_ld_values(document)] + list(script_values(document))
    for name, value in values:
        number_value = _with_numbers(value)
        for given in (number_value, {name: number_value}):
            result = expression.search(given)
            for one in result if isinstance(result, list) else [result]:
                if one is not None and not isinstance(one, dict | bool):
                    yield one


def _with_numbers(value: Any) -> Any:
    """The same with numbers that JMESPath can compare, as they are written."""
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    if isinstance(value, Number):
        number = plain(value)
        return str(value) if number is None else number
    return value


def _candidate(base: Candidate, thing: Any, style: NumberStyle) -> Candidate:
    if isinstance(thing, etree._Element):
        return _of_element(base, thing, style)
    is_json = base.where.startswith("json:")
    text = squeezed(f"{thing:f}" if isinstance(thing, Decimal) else str(thing))
    style = msgspec.structs.replace(style, decimal=".") if is_json else style
    return priced(base, text, read_price(text, style, style.stated if is_json else None))


def _of_element(base: Candidate, element: etree._Element, style: NumberStyle) -> Candidate:
    written = next((value for name in _ATTRIBUTES if (value := element.get(name))), None)
    if written and any(char.isdigit() for char in written):
        return priced(base, written, read_price(written, msgspec.structs.replace(style, decimal="."), None))
    visible = Visible(element)
    text = squeezed(" ".join(line.text for line in visible.lines))
    seen = VisibleText(visible, style).amounts
    prices = [one.price for one in seen if one.meaning is Meaning.PRICE]
    if not seen:
        return priced(base, text, read_price(text, style))
    if not prices:
        return msgspec.structs.replace(
            base, text=text[:100], refused=f"is not there: {text[:60]!r} is {seen[0].meaning}"
        )
    refused = next((price.refused for price in prices if price.refused), None)
    if refused:
        return msgspec.structs.replace(base, text=text[:100], refused=refused)
    if len({(price.minor, price.currency) for price in prices}) > 1:
        return msgspec.structs.replace(base, text=text[:100], refused=f"is one of several: {text[:60]!r}")
    lists = {one.price.minor for one in seen if one.meaning is Meaning.LIST_PRICE}
    listed = lists.pop() if len(lists) == 1 else None
    tax = next((one.tax_included for one in seen if one.meaning is Meaning.PRICE), None)
    return priced(msgspec.structs.replace(base, list_price_minor=listed, tax_included=tax), text, prices[0])
