"""Net and gross: a net price is never given as if it were the consumer's."""

import pytest

from services.pricing_watch.reading.tax_words import tax_of_all
from services.pricing_watch.records import Obstacle
from tests.pricing_watch.reading.pages import BUY, HEADING, offer, read

BESIDE = {
    "fr": "<p>100,00 € HT <small>soit 120,00 € TTC</small></p>",
    "de": "<p>100,00 € zzgl. MwSt. (119,00 € inkl. MwSt.)</p>",
    "it": "<p>100,00 € IVA esclusa</p><p>122,00 € IVA inclusa</p>",
    "es": "<p>100,00 € sin IVA, 121,00 € IVA incluido</p>",
    "nl": "<p>€ 100,00 excl. btw</p><p>€ 121,00 incl. btw</p>",
    "sv": "<p>125,00 € inkl. moms (100,00 € exkl. moms)</p>",
}
GROSS = {"fr": 12000, "de": 11900, "it": 12200, "es": 12100, "nl": 12100, "sv": 12500}
NET = offer(price="100.00", priceSpecification={"price": "100.00", "valueAddedTaxIncluded": False})


@pytest.mark.parametrize("lang", BESIDE)
@pytest.mark.parametrize("head", ["", NET, offer(price="100.00")], ids=["text", "net by data", "untold by data"])
def test_the_consumers_price_stands_beside_the_net_one(lang: str, head: str) -> None:
    reading = read(f"{HEADING}{BESIDE[lang]}{BUY}", head=head, lang=lang)
    assert (reading.price_minor, reading.tax_included) == (GROSS[lang], True)


@pytest.mark.parametrize(
    "rows",
    [
        "<tr><td>Prix HT</td><td>100,00 €</td></tr><tr><td>Prix TTC</td><td>120,00 €</td></tr>",
        "<tr><th>Netto</th><th>Brutto</th></tr><tr><td>100,00 €</td><td>120,00 €</td></tr>",
        "<tr><th>HT</th><th>TTC</th></tr><tr><td>100,00 €</td><td>120,00 €</td></tr>",
        "<tr><th></th><th>TTC</th><th>HT</th></tr><tr><td>Prix</td><td>120,00 €</td><td>100,00 €</td></tr>",
    ],
)
@pytest.mark.parametrize("head", ["", NET, offer(price="100.00"), offer(price="120.00")])
def test_net_and_gross_in_a_table_are_never_mixed_up(rows: str, head: str) -> None:
    assert read(f"{HEADING}<table>{rows}</table>{BUY}", head=head, lang="fr").price_minor in {None, 12000}


def test_a_price_with_tax_that_is_not_the_net_one_with_tax() -> None:
    reading = read(f"{HEADING}<p>100,00 € HT</p><p>133,00 € TTC pose comprise</p>{BUY}", head=NET, lang="fr")
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.AMBIGUOUS)


@pytest.mark.parametrize(
    "text",
    [
        "Alle Preise zzgl. gesetzl. MwSt.",
        "Tous nos prix sont indiqués hors taxes",
        "All prices exclude VAT",
        "All prices are shown excluding VAT",
        "Tutti i prezzi sono IVA esclusa",
        "Alle prijzen zijn exclusief btw",
        "Todos los precios sin IVA",
        "Schrauben Meier | Preise netto",
    ],
)
def test_a_footer_tells_of_all_prices(text: str) -> None:
    assert tax_of_all([text]) is False
    reading = read(f"{HEADING}<p>100,00 €</p>{BUY}<footer><p>{text}</p></footer>", lang="de")
    assert (reading.price_minor, reading.tax_included) == (10000, False)


def test_a_footer_with_tax_and_one_that_says_both() -> None:
    assert tax_of_all(["Alle Preise inkl. MwSt., zzgl. Versand"]) is True
    assert tax_of_all(["Alle Preise inkl. MwSt.", "Händlerpreise zzgl. MwSt.: alle Preise zzgl. MwSt."]) is None
    assert tax_of_all(["Preise und Sterne", "Prix : 100 € HT"]) is None
