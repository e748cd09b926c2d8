"""What JSON-LD says of offers, products and variants, however it is written."""

from datetime import UTC, datetime

import pytest

from services.pricing_watch.records import Kind, Method, Obstacle, Stock, Wanted
from tests.pricing_watch.reading.pages import HEADING, URL, json_ld, offer, read

LAMP = '{"@type":"Product","name":"Lamp Luna","offers":{"@type":"Offer","price":"12.90","priceCurrency":"EUR"}}'
PLAIN_OFFER = '"offers":{"price":"12.90","priceCurrency":"EUR"}'


def test_a_product_with_one_offer() -> None:
    reading = read(head=offer(price="129.90", availability="https://schema.org/InStock"))
    assert (reading.price_minor, reading.currency, reading.stock) == (12990, "EUR", Stock.IN_STOCK)
    assert (reading.kind, reading.method, reading.obstacle) == (Kind.SINGLE, Method.JSON_LD, None)


@pytest.mark.parametrize(
    "script",
    [
        LAMP.replace('"}}', '",},}'),
        "/* shop */" + LAMP.replace("{", "{// note\n", 1),
        f"//<![CDATA[\n{LAMP}\n//]]>",
        f"/*<![CDATA[*/{LAMP}/*]]>*/",
        f"<!--\n{LAMP}\n-->",
        LAMP.replace("Lamp Luna", "Lamp\nLuna\x01"),
        LAMP.replace('"', "'"),
        '{"@type":"Organization","name":"Shop"}' + LAMP,
        LAMP + '\n{"@type":"BreadcrumbList"},',
        "\ufeff" + LAMP,
        LAMP.replace('"', "&quot;"),
        LAMP.replace("Lamp Luna", 'Lamp 24" Luna'),
        f"[{LAMP}]",
        LAMP.replace('"Product"', '["http://schema.org/Product","Thing"]').replace(
            '"offers"', '"http://schema.org/offers"'
        ),
        LAMP.replace('"offers"', '"schema:offers"').replace('"price"', '"schema:price"'),
        '{"@type":"ItemPage","mainEntity":' + LAMP + "}",
        LAMP.replace('"12.90"', "12.9"),
        LAMP.replace('"12.90"', '"12,90"'),
        LAMP.replace('"12.90"', '"EUR 12.90"'),
        LAMP.replace('"12.90"', '"12,90 &euro;"'),
        LAMP.replace('"12.90"', "12.899999999999999"),
        LAMP.replace('"12.90"', '{"@value":"12.90"}'),
    ],
)
def test_what_can_be_mended_is_read(script: str) -> None:
    reading = read(head=json_ld(script))
    assert (reading.price_minor, reading.currency) == (1290, "EUR")


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ("0", "zero"),
        ("0.00", "zero"),
        (9999999, "not told"),
        ("-12.90", "negative"),
        ("12.90 - 15.90", "range|several"),
        ("1.299", "1299 and as 1.299"),
        ("ask us", "no amount"),
        ("12.9999", "as any locale"),
    ],
)
def test_what_is_no_price_is_refused(price: object, why: str) -> None:
    reading = read(head=offer(price=price))
    assert reading.price_minor is None
    assert any(part in reading.reason for part in why.split("|"))


@pytest.mark.parametrize(("text", "minor"), [("1.299 €", 129900), ("1,30 €", None)])
def test_what_can_be_read_in_two_ways_is_settled_by_what_visitors_see(text: str, minor: int | None) -> None:
    assert read(f"{HEADING}<p>{text}</p>", head=offer(price="1.299"), lang="de").price_minor == minor


def test_references_in_a_graph_are_followed() -> None:
    graph = """{"@context":"https://schema.org","@graph":[
        {"@type":"WebPage","@id":"#page","mainEntity":{"@id":"#product"}},
        {"@type":"Product","@id":"#other","name":"Other","offers":{"@id":"#o2"}},
        {"@type":"Product","@id":"#product","name":"Lamp Luna","offers":[{"@id":"#o1"}]},
        {"@type":"Offer","@id":"#o1","price":"5.00","priceCurrency":"EUR"},
        {"@type":"Offer","@id":"#o2","price":"6.00","priceCurrency":"EUR"}]}"""
    assert read(head=json_ld(graph)).price_minor == 500


