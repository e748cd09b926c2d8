"""What visitors see: the price, and all that stands beside it and is none."""

import pytest

from services.pricing_watch.records import Method, Stock
from tests.pricing_watch.reading.pages import BUY, HEADING, read

BLOCKS = {
    "plain": ("de", "<p>129,90 €</p>", (12990, None)),
    "struck": ("fr", "<p><del>149,90 €</del> <ins>129,90 €</ins></p>", (12990, 14990)),
    "struck by style": (
        "de",
        "<span style='text-decoration:line-through'>149,90 €</span><span>129,90 €</span>",
        (12990, 14990),
    ),
    "struck by class": (
        "de",
        "<span class='price__old'>149,90 €</span><span class='price__new'>129,90 €</span>",
        (12990, 14990),
    ),
    "UVP": ("de", "<p>UVP 149,90 €</p><p>129,90 €</p>", (12990, 14990)),
    "statt": ("de", "<p>129,90 € statt 149,90 €</p>", (12990, 14990)),
    "au lieu de": ("fr", "<p>129,90 € au lieu de 149,90 €</p>", (12990, 14990)),
    "anziché": ("it", "<p>129,90 € anziché 149,90 €</p>", (12990, 14990)),
    "PVPR": ("es", "<p>129,90 € PVPR 149,90 €</p>", (12990, 14990)),
    "van voor": ("nl", "<p>van € 149,90 voor € 129,90</p>", (12990, 14990)),
    "was now": ("en-GB", "<p>Was £149.90 Now £129.90</p>", (12990, 14990)),
    "de por": ("pt-BR", "<p>De R$ 149,90 por R$ 129,90</p>", (12990, 14990)),
    "instalments": ("fr", "<p>129,90 €</p><p>ou 3x 43,30 €</p><p>4,99 €/mois</p>", (12990, None)),
    "rates": ("de", "<p>129,90 €</p><p>ab 9,99 €/Monat</p><p>9,99 € mtl. in 15 Raten</p>", (12990, None)),
    "per kilo": ("de", "<p>129,90 €</p><p>12,99 €/kg</p><p>100 g = 1,30 €</p><p>(25,98 € / 1 kg)</p>", (12990, None)),
    "delivery": ("de", "<p>129,90 €</p><p>zzgl. 4,90 € Versand</p><p>Kostenloser Versand ab 50 €</p>", (12990, None)),
    "delivery in French": ("fr", "<p>129,90 €</p><p>Livraison à domicile à partir de 4,99 €</p>", (12990, None)),
    "vouchers": ("en-GB", "<p>£129.90</p><p>Save £20.00</p><p>£5 off with code LAMP</p>", (12990, None)),
    "deposit": ("de", "<p>129,90 € zzgl. 0,25 € Pfand</p>", (12990, None)),
    "eco levy": ("fr", "<p>129,90 €</p><p>dont 0,50 € d'éco-participation</p>", (12990, None)),
    "warranty": ("de", "<p>129,90 €</p><label>Garantieverlängerung + 19,99 €</label>", (12990, None)),
    "tiers": (
        "de",
        "<p>129,90 €</p><table class='tier-prices'><tr><td>ab 10 Stück</td><td>119,90 €</td></tr></table>",
        (12990, None),
    ),
    "members": ("de", "<p>129,90 €</p><p>Mitgliederpreis 119,90 €</p>", (12990, None)),
    "subscription": ("de", "<p>Einmalkauf: 12,99 €</p><p>Spar-Abo: 11,69 €</p>", (1299, None)),
    "open box": ("en-US", "<p>New $129.99</p><p>Open-Box from $99.99</p>", (12999, None)),
    "hidden": (
        "de",
        "<p hidden>1 €</p><p style='display: none'>2 €</p><template>3 €</template><p>129,90 €</p>",
        (12990, None),
    ),
    "options": ("de", "<p>129,90 €</p><select><option>L + 5,00 €</option></select>", (12990, None)),
    "with and without tax": ("fr", "<p>108,25 € HT</p><p>129,90 € TTC</p>", (12990, None)),
    "raised cents": ("fr", "<p>129<sup>€90</sup></p>", (12990, None)),
    "raised cents by class": (
        "es",
        "<p><span>129</span><span class='decimals'>90</span><span>€</span></p>",
        (12990, None),
    ),
    "raised after a space": ("de", "<p>129 <sup>90</sup> €</p>", (12990, None)),
    "only a month's rate": ("de", "<p>9,99 €/Monat</p>", (None, None)),
    "from": ("de", "<p>ab 129,90 €</p>", (None, None)),
    "from in French": ("fr", "<p>À partir de 129,90 €</p>", (None, None)),
    "from in Italian": ("it", "<p>da 129,90 €</p>", (None, None)),
    "from in Japanese": ("ja", "<p>12,800円〜</p>", (None, None)),
    "a range": ("de", "<p>10,00 € – 20,00 €</p>", (None, None)),
    "two prices": ("de", "<p>129,90 €</p><p>139,90 €</p>", (None, None)),
    "cents apart, who knows": ("de", "<p><b>12</b><b>90</b> €</p>", (None, None)),
    "cents on the next line": ("de", "<div><div>1299</div><div>90 €</div></div>", (None, None)),
    "only used": ("de", "<p>Gebraucht – sehr gut 99,00 €</p>", (None, None)),
    "a bare dollar": ("en", "<p>$100</p>", (None, None)),
}


