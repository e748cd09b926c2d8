"""JSON that shop systems give to their own scripts: Shopify, WooCommerce, Magento, PrestaShop, commercetools, Next.

Only shapes that are known are read. An amount that may be in cents as well as in units is marked as doubtful.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from lxml import etree

from services.common.money import exponent, known_currency
from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.lines import Part
from services.pricing_watch.reading.loose_json import Number, plain, read_json, walk
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.placeholders import placeholder
from services.pricing_watch.reading.price_text import MAX_MINOR, Price, read_price
from services.pricing_watch.reading.priced import priced
from services.pricing_watch.reading.scripts import script_values
from services.pricing_watch.reading.stock import read_stock
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.records import Candidate, Method, Role, Stock

MAX_VARIANTS = 1_000
_PRODUCT_KEYS = ("product", "productData", "currentProduct", "productDetail", "productDetails", "pdp", "initialProduct")

_LIST_PRICE_KEYS = ("oldPrice", "listPrice", "originalPrice", "regularPrice", "wasPrice", "rrp", "msrp")

Node = dict[str, Any]


def read_embedded(document: Document, visible: Visible, style: NumberStyle) -> list[Candidate]:
    """The candidates of every shop system whose JSON is on the page."""
    found: list[Candidate] = []
    for name, value in script_values(document):
        found.extend(_of_script(name, value, style))
    found.extend(_woocommerce(document, visible, style))
    found.extend(_magento(document, visible, style))
    found.extend(_prestashop(document, style))
    return [
        msgspec.structs.replace(one, refused=one.refused or placeholder(one.price_minor, one.currency)) for one in found
    ]


def _of_script(name: str, value: Any, style: NumberStyle) -> Iterator[Candidate]:
    for node in walk(value):
        if _is_shopify(node):
            yield from _shopify(node, name, style)
            return
    for node in walk(value):
        for key in _PRODUCT_KEYS:
            product = _loaded(node.get(key))
            if isinstance(product, dict) and (product.get("name") or product.get("title")):
                yield from _of_state(product, f"{name}.{key}", style)
                return


def _loaded(value: Any) -> Any:
    """What a state has of a product: the object itself, or its `data` beside how far it is loaded."""
    return value["data"] if isinstance(value, dict) and "name" not in value and "data" in value else value


def _is_shopify(node: Node) -> bool:
    variants = node.get("variants")
    return (
        isinstance(variants, list)
        and bool(variants)
        and ("handle" in node or "vendor" in node)
        and all(isinstance(one, dict) and "price" in one and "id" in one for one in variants[:20])
    )


def _shopify(product: Node, name: str, style: NumberStyle) -> Iterator[Candidate]:
    """Shopify counts hundredths of every currency as whole numbers; as text it writes units."""
    currency = style.stated
    variants = product["variants"][:MAX_VARIANTS]
    for position, variant in enumerate(variants):
        price = _hundredths(variant.get("price"), currency)
        listed = _hundredths(variant.get("compare_at_price"), currency)
        numbers = [text for key in ("sku", "barcode", "id") if (text := _word(variant.get(key)))]
        title = _word(variant.get("name")) or " ".join(
            word for word in (_word(product.get("title")), _word(variant.get("title"))) if word
        )
        yield Candidate(
            method=Method.EMBEDDED,
            where=f"{name}.variants[{position}]",
            product=f"{name}.variants[{position}]",
            role=Role.VARIANT if len(variants) > 1 else Role.PLAIN,
            text=str(variant.get("price"))[:50],
            name=title or None,
            sku=_word(variant.get("sku")),
            gtin=_word(variant.get("barcode")),
            numbers=tuple(numbers),
            url=_shopify_address(product, variant),
            price_minor=price.minor,
            currency=price.currency,
            list_price_minor=listed.minor if listed.minor else None,
            stock=_stock(variant.get("available")),
            refused=price.refused,
        )


def _shopify_address(product: Node, variant: Node) -> str | None:
    handle, number = _word(product.get("handle")), _word(variant.get("id"))
    return f"/products/{handle}?variant={number}" if handle and number else None


def _hundredths(value: Any, currency: str | None) -> Price:
    if currency is None:
        return Price(refused="no currency is stated")
    if isinstance(value, str) and not isinstance(value, Number):
        return read_price(value, NumberStyle(decimal="."), currency)
    number = plain(value)
    if number is None:
        return Price(refused="is no number")
    if number != number.to_integral_value() or "." in str(value):
        return _in_units(number, currency)
    return _in_units(number / 100, currency)


def _in_units(number: Decimal, currency: str) -> Price:
    minor = number.scaleb(exponent(currency))
    if minor != minor.to_integral_value() or not 0 <= minor <= MAX_MINOR:
        return Price(refused=f"is {number}, not an amount of {currency}")
    return Price(minor=int(minor), currency=currency)


def _of_state(product: Node, where: str, style: NumberStyle) -> Iterator[Candidate]:
    """A product in the state of a single-page application, with its price and currency as commercetools has them."""
    numbers = [text for key in ("sku", "gtin", "ean", "productId", "id", "code") if (text := _word(product.get(key)))]
    availability = product.get("availability")
    if isinstance(availability, dict):
        availability = availability.get("status")
    stock = _word(availability) or _word(product.get("stockStatus"))
    base = Candidate(
        method=Method.EMBEDDED,
        where=where,
        product=where,
        name=_word(product.get("name")) or _word(product.get("title")),
        sku=_word(product.get("sku")),
        numbers=tuple(numbers),
        stock=read_stock(stock) if stock else None,
    )
    for key in ("price", "prices", "currentPrice", "salesPrice", "sellingPrice", "finalPrice"):
        price = _of_price(product.get(key), _word(product.get("currency")) or _word(product.get("currencyCode")), style)
        if price is not None:
            base = msgspec.structs.replace(base, list_price_minor=_list_price(product, price, style))
            yield priced(msgspec.structs.replace(base, where=f"{where}.{key}"), str(product.get(key)), price)
            return


def _list_price(product: Node, price: Price, style: NumberStyle) -> int | None:
    """The first that is stated, in the currency of the price."""
    stated = (_of_price(product.get(key), price.currency, style) for key in _LIST_PRICE_KEYS)
    return next((one.minor for one in stated if one is not None and one.currency == price.currency), None)


def _of_price(value: Any, currency: str | None, style: NumberStyle) -> Price | None:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        if isinstance(value.get("value"), dict) and "centAmount" in value["value"]:
            value = value["value"]
        currency = next(
            (text for key in ("currencyCode", "currency", "currencyIso") if (text := _word(value.get(key)))), currency
        )
        cents = plain(value.get("centAmount"))
        if cents is not None and currency and known_currency(currency):
            return _in_units(cents.scaleb(-int(plain(value.get("fractionDigits")) or exponent(currency))), currency)
        value = next(
            (value[key] for key in ("current", "value", "amount", "price", "sale", "final") if key in value), None
        )
    if not isinstance(value, str):
        return None
    code = currency if currency and known_currency(currency) else style.stated
    price = read_price(str(value), msgspec.structs.replace(style, decimal="."), code)
    if isinstance(value, Number) and "." not in value and price.minor is not None and code and exponent(code):
        doubt = f"{value} may be an amount of {code} or of its hundredths"
        return Price(minor=price.minor, currency=code, or_minor=price.minor // 10 ** exponent(code), doubt=doubt)
    return price


def _woocommerce(document: Document, visible: Visible, style: NumberStyle) -> Iterator[Candidate]:
    for form in document.root.iter("form"):
        text = form.get("data-product_variations")
        if not text or visible.part(form) is Part.OTHERS:
            continue
        variations = [
            one for value in read_json(text) if isinstance(value, list) for one in value if isinstance(one, dict)
        ]
        for position, one in enumerate(variations[:MAX_VARIANTS]):
            price, listed = _stated(one.get("display_price"), style), _stated(one.get("display_regular_price"), style)
            attributes = one.get("attributes")
            words = [str(value) for value in attributes.values()] if isinstance(attributes, dict) else []
            yield Candidate(
                method=Method.EMBEDDED,
                where=f"form[data-product_variations][{position}]",
                product=f"variation {position}",
                role=Role.VARIANT if len(variations) > 1 else Role.PLAIN,
                text=str(one.get("display_price"))[:50],
                name=" ".join(words) or None,
                sku=_word(one.get("sku")),
                numbers=tuple(text for key in ("sku", "variation_id") if (text := _word(one.get(key)))),
                price_minor=price.minor,
                currency=price.currency,
                list_price_minor=listed.minor,
                stock=_stock(one.get("is_in_stock")),
                refused=price.refused,
            )


def _magento(document: Document, visible: Visible, style: NumberStyle) -> Iterator[Candidate]:
    """The price boxes of Magento: `finalPrice` is the price, `oldPrice` the list price, `basePrice` without tax."""
    boxes: dict[etree._Element, dict[str, str]] = {}
    for element in document.root.iter(etree.Element):
        amount, kind = element.get("data-price-amount"), element.get("data-price-type")
        if amount and kind and len(boxes) < MAX_VARIANTS and visible.part(element) is Part.BODY:
            box = next(
                (up for up in element.iterancestors() if "price-box" in (up.get("class") or "").split()), element
            )
            boxes.setdefault(box, {}).setdefault(kind, amount)
    for number, (box, amounts) in enumerate(boxes.items()):
        price, listed = _stated(amounts.get("finalPrice"), style), _stated(amounts.get("oldPrice"), style)
        is_range = "minPrice" in amounts or "maxPrice" in amounts
        if "finalPrice" in amounts or is_range:
            yield Candidate(
                method=Method.EMBEDDED,
                where=f".price-box[{number}] finalPrice",
                product=f"price box {box.get('data-product-id') or number}",
                text=amounts.get("finalPrice", "")[:50],
                price_minor=price.minor,
                currency=price.currency,
                list_price_minor=listed.minor,
                refused="is a range of prices" if is_range else price.refused,
            )


def _prestashop(document: Document, style: NumberStyle) -> Iterator[Candidate]:
    for element in document.root.iter(etree.Element):
        text = element.get("data-product")
        if not text or element.get("id") != "product-details":
            continue
        for product in [value for value in read_json(text) if isinstance(value, dict)]:
            price = _stated(product.get("price_amount"), style)
            listed = _stated(product.get("regular_price_amount"), style)
            condition = product.get("condition")
            kind = condition.get("type") if isinstance(condition, dict) else condition
            numbers = [
                text for key in ("reference", "ean13", "isbn", "upc", "id_product") if (text := _word(product.get(key)))
            ]
            stock = _word(product.get("availability"))
            yield Candidate(
                method=Method.EMBEDDED,
                where="#product-details[data-product]",
                product="#product-details",
                text=str(product.get("price_amount"))[:50],
                name=_word(product.get("name")),
                sku=_word(product.get("reference")),
                gtin=_word(product.get("ean13")),
                numbers=tuple(numbers),
                condition=kind if kind in {"new", "used", "refurbished"} else None,
                price_minor=price.minor,
                currency=price.currency,
                list_price_minor=listed.minor,
                stock=read_stock(stock) if stock else None,
                refused=price.refused,
            )


def _stated(value: Any, style: NumberStyle) -> Price:
    """A number in units of the page's currency."""
    if value is None or isinstance(value, bool) or style.stated is None:
        return Price(refused="no currency is stated" if style.stated is None else "is no number")
    number = Decimal(value) if isinstance(value, Number) and plain(value) is not None else None
    if number is not None:
        return _in_units(round(number, 4).normalize() if number else number, style.stated)
    return read_price(str(value), NumberStyle(decimal="."), style.stated)


def _stock(is_available: Any) -> Stock | None:
    if not isinstance(is_available, bool):
        return None
    return Stock.IN_STOCK if is_available else Stock.OUT_OF_STOCK


def _word(value: Any) -> str | None:
    return str(value).strip()[:300] or None if isinstance(value, str) else None
