"""Products and offers in the words of schema.org, whatever they were written in, to candidates.

JSON-LD, microdata and RDFa all end up here as objects with `@type`, `@id` and properties.
See https://schema.org/Product, https://schema.org/Offer and Google's "Product structured data".
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from services.pricing_watch.reading.loose_json import walk
from services.pricing_watch.records import Role

Node = dict[str, Any]

MAX_NODES = 20_000
"""Objects looked at on one page."""

_PREFIX = re.compile(r"^(?:https?:)?(?://)?(?:www\.)?schema\.org/|^schema:|^so:", re.IGNORECASE)

_PRODUCTS = {"product", "individualproduct", "productmodel", "productgroup", "someproducts", "vehicle", "car", "book"}
_NO_PRODUCTS = {
    "organization", "store", "localbusiness", "website", "webpage", "itempage", "itemlist", "offercatalog", "offer",
    "aggregateoffer", "collectionpage", "searchresultspage", "person", "brand", "review", "breadcrumblist", "listitem",
    "event", "onlinestore", "memberprogram", "service", "offershippingdetails",
}  # fmt: skip
_OFFERS = {"offer", "aggregateoffer", "offerforpurchase", "demand"}

_ROLES = {
    "mainentity": Role.MAIN,
    "itemlistelement": Role.LISTED,
    "hasvariant": Role.VARIANT,
    "isrelatedto": Role.RELATED,
    "issimilarto": Role.RELATED,
    "isaccessoryorsparepartfor": Role.RELATED,
    "isconsumablefor": Role.RELATED,
    "relatedlink": Role.RELATED,
    "isvariantof": Role.RELATED,
    "includesobject": Role.RELATED,
    "typeofgood": Role.RELATED,
    "addon": Role.RELATED,
    "itemreviewed": Role.RELATED,
    "predecessorof": Role.RELATED,
    "successorof": Role.RELATED,
    "model": Role.RELATED,
    "mentions": Role.RELATED,
    "makesoffer": Role.LISTED,
    "hasoffercatalog": Role.LISTED,
}
"""What standing under a property makes of a product. `itemReviewed` has no offer of its own worth having."""


class Shown(str):
    """A value that visitors see too, and so written as they write it."""

    __slots__ = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the page, or an offer that stands alone, and what holds it."""

    node: Node
    role: Role
    where: str
    parents: tuple[Node, ...] = ()
    """The product that it is a variant of."""


class Graph:
    """The objects of a page, with references between them resolved."""

    def __init__(self, values: list[Any]) -> None:
        self.roots = [_without_prefixes(value) for value in values]
        self._by_id: dict[str, Node] = {}
        for count, node in enumerate(walk(self.roots)):
            if count >= MAX_NODES:
                break
            name = node.get("@id")
            if isinstance(name, str) and len(node) > 1:
                self._by_id[name] = {**self._by_id.get(name, {}), **node}

    def all(self, node: Node, *names: str) -> list[Any]:
        """The values of the first of these properties that is there, references followed."""
        for name in names:
            value = node.get(name)
            values = value if isinstance(value, list) else [value]
            found = [self._resolved(item) for item in values if item is not None]
            if found:
                return found
        return []

    def nodes(self, node: Node, *names: str) -> list[Node]:
        """Those values that are objects."""
        return [value for value in self.all(node, *names) if isinstance(value, dict)]

    def text(self, node: Node, *names: str) -> str | None:
        """The first value as text: of an object its name, value or id."""
        for value in self.all(node, *names):
            text = _text(value)
            if text:
                return text
        return None

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            if "@value" in value:
                return value["@value"]
            if set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
                return self._by_id.get(value["@id"], value)
            if isinstance(value.get("@list"), list) and len(value["@list"]) == 1:
                return value["@list"][0]
        if isinstance(value, str) and value in self._by_id and (":" in value or value.startswith("#")):
            return self._by_id[value]
        return value

    def products(self) -> Iterator[Found]:
        """Every product and every offer that stands alone, each once, in the order of the page."""
        waiting = [Found(node=root, role=Role.PLAIN, where="") for root in reversed(_flat(self.roots))]
        seen: set[int] = set()
        while waiting and len(seen) < MAX_NODES:
            found = waiting.pop()
            if id(found.node) in seen:
                continue
            seen.add(id(found.node))
            is_product = is_a_product(found.node)
            if is_product or is_an_offer(found.node):
                yield found
            waiting.extend(reversed(list(self._within(found, is_product=is_product))))

    def _within(self, found: Found, *, is_product: bool) -> Iterator[Found]:
        for name in found.node:
            if name.startswith("@") and name != "@graph":
                continue
            if is_product and name in {"offers", "review", "aggregateRating", "brand"}:
                continue
            role = _role(name, found)
            parents = (found.node,) if role is Role.VARIANT and is_product else found.parents
            where = f"{found.where}.{name}" if found.where else name
            for position, node in enumerate(self.nodes(found.node, name)):
                yield Found(node=node, role=role, where=f"{where}[{position}]", parents=parents)


def _role(name: str, found: Found) -> Role:
    own = _ROLES.get(name.casefold())
    if own is Role.RELATED or found.role is Role.RELATED:
        return Role.RELATED
    if own is Role.LISTED or (found.role is Role.LISTED and own is not Role.VARIANT):
        return Role.LISTED
    return own or (found.role if found.role is not Role.VARIANT else Role.RELATED)


def types(node: Node) -> set[str]:
    """The types of an object, without the vocabulary's address, in lower case."""
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return {_short(item).casefold() for item in values if isinstance(item, str)}


def is_a_product(node: Node) -> bool:
    """Does it say that it is a product, or is it something with offers?"""
    own = types(node)
    return bool(own & _PRODUCTS) or ("offers" in node and not own & _NO_PRODUCTS)


def is_an_offer(node: Node) -> bool:
    """Is it an offer, of one seller or of several?"""
    return bool(types(node) & _OFFERS)


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        value = next((value[key] for key in ("name", "@value", "value", "@id") if value.get(key) is not None), None)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool):
        return str(value).casefold()
    return html.unescape(str(value)).strip() or None if isinstance(value, str) else None


def _short(name: str) -> str:
    return _PREFIX.sub("", name.strip()) if len(name) < 200 else ""


def _without_prefixes(value: Any) -> Any:
    """The same with `offers` for `http://schema.org/offers` and `schema:offers`, changed in place."""
    for node in walk(value):
        for name in [name for name in node if ":" in name]:
            node[_short(name)] = node.pop(name)
    return value


def _flat(values: list[Any]) -> list[Node]:
    waiting, found = list(reversed(values)), []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            found.append(value)
    return found