@pytest.mark.parametrize(("lang", "block", "expected"), BLOCKS.values(), ids=BLOCKS.keys())
def test_what_stands_beside_the_name(lang: str, block: str, expected: tuple[int | None, int | None]) -> None:
    reading = read(f"{HEADING}<div>{block}</div>{BUY}", lang=lang)
    assert (reading.price_minor, reading.list_price_minor) == expected
    assert reading.method in {Method.TEXT, None}
    assert reading.reason


OTHERS = {
    "by class": "<div class='related-products'><p>9,99 €</p></div>",
    "by heading": "<section><h2>Kunden kauften auch</h2><div>Foo 9,99 €</div></section>",
    "by heading beside": "<h2>Vous aimerez aussi</h2><div>Foo 9,99 €</div>",
    "recently viewed": "<div><h3>Recently viewed</h3><p>9,99 €</p></div>",
    "bundle": "<div id='frequently-bought'><p>Gesamtpreis 159,90 €</p></div>",
    "tile": "<a href='/p/foo'><b>Foo</b> <span>9,99 €</span></a>",
    "cart": "<div class='mini-cart'>Summe 59,99 €</div>",
    "footer": "<footer>Versand 4,99 € ab 20 €</footer>",
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS.keys())
def test_prices_of_other_products_are_not_seen(others: str) -> None:
    product = f"<main>{HEADING}<p>129,90 €</p>{BUY}</main>"
    assert read(product + others, lang="de").price_minor == 12990
    assert read(f"<main>{HEADING}{BUY}</main>{others}", lang="de").price_minor is None


def test_tax_is_told() -> None:
    assert read(f"{HEADING}<p>100,00 € HT</p>{BUY}", lang="fr").tax_included is False
    assert read(f"{HEADING}<p>100,00 € zzgl. MwSt.</p>{BUY}", lang="de").tax_included is False
    assert read(f"{HEADING}<p>100,00 € inkl. 19% MwSt. zzgl. Versand</p>{BUY}", lang="de").tax_included is True
    assert read(f"{HEADING}<p>100,00 €</p>{BUY}", lang="de").tax_included is None


def test_the_unit_price_is_kept() -> None:
    reading = read(f"{HEADING}<p>12,90 €</p><p>25,80 € / kg</p>{BUY}", lang="de")
    assert (reading.unit_price_minor, reading.unit) == (2580, "kg")


@pytest.mark.parametrize(
    ("words", "stock"),
    [
        ("Auf Lager", Stock.IN_STOCK),
        ("Nur noch 3 Stück auf Lager", Stock.LIMITED),
        ("Derzeit nicht verfügbar", Stock.OUT_OF_STOCK),
        ("Rupture de stock", Stock.OUT_OF_STOCK),
        ("Disponible sur commande", Stock.BACKORDER),
        ("Précommander", Stock.PREORDER),
        ("Non disponibile", Stock.OUT_OF_STOCK),
        ("Op voorraad", Stock.IN_STOCK),
        ("Últimas unidades", Stock.LIMITED),
        ("I lager", Stock.IN_STOCK),
        ("Ej i lager", Stock.OUT_OF_STOCK),
        ("W magazynie", Stock.IN_STOCK),
        ("Brak w magazynie", Stock.OUT_OF_STOCK),
        ("在庫あり", Stock.IN_STOCK),
        ("在庫切れ", Stock.OUT_OF_STOCK),
        ("残り3", Stock.LIMITED),
        ("Morgen in huis", Stock.IN_STOCK),
        ("An Lager", Stock.IN_STOCK),
        ("Orders above 20 items are welcome, in stock", Stock.IN_STOCK),
    ],
)
def test_stock_in_words(words: str, stock: Stock) -> None:
    assert read(f"{HEADING}<p>12,90 €</p><p>{words}</p>{BUY}", lang="de").stock is stock


def test_a_sign_set_by_a_style_sheet_is_the_page_s_currency() -> None:
    body = f"{HEADING}<span class='price'>129,90</span>{BUY}"
    assert read(body, lang="de").price_minor is None
    head = '<meta property="product:price:currency" content="EUR">'
    assert read(body, head=head, lang="de").price_minor == 12990


def test_an_amount_in_two_currencies_is_read_in_the_page_s_own() -> None:
    body = f"{HEADING}<p>€129.00 <small>(approx. US$140.00)</small></p>{BUY}"
    assert read(body).price_minor is None
    assert read(body, head='<meta property="og:price:currency" content="EUR">').price_minor == 12900


def test_without_a_name_or_a_button_nothing_is_guessed() -> None:
    assert read("<p>12,90 €</p>", lang="de").price_minor is None
