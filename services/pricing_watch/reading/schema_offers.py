"""What schema.org says of a product's offers: price, list price, unit price, tax, stock, condition, seller, dates."""

from collections.abc import Iterator
from typing import Any

import msgspec

from services.pricing_watch.reading.conditions import read_condition
from services.pricing_watch.reading.currencies import read_code
from services.pricing_watch.reading.identity import are_akin
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.placeholders import placeholder
from services.pricing_watch.reading.price_specifications import Specification, end_of, is_for_many, moment_of, scalar
from services.pricing_watch.reading.price_text import Price, read_price
from services.pricing_watch.reading.priced import priced
from services.pricing_watch.reading.schema_org import Found, Graph, Node, Shown, is_an_offer, types
from services.pricing_watch.reading.stock import read_stock
from services.pricing_watch.records import Candidate, Method, Role

MAX_OFFERS = 2_000
"""Of one page."""

_GTINS = ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn", "ean")
_NUMBERS = ("sku", "mpn", "productID", *_GTINS)
_GROUP_NUMBERS = ("sku", "productGroupID")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says beyond the object at hand. `method`: how the objects were written."""

    method: Method
    style: NumberStyle


def candidates(graph: Graph, context: Context) -> list[Candidate]:
    """The candidates of every product that the objects tell of."""
    found = list(graph.products())
    owned = {id(offer) for one in found if not is_an_offer(one.node) for offer in _offers(graph, one.node)}
    siblings = sum(1 for one in found if _is_one_of_a_group(one.node)) > 1
    result: list[Candidate] = []
    for number, one in enumerate(found):
        if is_an_offer(one.node) and id(one.node) in owned:
            continue
        role = Role.VARIANT if siblings and one.role is Role.PLAIN and _is_one_of_a_group(one.node) else one.role
        reader = _Product(graph, context, msgspec.structs.replace(one, role=role), number)
        result.extend(reader.candidates())
        if len(result) >= MAX_OFFERS:
            break
    return result[:MAX_OFFERS]


def _is_one_of_a_group(node: Node) -> bool:
    return "isVariantOf" in node or "inProductGroupWithID" in node


def _offers(graph: Graph, node: Node) -> list[Node]:
    return graph.nodes(node, "offers", "offer")


class _Product:
    """One product, or an offer that stands alone."""

    def __init__(self, graph: Graph, context: Context, found: Found, number: int) -> None:
        self._graph = graph
        self._context = context
        self._found = found
        node = found.node
        kind = "/".join(sorted(types(node))) or "object"
        self._where = f"{found.where or kind}#{number}"
        self._own = self._identity(node, _identity_of_parents(found))
        if is_an_offer(node):
            items = graph.nodes(node, "itemOffered")
            self._own = self._identity(items[0], self._own) if items else self._own

    def candidates(self) -> Iterator[Candidate]:
        node = self._found.node
        if is_an_offer(node):
            yield from self._offer(node, self._where)
            return
        for position, offer in enumerate(_offers(self._graph, node)[:MAX_OFFERS]):
            yield from self._offer(offer, f"{self._where}.offers[{position}]")
        if not node.get("offers") and ("price" in node or "priceSpecification" in node):
            yield from self._offer(node, self._where)

    def _identity(self, node: Node, parent: dict[str, Any]) -> dict[str, Any]:
        graph = self._graph
        numbers = [text for name in _NUMBERS for value in graph.all(node, name) if (text := scalar(value))]
        numbers += [text for value in graph.nodes(node, "identifier") if (text := graph.text(value, "value"))]
        own: dict[str, Any] = {
            "name": graph.text(node, "name"),
            "sku": graph.text(node, "sku"),
            "gtin": next((text for name in _GTINS if (text := graph.text(node, name))), None),
            "url": _address(graph.text(node, "url", "@id")),
        }
        merged = {**parent, **{key: value for key, value in own.items() if value}}
        merged["numbers"] = tuple(dict.fromkeys([*numbers, *parent.get("numbers", ())]))
        return merged

    def _offer(self, offer: Node, where: str) -> Iterator[Candidate]:
        graph = self._graph
        inner = [one for one in graph.nodes(offer, "offers") if one is not offer]
        if inner:
            for position, one in enumerate(inner[:MAX_OFFERS]):
                yield from self._offer_alone(one, f"{where}.offers[{position}]", offer)
        told_all = graph.text(offer, "offerCount") == str(len(inner))
        if not inner or (graph.text(offer, "lowPrice", "highPrice") and not told_all):
            yield from self._offer_alone(offer, where, {})

    def _offer_alone(self, offer: Node, where: str, outer: Node) -> Iterator[Candidate]:
        graph = self._graph
        base = self._base(offer, where, outer)
        currency = self._currency(offer) or self._currency(outer) or self._currency(self._found.node)
        specs = [Specification(graph, spec) for spec in graph.nodes(offer, "priceSpecification")]
        base = self._with_specifications(base, specs, currency)
        barred = _barred(graph, offer)
        if graph.text(offer, "lowPrice", "highPrice"):
            yield self._range(base, offer, currency)
            return
        stated = [(value, base) for value in graph.all(offer, "price") if scalar(value)]
        stated += [(value, _taxed(base, spec)) for spec in specs if spec.is_the_price for value in spec.prices]
        if not stated and any(spec.is_list_price for spec in specs):
            return
        for value, taxed in stated:
            price = self._read(value, currency or _currency_of(specs))
            yield priced(taxed, str(value), price, barred)
        if not stated:
            members_only = any(spec.members_only for spec in specs)
            refused = barred or ("is a price for members" if members_only else "is not stated")
            yield msgspec.structs.replace(base, refused=refused)

    def _read(self, value: Any, currency: str | None) -> Price:
        """By schema.org's rule the decimal sign is a point; what visitors see is written as the page writes."""
        text = scalar(value) or ""
        code = read_code(currency, self._context.style) if currency else None
        if currency and code is None:
            return Price(refused=f"is in {currency[:20]!r}, which is no currency")
        style = self._context.style
        if not isinstance(value, Shown):
            style = msgspec.structs.replace(style, decimal=".")
        return read_price(text, style, code)

    def _currency(self, node: Node) -> str | None:
        return self._graph.text(node, "priceCurrency", "currency") if node else None

    def _base(self, offer: Node, where: str, outer: Node) -> Candidate:
        graph = self._graph
        node = self._found.node
        identity = self._identity(offer, self._own)
        if _is_named_apart(identity.get("name"), self._own.get("name")):
            identity["name"] = f"{self._own['name']} {identity['name']}"
        for item in graph.nodes(offer, "itemOffered")[:1]:
            identity = self._identity(item, identity)
        availability = graph.text(offer, "availability") or graph.text(outer, "availability")
        condition = graph.text(offer, "itemCondition") or graph.text(node, "itemCondition")
        shipping, _ = self._shipping(offer)
        return Candidate(
            method=self._context.method,
            where=where,
            product=self._where,
            role=self._found.role
            if "mainEntityOfPage" not in node or self._found.role is not Role.PLAIN
            else Role.MAIN,
            stock=read_stock(availability) if availability else None,
            condition=read_condition(condition) if condition else None,
            seller=graph.text(offer, "seller", "offeredBy"),
            shipping_minor=shipping,
            valid_from=moment_of(graph.text(offer, "validFrom", "availabilityStarts")),
            valid_until=end_of(graph.text(offer, "priceValidUntil", "validThrough", "availabilityEnds")),
            **identity,
        )

    def _shipping(self, offer: Node) -> tuple[int | None, str | None]:
        rates = [
            rate
            for details in self._graph.nodes(offer, "shippingDetails")
            for rate in self._graph.nodes(details, "shippingRate")
        ]
        prices = {
            (price.minor, price.currency)
            for rate in rates
            for value in self._graph.all(rate, "value", "price")
            if (price := self._read(value, self._graph.text(rate, "currency", "priceCurrency"))).minor is not None
        }
        return prices.pop() if len(prices) == 1 else (None, None)

    def _with_specifications(self, base: Candidate, specs: list["Specification"], currency: str | None) -> Candidate:
        for spec in specs:
            code = spec.currency or currency
            price = self._read(spec.prices[0], code) if spec.prices else Price()
            if spec.is_list_price:
                base = msgspec.structs.replace(base, list_price_minor=price.minor)
            elif spec.unit:
                base = msgspec.structs.replace(base, unit_price_minor=price.minor, unit=spec.unit)
            if spec.tax_included is not None and (spec.is_the_price or base.tax_included is None):
                base = msgspec.structs.replace(base, tax_included=spec.tax_included)
            if spec.is_the_price:
                base = msgspec.structs.replace(
                    base,
                    valid_from=base.valid_from or spec.valid_from,
                    valid_until=base.valid_until or spec.valid_until,
                )
        return base

    def _range(self, base: Candidate, offer: Node, currency: str | None) -> Candidate:
        graph = self._graph
        ends = [
            self._read(value, currency)
            for name in ("lowPrice", "highPrice")
            if (value := next(iter(graph.all(offer, name)), None)) is not None
        ]
        text = " - ".join(text for name in ("lowPrice", "highPrice") if (text := graph.text(offer, name)))
        problem = next((end.refused or end.doubt for end in ends if end.refused or end.doubt), None)
        low, high = ends[0], ends[-1]
        if problem or low.minor is None or high.minor is None:
            return msgspec.structs.replace(base, text=text, refused=problem or "is no range of prices")
        if len(ends) == 1 and graph.text(offer, "offerCount") != "1":
            return msgspec.structs.replace(base, text=text, price_minor=low.minor, currency=low.currency,
                                           refused="is one end of a range of prices")  # fmt: skip
        candidate = msgspec.structs.replace(
            base,
            text=text,
            price_minor=min(low.minor, high.minor),
            high_minor=max(low.minor, high.minor),
            currency=low.currency,
        )
        return msgspec.structs.replace(candidate, refused=placeholder(low.minor, low.currency))