@pytest.mark.parametrize("relation", ["isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor"])
def test_a_related_product_is_never_the_one(relation: str) -> None:
    related = '{"@type":"Product","name":"Lamp Luna bulb",' + PLAIN_OFFER + "}"
    alone = f'{{"@type":"Product","name":"Lamp Luna","{relation}":[{related}]}}'
    assert read(head=json_ld(alone)).price_minor is None
    beside = alone[:-1] + ',"offers":{"price":"20","priceCurrency":"EUR"}}'
    assert read(head=json_ld(beside)).price_minor == 2000


def test_a_product_of_a_list_is_not_the_one() -> None:
    listed = f'{{"@type":"ItemList","itemListElement":[{{"@type":"ListItem","item":{LAMP}}}]}}'
    assert read(head=json_ld(listed)).price_minor is None


def test_a_product_that_the_page_does_not_name_is_not_the_one() -> None:
    other = '{"@type":"Product","name":"Oak table","url":"https://shop.example/p/table",' + PLAIN_OFFER + "}"
    reading = read(head=json_ld(other))
    assert reading.price_minor is None
    assert "Oak table" in reading.reason


SPECIFICATIONS = {
    "a list price": ({"priceType": "https://schema.org/ListPrice", "price": 20}, (1290, 2000, None)),
    "a price struck through": ({"priceType": "StrikethroughPrice", "price": "20.00"}, (1290, 2000, None)),
    "a list price below": ({"priceType": "ListPrice", "price": 10}, (1290, None, None)),
    "a price for members": ({"price": 10, "validForMemberTier": {"@type": "MemberProgramTier"}}, (1290, None, None)),
    "a price per kilo": ({"price": 25.8, "referenceQuantity": {"value": 1, "unitCode": "KGM"}}, (1290, None, 2580)),
    "a monthly rate": ({"price": 1, "billingDuration": 12}, (1290, None, None)),
    "a price for ten": ({"price": 11, "eligibleQuantity": {"minValue": 10}}, (1290, None, None)),
}


@pytest.mark.parametrize(("specification", "expected"), SPECIFICATIONS.values(), ids=SPECIFICATIONS.keys())
def test_price_specifications(specification: dict[str, object], expected: tuple[int, int | None, int | None]) -> None:
    reading = read(head=offer(price="12.90", priceSpecification={"priceCurrency": "EUR", **specification}))
    assert (reading.price_minor, reading.list_price_minor, reading.unit_price_minor) == expected


def test_a_specification_alone_holds_the_price() -> None:
    specs = [{"price": 12.9, "priceCurrency": "EUR", "valueAddedTaxIncluded": False}, {"priceType": "SRP", "price": 20}]
    reading = read(head=offer(priceSpecification=specs))
    assert (reading.price_minor, reading.list_price_minor, reading.tax_included) == (1290, 2000, False)


def test_what_else_an_offer_says() -> None:
    reading = read(
        head=offer(
            price="12.90",
            availability="PreOrder",
            validFrom="2025-11-01",
            priceValidUntil="2025-12-31T23:00:00+01:00",
            shippingDetails={"shippingRate": {"value": "4.90", "currency": "EUR"}},
        )
    )
    assert (reading.stock, reading.shipping_minor) == (Stock.PREORDER, 490)
    assert reading.valid_from == datetime(2025, 11, 1, tzinfo=UTC)
    assert reading.valid_until == datetime(2025, 12, 31, 22, tzinfo=UTC)


def offers(*several: str) -> str:
    return json_ld(f'{{"@type":"Product","name":"Lamp Luna","offers":[{",".join(several)}]}}')


def one(price: str, **fields: str) -> str:
    extra = "".join(f',"{key}":"{value}"' for key, value in fields.items())
    return f'{{"@type":"Offer","price":"{price}","priceCurrency":"EUR"{extra}}}'


def test_of_several_offers_the_new_one_that_can_be_had() -> None:
    used, gone = one("10", itemCondition="https://schema.org/UsedCondition"), one("15", availability="OutOfStock")
    right = one("20", itemCondition="https://schema.org/NewCondition", availability="InStock")
    assert read(head=offers(used, gone, right)).price_minor == 2000
    reading = read(head=offers(used))
    assert reading.price_minor is None
    assert "used" in reading.reason


def test_several_prices_are_refused_unless_the_cheapest_is_asked_for_or_one_is_the_shop_s() -> None:
    first, second = one("12", seller="A"), one("11", seller="B")
    reading = read(head=offers(first, second))
    assert (reading.price_minor, reading.kind, reading.obstacle) == (None, Kind.AGGREGATE, Obstacle.AMBIGUOUS)
    assert "11.00 EUR, 12.00 EUR" in reading.reason
    assert read(head=offers(first, second), wanted=Wanted(cheapest=True)).price_minor == 1100
    assert read(head=offers(first, one("13", seller="Shop"), second)).price_minor == 1300


