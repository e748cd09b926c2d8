"""Pages that are no product's say so."""

import pytest

from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Kind, Obstacle, Stock, Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, json_ld, offer, page, read

TILES = "".join(
    f"<div class='product-card'><a href='/p/{n}'><b>Lamp {n}</b> <span>{n},90 €</span></a></div>" for n in range(1, 9)
)

STATES = {
    "not found": ("<h1>Page not found</h1>", Obstacle.GONE),
    "404": ("<h1>404</h1><p>Foo</p>", Obstacle.GONE),
    "vanished in German": (f"{HEADING}<p>Dieser Artikel ist leider nicht mehr verfügbar.</p>", Obstacle.GONE),
    "vanished in French": (
        f"{HEADING}<p>Ce produit n'est plus disponible.</p><h2>Produits similaires</h2>{TILES}",
        Obstacle.GONE,
    ),
    "vanished in Italian": (f"{HEADING}<p>Questo prodotto non è più disponibile</p>", Obstacle.GONE),
    "login": (f"{HEADING}<p>Please log in to see prices</p>", Obstacle.LOGIN),
    "login in German": (f"{HEADING}<p>Preise nach Anmeldung sichtbar</p>", Obstacle.LOGIN),
    "a form to sign in": ("<h1>Sign in</h1><form><input type='password'></form>", Obstacle.LOGIN),
    "on request": (f"{HEADING}<p>Prix sur demande</p>", Obstacle.ON_REQUEST),
    "a robot wall": ("<h1>Checking your browser before accessing</h1>", Obstacle.BLOCKED),
    "a captcha": ("<p>Enter the characters you see below</p><input>", Obstacle.BLOCKED),
    "scripts only": ("<div id='root'></div><script src='/app.js'></script>", Obstacle.BLOCKED),
    "cookies only": ("<h2>Wir verwenden Cookies</h2><button>Alle akzeptieren</button>", Obstacle.BLOCKED),
    "maintenance": ("<h1>We'll be back soon</h1><p>Maintenance</p>", Obstacle.CLOSED),
    "a queue": (
        "<h1>You are now in line</h1><p>The lamp (€140.00) is limited to one per customer.</p>",
        Obstacle.BLOCKED,
    ),
    "a queue in Italian": ("<h1>Sei in coda</h1><p>Biglietti da 40,00 €</p>", Obstacle.BLOCKED),
    "back soon in German": ("<h1>Wir sind gleich wieder da!</h1><p>10,00 € Rabatt mit GEDULD</p>", Obstacle.CLOSED),
    "login in Italian": (f"{HEADING}<p>Prezzi riservati ai rivenditori</p><p>50,00 € di bonus</p>", Obstacle.LOGIN),
    "an empty cart": (f"<h1>Ihr Warenkorb ist leer</h1><h2>Empfehlungen</h2>{TILES}", Obstacle.LISTING),
    "a category": (f"<h1>Lamps</h1>{TILES}", Obstacle.LISTING),
    "nothing": ("<p>Hello</p>", Obstacle.NO_PRICE),
}


@pytest.mark.parametrize(("body", "obstacle"), STATES.values(), ids=STATES.keys())
def test_the_state_is_told(body: str, obstacle: Obstacle) -> None:
    reading = read(body)
    assert (reading.price_minor, reading.kind, reading.obstacle) == (None, Kind.NONE, obstacle)
    assert reading.reason


def test_a_vanished_product_is_discontinued() -> None:
    reading = read(
        f"{HEADING}<p>Ce produit n'est plus disponible.</p>", head=offer(price="12.90", availability="InStock")
    )
    assert (reading.price_minor, reading.stock) == (None, Stock.DISCONTINUED)


def test_a_variant_that_vanished_does_not_take_the_product_along() -> None:
    body = f"{HEADING}<p>12,90 €</p>{BUY}<p>The green model is no longer available.</p>"
    assert read(body, head=offer(price="12.90")).price_minor == 1290


@pytest.mark.parametrize("notice", ["Please log in to see our prices", "Preis auf Anfrage", "Call for price"])
def test_a_price_in_the_data_that_visitors_are_not_told_is_none(notice: str) -> None:
    assert read(f"{HEADING}<p>{notice}</p>", head=offer(price="1.00")).price_minor is None


def test_a_status_tells_more_than_the_body() -> None:
    head = offer(price="12.90")
    expected = {
        404: Obstacle.GONE,
        410: Obstacle.GONE,
        401: Obstacle.LOGIN,
        403: Obstacle.BLOCKED,
        503: Obstacle.CLOSED,
    }
    for status, obstacle in expected.items():
        assert read_page(page(head=head, status=status), Wanted()).obstacle is obstacle
    assert read_page(page(head=head), Wanted()).price_minor == 1290


@pytest.mark.parametrize("name", ["Waiting room chair", "Maintenance kit", "Warteschlangen-Pfosten"])
def test_a_name_with_words_of_a_notice_is_no_notice(name: str) -> None:
    assert read(f"<h1>{name}</h1><p>129,00 €</p>{BUY}", lang="de").price_minor == 12900


def test_a_name_with_404_in_it_is_no_error() -> None:
    head = json_ld(
        '{"@type":"Product","name":"Peugeot 404 model car","offers":{"price":"12.90","priceCurrency":"EUR"}}'
    )
    assert read("<h1>Peugeot 404 model car</h1>", head=head).price_minor == 1290


def test_a_charset_is_found() -> None:
    text = "<html lang='de'><head>{}</head><body><h1>Lämp</h1><p>12,90 €</p><button>Kaufen</button></body></html>"
    plain, named = text.format(""), text.format("<meta charset='windows-1252'>")
    for body, header in [
        (plain.encode("cp1252"), "text/html; charset=iso-8859-1"),
        (named.encode("cp1252"), ""),
        (plain.encode("utf-16"), ""),
        (plain.encode(), "text/html; charset=nonsense"),
        (plain.encode("utf-8-sig"), "text/html; charset=iso-8859-1"),
    ]:
        given = page()
        reading = read_page(type(given)(url=given.url, body=body, content_type=header), Wanted())
        assert (reading.price_minor, reading.currency) == (1290, "EUR")


def test_a_list_is_told_by_its_data() -> None:
    listed = ",".join(
        f'{{"@type":"ListItem","item":{{"@type":"Product","name":"Lamp {n}",'
        f'"offers":{{"price":"{n}","priceCurrency":"EUR"}}}}}}'
        for n in (1, 2)
    )
    head = json_ld(f'{{"@type":"CollectionPage","mainEntity":{{"@type":"ItemList","itemListElement":[{listed}]}}}}')
    assert read("<h1>Lamps</h1>", head=head).obstacle is Obstacle.LISTING


def test_a_strip_of_tiles_does_not_make_a_product_a_list() -> None:
    assert read(f"{HEADING}{TILES}", head=offer(price="12.90")).price_minor == 1290