def _is_named_apart(offer: str | None, product: str | None) -> bool:
    """Does an offer bear the name of a variant alone, such as `sand`?"""
    return bool(offer and product) and not are_akin(offer or "", product or "")


def _barred(graph: Graph, offer: Node) -> str | None:
    """Why an offer is not for everybody who wants to buy one, if it is not."""
    function = (graph.text(offer, "businessFunction") or "").casefold()
    customers = (graph.text(offer, "eligibleCustomerType") or "").casefold()
    if graph.all(offer, "validForMemberTier"):
        return "is a price for members"
    if function.endswith(("leaseout", "buy", "repair", "dispose")):
        return "is not an offer to sell"
    if customers.endswith(("business", "reseller")):
        return "is a price for businesses"
    if is_for_many(graph, offer):
        return "is a price for several"
    return None


def _identity_of_parents(found: Found) -> dict[str, Any]:
    """What a variant has from its group: a name where it bears none itself, and the group's numbers after its own."""
    name = next((parent.get("name") for parent in found.parents if isinstance(parent.get("name"), str)), None)
    numbers = [text for parent in found.parents for key in _GROUP_NUMBERS if (text := scalar(parent.get(key)))]
    return {**({"name": name} if name else {}), "numbers": tuple(numbers)}


def _taxed(base: Candidate, spec: Specification) -> Candidate:
    return base if spec.tax_included is None else msgspec.structs.replace(base, tax_included=spec.tax_included)


def _currency_of(specs: list[Specification]) -> str | None:
    return next((spec.currency for spec in specs if spec.currency), None)


def _address(text: str | None) -> str | None:
    """Where a node says that it stands. What has no name is given one by rdflib, another at each reading: none."""
    return None if text is None or "_:" in text else text
