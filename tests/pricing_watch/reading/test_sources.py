"""Microdata, RDFa, meta tags, shop systems' JSON, and the page's own selector."""

import socket

import pytest

from services.pricing_watch.records import Kind, Method, Obstacle, Stock, Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, json_ld, offer, read

MICRODATA = """<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Lamp Luna</h1>
  <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
    <span itemprop="price" content="129.90">129,90</span><meta itemprop="priceCurrency" content="EUR">
    <link itemprop="availability" href="https://schema.org/InStock"></div></div>"""


def test_microdata() -> None:
    reading = read(MICRODATA)
    assert (reading.price_minor, reading.currency, reading.stock) == (12990, "EUR", Stock.IN_STOCK)
    assert reading.method is Method.MICRODATA


def test_microdata_in_a_strip_of_other_products_is_not_the_product() -> None:
    strip = MICRODATA.replace("h1", "h3").replace("129", "9")
    body = f"{HEADING}<section class='related-products'>{strip}</section>"
    assert read(body).price_minor is None
    assert read(f"{MICRODATA}<h2>Ähnliche Produkte</h2><div>{strip}</div>").price_minor == 12990


def test_microdata_by_reference() -> None:
    body = """<div itemscope itemtype="https://schema.org/Product" itemref="name deal"></div>
      <h1 id="name" itemprop="name">Lamp Luna</h1>
      <p id="deal"><span itemprop="offers" itemscope itemtype="https://schema.org/Offer">
        <b itemprop="price">1.299,00 €</b></span></p>"""
    assert read(body, lang="de").price_minor == 129900


def test_microdata_that_visitors_see_is_written_as_the_page_writes() -> None:
    assert read(MICRODATA.replace('content="129.90">129,90', ">1.299"), lang="de").price_minor == 129900
    assert read(MICRODATA.replace('content="129.90">129,90', ">12<sup>90</sup>"), lang="de").price_minor == 1290
    assert read(MICRODATA.replace('content="129.90">129,90', "><b>12</b><i>90</i>"), lang="de").price_minor is None


def test_rdfa() -> None:
    body = """<div vocab="http://schema.org/" typeof="Product"><h1 property="name">Lamp Luna</h1>
      <div property="offers" typeof="Offer"><span property="price" content="129.90">129,90</span>
      <meta property="priceCurrency" content="EUR">
      <link property="availability" href="http://schema.org/OutOfStock"></div></div>"""
    reading = read(body)
    assert (reading.price_minor, reading.method, reading.stock) == (12990, Method.RDFA, Stock.OUT_OF_STOCK)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the reader opens a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    body = """<div prefix="s: http://schema.org/ x: http://v.invalid/" vocab="http://v.invalid/" typeof="s:Product">
      <h1 property="s:name">Lamp Luna</h1><a rel="x:profile" href="http://profile.invalid/"></a></div>"""
    head = '<link rel="profile" href="http://profile.invalid/">' + json_ld('{"@context":"http://context.invalid/"}')
    assert read(body, head=head).price_minor is None


def metas(**content: str) -> str:
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{text}">' for name, text in content.items())


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (metas(product__price__amount="129.90", product__price__currency="EUR"), (12990, None)),
        (metas(og__price__amount="1,299.00", og__price__currency="USD"), (129900, None)),
        (metas(og__price__amount="12,90", og__price__currency="EUR"), (1290, None)),
        (
            metas(
                product__price__amount="100",
                product__price__currency="EUR",
                product__sale_price__amount="80",
                product__sale_price__currency="EUR",
            ),
            (8000, 10000),
        ),
        (
            metas(
                product__price__amount="80",
                product__price__currency="EUR",
                product__original_price__amount="100",
                product__original_price__currency="EUR",
            ),
            (8000, 10000),
        ),
        ('<meta name="twitter:label1" content="Price"><meta name="twitter:data1" content="€12.90">', (1290, None)),
        (
            '<meta name="twitter:label1" content="Reading time"><meta name="twitter:data1" content="€12.90">',
            (None, None),
        ),
        (metas(product__price__amount="12.90"), (None, None)),
        (metas(product__price__amount="0.00", product__price__currency="EUR"), (None, None)),
    ],
)
def test_meta_tags(head: str, expected: tuple[int | None, int | None]) -> None:
    reading = read(head=head)
    assert (reading.price_minor, reading.list_price_minor) == expected


SHOPIFY = """<script>Shopify.currency = {"active":"EUR","rate":"1.0"};</script>
<script type="application/json" id="ProductJson-1">{"title":"Lamp Luna","handle":"lamp-luna","vendor":"V","variants":[
  {"id":11,"title":"S","sku":"L-S","price":12900,"compare_at_price":14900,"available":true},
  {"id":12,"title":"M","sku":"L-M","price":13900,"compare_at_price":null,"available":false}]}</script>"""


def test_shopify_counts_in_hundredths() -> None:
    assert read(head=SHOPIFY).kind is Kind.VARIANTS
    small = read(head=SHOPIFY, wanted=Wanted(sku="L-S"))
    assert (small.price_minor, small.list_price_minor, small.stock) == (12900, 14900, Stock.IN_STOCK)
    medium = read(head=SHOPIFY, url="https://shop.example/products/lamp-luna?variant=12")
    assert (medium.price_minor, medium.list_price_minor, medium.stock) == (13900, None, Stock.OUT_OF_STOCK)


