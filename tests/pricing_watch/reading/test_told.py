"""An amount that stands in the text alone is the price only where what stands beside it tells so."""

import pytest

from services.pricing_watch.records import Obstacle
from tests.pricing_watch.reading.pages import BUY, HEADING, read

UNKNOWN = {
    "a salary": ("de", "<p>Gehalt: 2.900 €</p>"),
    "a share capital": ("fr", "<p>S.A.S. au capital de</p><p>40 000 €</p>"),
    "energy": ("en-US", "<p>Yearly running cost</p><p>$61</p>"),
    "a sample": ("fr", "<p>Nuancier</p><p>3,50 €</p>"),
    "an accessory": ("it", "<p>Custodia rigida: 19,90 €</p>"),
    "another product": ("de", "<p>Birne B22</p><p>7,50 €</p>"),
    "another model": ("en-GB", "<p>Lamp Luna 2</p><p>£129</p>"),
    "a threshold": ("en-US", "<p>Orders $45+</p>"),
    "a surcharge": ("de", "<p>Mindermengenzuschlag 12,00 €</p>"),
    "an average": ("fr", "<p>Prix moyen : 88 €</p>"),
    "a market price": ("de", "<p>Marktpreis: 149 €</p>"),
    "a balance": ("it", "<p>Il tuo saldo: 15,00 €</p>"),
    "a tax": ("fr", "<p>TVA : 21,60 €</p>"),
    "some for one amount": ("en-US", "<p>2/$15</p>"),
    "per metre, on the next line": ("de", "<p>12,90 €</p><p>je laufender Meter</p>"),
    "per person": ("fr", "<p>45 €</p><p>par personne</p>"),
    "a surcharge called a price": ("fr", "<p class='price'>Supplément bois 12,00 €</p>"),
    "a day's rent": ("fr", "<p class='price'>29 € la journée</p>"),
    "an estimate": ("en-GB", "<p class='price'>Launch price £299</p>"),
    "with a contract": ("en-US", "<p>$99</p><p>with 2-year contract</p>"),
    "after a rebate": ("de", "<p class='preis'>99 €</p><p>nach Cashback</p>"),
    "a first month": ("fr", "<p>1 €</p><p>le premier mois</p>"),
    "a guest's words": ("fr", "<p>Payée 80 € en solde</p>"),
}


@pytest.mark.parametrize(("lang", "text"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_stands_among_unknown_words_is_no_price(lang: str, text: str) -> None:
    reading = read(f"{HEADING}{text}{BUY}", lang=lang)
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.NO_PRICE)


TOLD = {
    "alone": ("fr", "<p>129,00 €</p>"),
    "after its number": ("fr", "<p>Réf. LUN-4</p><p>129,00 €</p>"),
    "after its rating": ("en-GB", "<p>4.5 (318)</p><p>£129.00</p>"),
    "after its maker": ("en-GB", "<p>by Oslo</p><p>£129.00</p>"),
    "after a badge": ("fr", "<p>Nouveauté</p><p>129,00 €</p>"),
    "after its stock": ("de", "<p>Auf Lager</p><p>129,00 €</p>"),
    "after its name": ("de", "<p>Lamp Luna</p><p>129,00 €</p>"),
    "called so": ("it", "<p>Il nostro prezzo: 129,00 €</p>"),
    "called so by a class": ("de", "<p>Sand</p><p class='preis'>129,00 €</p>"),
    "with tax": ("fr", "<p>Laiton</p><p>129,00 € TTC</p>"),
    "with two taxes": ("it", "<p>Ottone</p><p>129,00 € IVA e TRA incluse</p>"),
    "beside its list price": ("de", "<p>Sand</p><p>129,00 € statt 149,00 €</p>"),
}


@pytest.mark.parametrize(("lang", "text"), TOLD.values(), ids=TOLD.keys())
def test_what_stands_among_the_words_of_prices_is_one(lang: str, text: str) -> None:
    assert read(f"{HEADING}{text}{BUY}", lang=lang).price_minor == 12900


@pytest.mark.parametrize("button", ["", "<button>Postuler</button>", "<button>Je donne</button>"])
def test_where_nothing_can_be_bought_something_must_call_it_the_price(button: str) -> None:
    assert read(f"{HEADING}<p>129,00 €</p>{button}", lang="fr").price_minor is None
    assert read(f"{HEADING}<p>Prix : 129,00 €</p>{button}", lang="fr").price_minor == 12900


@pytest.mark.parametrize("button", ["Mettre au panier", "Ins Körbli", "Commander"])
def test_a_cart_is_a_means_to_buy_in_whatever_words(button: str) -> None:
    assert read(f"{HEADING}<p>129,00 €</p><button>{button}</button>", lang="fr").price_minor == 12900


@pytest.mark.parametrize(
    ("lang", "text"), [("hu-HU", "6 ft"), ("en-MY", "RM 12"), ("de-CH", "Fr 8.30"), ("en-IN", "RS 232")]
)
def test_what_is_a_word_as_well_is_no_sign_of_a_currency_by_itself(lang: str, text: str) -> None:
    assert read(f"{HEADING}<p>{text}</p>{BUY}", lang=lang).price_minor is None
    assert read(f"{HEADING}<p>Price: {text}</p>{BUY}", lang=lang).price_minor is not None
