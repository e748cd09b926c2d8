"""Products that have left the range: the price of what follows them, or of what is like them, is not theirs."""

import pytest

from services.pricing_watch.records import Obstacle, Stock
from tests.pricing_watch.reading.pages import BUY, json_ld, read

GONE = {
    "de": "Dieses Modell ist nicht mehr im Sortiment.",
    "fr": "Cet article n'est plus disponible.",
    "it": "Questo prodotto non è più disponibile.",
    "es": "Este producto ya no está disponible.",
    "nl": "Dit artikel is niet meer leverbaar.",
    "en": "This item has been discontinued.",
}
HEADED = {
    "de": "Nachfolgemodell",
    "fr": "Remplacé par",
    "it": "Sostituito da",
    "es": "Sustituido por",
    "nl": "Opvolger",
    "en": "Replaced by",
}
OLD, NEW = "Kettle Aria 20", "Kettle Aria 30"


def product(name: str, price: str = "59.90", **fields: str) -> str:
    extra = "".join(f',"{key}":"{value}"' for key, value in fields.items())
    return json_ld(
        f'{{"@type":"Product","name":"{name}"{extra},"offers":{{"price":"{price}","priceCurrency":"EUR",'
        f'"availability":"https://schema.org/InStock"}}}}'
    )


@pytest.mark.parametrize("lang", GONE)
def test_a_successor_under_a_heading(lang: str) -> None:
    body = f"<h1>{OLD}</h1><p>{GONE[lang]}</p><div><h2>{HEADED[lang]}</h2><p>{NEW}</p><b>59,90 €</b>{BUY}</div>"
    assert read(body, lang=lang).price_minor is None


@pytest.mark.parametrize("lang", GONE)
def test_a_successor_in_a_line(lang: str) -> None:
    body = f"<h1>{OLD}</h1><p>{GONE[lang]}</p><p>{HEADED[lang]} {NEW}: 59,90 €</p>{BUY}"
    assert read(body, lang=lang).price_minor is None


@pytest.mark.parametrize("lang", GONE)
def test_a_successor_in_a_block_without_a_word(lang: str) -> None:
    body = f"<h1>{OLD}</h1><p>{GONE[lang]}</p><div><p>{NEW}</p><b class='price'>59,90 €</b>{BUY}</div>"
    reading = read(body, lang=lang)
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.GONE)


@pytest.mark.parametrize("lang", GONE)
def test_a_successor_that_alone_is_in_the_data(lang: str) -> None:
    body = f"<h1>{OLD}</h1><p>{GONE[lang]}</p><p>{HEADED[lang]} {NEW}</p><b>59,90 €</b>{BUY}"
    assert read(body, head=product(NEW), lang=lang).price_minor is None


def test_a_product_that_only_has_a_successor_keeps_its_price() -> None:
    body = f"<h1>{OLD}</h1><b>49,90 €</b>{BUY}<section><h2>Nachfolger</h2><p>{NEW}</p><b>59,90 €</b></section>"
    assert read(body, lang="de").price_minor == 4990


@pytest.mark.parametrize("word", ["Vorgänger", "Predecessor", "Prédécesseur", "Voorganger", "Vorgängermodell"])
def test_a_predecessor_is_another_product(word: str) -> None:
    body = f"<h1>{NEW}</h1><b>59,90 €</b><p>{word} {OLD}: 49,90 €</p>{BUY}"
    assert read(body, lang="de").price_minor == 5990


@pytest.mark.parametrize(
    "words",
    [
        "Produits similaires",
        "Ähnliche Artikel",
        "Prodotti simili",
        "Similar products",
        "Alternativen",
        "Liknande produkter",
    ],
)
def test_similar_products_as_the_only_prices(words: str) -> None:
    tiles = "".join(
        f"<li><a href='/x{price}'>Kettle {price}</a> <span class='price'>{price},90 €</span></li>" for price in (20, 31)
    )
    assert read(f"<h1>{OLD}</h1><p>Out of stock</p><h2>{words}</h2><ul>{tiles}</ul>").price_minor is None


def test_one_similar_product_with_the_only_button() -> None:
    body = f"<h1>{OLD}</h1><p>Épuisé</p><div><h3>Produit similaire</h3><p>{NEW}</p><b>59,90 €</b>{BUY}</div>"
    assert read(body, lang="fr").price_minor is None


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("de", "Nicht auf Lager, aber bestellbar"),
        ("it", "Non a magazzino, ordinabile"),
        ("fr", "Pas en magasin, commandable"),
        ("nl", "Niet op voorraad, maar wel te bestellen"),
    ],
)
def test_what_can_be_ordered_is_on_backorder(lang: str, words: str) -> None:
    assert read(f"<h1>{OLD}</h1><b>49,90 €</b><p>{words}</p>{BUY}", lang=lang).stock is Stock.BACKORDER


def test_a_note_of_a_day_of_return_is_no_stock() -> None:
    body = f"<h1>{OLD}</h1><b>49,90 €</b><p>Uitverkocht</p><p>Mail mij zodra weer leverbaar</p>"
    assert read(body, lang="nl").stock is Stock.OUT_OF_STOCK