def test_woocommerce_variations() -> None:
    body = f"""{HEADING}<meta itemprop="priceCurrency" content="EUR"><form data-product_variations='[
      {{"sku":"A","display_price":10.9,"display_regular_price":12,"is_in_stock":true}},
      {{"sku":"B","display_price":20,"display_regular_price":20,"is_in_stock":false}}]'>{BUY}</form>"""
    assert (read(body).price_minor, read(body).kind) == (None, Kind.VARIANTS)
    reading = read(body, wanted=Wanted(sku="A"))
    assert (reading.price_minor, reading.list_price_minor) == (1090, 1200)


def test_magento_price_box() -> None:
    body = f"""{HEADING}<div class="price-box" data-product-id="5">
      <span data-price-amount="79.9" data-price-type="finalPrice"><span class="price">79,90 €</span></span>
      <p class="old-price"><span data-price-amount="99.9" data-price-type="oldPrice">99,90 €</span></p>
      </div>{BUY}"""
    reading = read(body, lang="de")
    assert (reading.price_minor, reading.list_price_minor, reading.method) == (7990, 9990, Method.EMBEDDED)


def test_prestashop_details() -> None:
    body = f"""{HEADING}<meta itemprop="priceCurrency" content="EUR">
      <div id="product-details"
      data-product='{{"name":"Lamp Luna","price_amount":129.9,"regular_price_amount":149.9}}'></div>"""
    reading = read(body)
    assert (reading.price_minor, reading.list_price_minor) == (12990, 14990)


@pytest.mark.parametrize(
    ("price", "minor"),
    [
        ('{"centAmount":12990,"currencyCode":"EUR","fractionDigits":2}', 12990),
        ('{"value":129.9,"currency":"EUR"}', 12990),
        ('{"amount":12990,"currency":"EUR"}', None),
    ],
)
def test_the_state_of_an_application(price: str, minor: int | None) -> None:
    state = f'{{"props":{{"pageProps":{{"product":{{"name":"Lamp Luna","price":{price}}}}}}}}}'
    reading = read(head=f'<script id="__NEXT_DATA__" type="application/json">{state}</script>')
    assert reading.price_minor == minor


def test_hundredths_are_settled_by_what_visitors_see() -> None:
    state = '{"product":{"name":"Lamp Luna","price":{"amount":12990,"currency":"EUR"}}}'
    head = f'<script type="application/json">{state}</script>'
    assert read(f"{HEADING}<p>129,90 €</p>{BUY}", head=head).price_minor == 12990


STATE = '<script>window.state = {product: {price: "12,90 €", seen: undefined}};</script>'


@pytest.mark.parametrize(
    ("selector", "body", "head", "minor"),
    [
        (".price", "<p class='price'>129,90 €</p>", "", 12990),
        (".price", "<p class='price'><del>149,90 €</del> 129,90 €</p>", "", 12990),
        (".old-price", "<p class='old-price'>129,90 €</p>", "", 12990),
        ("meta[name=p]", "", "<meta name='p' content='EUR 129.90'>", 12990),
        ("xpath://p/@data-price", "<p data-price='129.90 EUR'></p>", "", 12990),
        ("xpath:string(//p)", "<p>129,90 €</p>", "", 12990),
        ("json:state.product.price", "", STATE, 1290),
        ("json:offers.price", "", offer(price="12.90"), 1290),
        ("json:[?sku=='b'].price", "", json_ld('[{"sku":"a","price":"1 EUR"},{"sku":"b","price":"2 EUR"}]'), 200),
    ],
)
def test_the_page_s_own_selector(selector: str, body: str, head: str, minor: int) -> None:
    reading = read(f"{HEADING}{body}<p>99,99 €</p>{BUY}", head=head, lang="de", wanted=Wanted(selector=selector))
    assert (reading.price_minor, reading.method) == (minor, Method.SELECTOR)


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        (".none", "finds nothing"),
        (".two", "1.00 EUR, 2.00 EUR"),
        (".month", "an instalment"),
        (".range", "lowest of several prices"),
        (".word", "no amount"),
        ("::[", "cannot be read"),
        ("xpath:///[", "cannot be read"),
        ("json:[[", "cannot be read"),
    ],
)
def test_a_selector_that_finds_no_price_is_not_replaced_in_silence(selector: str, why: str) -> None:
    body = f"""{HEADING}<p class="two">1 €</p><p class="two">2 €</p><p class="month">9,90 € pro Monat</p>
      <p class="range">1 € - 2 €</p><p class="word">soon</p>{BUY}"""
    reading = read(body, head=offer(price="12.90"), wanted=Wanted(selector=selector))
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.SELECTOR)
    assert why in reading.reason


def test_a_state_with_its_product_under_data() -> None:
    state = (
        '{"product":{"status":"loaded","data":{"name":"Lamp Luna","sku":"L1","price":{"value":129.9,"currency":"EUR"},'
        '"oldPrice":{"value":149.9,"currency":"EUR"},"availability":{"status":"IN_STOCK"}}}}'
    )
    reading = read("<div id='app'></div>", head=f"<script>window.__STATE__={state}</script>")
    assert (reading.price_minor, reading.list_price_minor, reading.stock) == (12990, 14990, Stock.IN_STOCK)
