from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Kind, Method, Page, Stock, Wanted


def page(
    json_ld: str, *, head: str = "", body: str = "", lang: str = "en", url: str = "https://shop.example/p/lamp"
) -> Page:
    html = (
        f'<!doctype html><html lang="{lang}"><head><title>Lamp</title>{head}'
        f'<script type="application/ld+json">{json_ld}</script></head><body>{body}</body></html>'
    )
    return Page(url=url, body=html.encode(), content_type="text/html; charset=utf-8")


def test_a_product_with_one_offer() -> None:
    reading = read_page(
        page(
            '{"@context":"https://schema.org","@type":"Product","name":"Lamp","sku":"L-1","offers":{"@type":"Offer",'
            '"price":"129.90","priceCurrency":"EUR","availability":"https://schema.org/InStock"}}'
        ),
        Wanted(),
    )
    assert (reading.price_minor, reading.currency, reading.stock) == (12990, "EUR", Stock.IN_STOCK)
    assert (reading.kind, reading.method) == (Kind.SINGLE, Method.JSON_LD)