@pytest.mark.parametrize(
    ("high", "cheapest", "minor"), [("20", False, None), ("20", True, 1000), ("10.00", False, 1000)]
)
def test_a_range_is_a_price_only_where_both_ends_are_the_same(high: str, cheapest: bool, minor: int | None) -> None:
    aggregate = {"@type": "AggregateOffer", "lowPrice": "10", "highPrice": high, "offerCount": 3}
    reading = read(head=offer(**aggregate), wanted=Wanted(cheapest=cheapest))
    assert (reading.price_minor, reading.kind) == (minor, Kind.AGGREGATE)


def test_a_key_that_is_there_twice_holds_two_prices() -> None:
    assert read(head=json_ld(LAMP.replace('"price"', '"price":"13.90","price"'))).price_minor is None


def group(*prices: str) -> str:
    variants = [
        f'{{"@type":"Product","sku":"S-{number}","name":"Shirt {number}",'
        f'"offers":{{"url":"{URL}?variant={number}","price":"{price}","priceCurrency":"EUR"}}}}'
        for number, price in enumerate(prices, 1)
    ]
    return json_ld(f'{{"@type":"ProductGroup","name":"Lamp Luna","hasVariant":[{",".join(variants)}]}}')


def test_variants_at_several_prices_are_told_apart_by_number_or_address() -> None:
    head = group("10", "12")
    reading = read(head=head)
    assert (reading.price_minor, reading.kind) == (None, Kind.VARIANTS)
    for chosen in (
        read(head=head, wanted=Wanted(sku="s 2")),
        read(head=head, url=f"{URL}?variant=2&utm_source=mail"),
        read(head=head, wanted=Wanted(name="shirt 2")),
    ):
        assert (chosen.price_minor, chosen.kind) == (1200, Kind.VARIANTS)


def test_variants_at_one_price_have_that_price() -> None:
    reading = read(head=group("10", "10.00"))
    assert (reading.price_minor, reading.kind) == (1000, Kind.VARIANTS)


def test_the_wanted_product_among_several() -> None:
    several = json_ld(
        '[{"@type":"Product","name":"Foo","gtin13":"4006381333931","offers":{"price":"12.90","priceCurrency":"EUR"}},'
        '{"@type":"Product","name":"Bar","gtin13":"4006381333948","offers":{"price":"13.90","priceCurrency":"EUR"}}]'
    )
    assert read(head=several, wanted=Wanted(gtin="04006381333948")).price_minor == 1390
    assert read(head=several, wanted=Wanted(name="the bar")).price_minor == 1390
    assert read(head=several).obstacle is Obstacle.AMBIGUOUS
    assert read("<h1>Bar</h1>", head=several).price_minor == 1390


def test_another_number_is_another_product() -> None:
    head = json_ld(LAMP.replace('"name"', '"sku":"L-1","name"'))
    assert read(head=head, wanted=Wanted(sku="l1")).price_minor == 1290
    reading = read(head=head, wanted=Wanted(sku="X-99"))
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.OTHER_PRODUCT)


def test_another_currency_than_the_wanted_one_is_refused() -> None:
    reading = read(head=offer(price="12.90"), wanted=Wanted(currency="CHF"))
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.CURRENCY)


@pytest.mark.parametrize(
    ("availability", "stock"),
    [
        ("https://schema.org/LimitedAvailability", Stock.LIMITED),
        ("http://schema.org/BackOrder", Stock.BACKORDER),
        ("SoldOut", Stock.OUT_OF_STOCK),
        ("out of stock", Stock.OUT_OF_STOCK),
        ("https://schema.org/Discontinued", Stock.DISCONTINUED),
        ("en stock", Stock.IN_STOCK),
        ("nicht verfügbar", Stock.OUT_OF_STOCK),
        ("esaurito", Stock.OUT_OF_STOCK),
        ("agotado", Stock.OUT_OF_STOCK),
        ("uitverkocht", Stock.OUT_OF_STOCK),
        ("???", None),
    ],
)
def test_availability(availability: str, stock: Stock | None) -> None:
    reading = read(head=offer(price="12.90", availability=availability))
    assert (reading.price_minor, reading.stock) == (1290, stock)
