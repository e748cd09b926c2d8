"""What an amount is by where it stands: in a sentence, a table, a style sheet's rule, beside one with tax."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.reading.sizes import offers_sizes
from services.pricing_watch.reading.tax_words import taxes_told
from services.pricing_watch.records import Kind, Obstacle, Stock, Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, offer, read

SENTENCES = (
    "Register as a trade customer today and get €25.00 to start with",
    "Der Einbau durch einen Fachbetrieb unserer Wahl: 450,00 € pauschal",
    "Le jeu de chargeurs est vendu séparément dans notre boutique (19,00 €).",
    "Per questo prodotto è possibile un contributo di 500,00 € dallo stato",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_amount_in_a_sentence_is_no_price(sentence: str) -> None:
    assert read(f"{HEADING}<p>{sentence}</p>{BUY}", lang="de").price_minor is None
    assert read(f"{HEADING}<p>129,00 €</p><p>{sentence}</p>{BUY}", lang="de").price_minor == 12900


def test_a_sentence_may_tell_the_price() -> None:
    for sentence in (
        "Nur solange der Vorrat in unserem Lager reicht: statt 149,00 € jetzt nur 129,00 €",
        "Until the end of the month and in our shop only, our price is 129.00 €",
    ):
        assert read(f"{HEADING}<p>{sentence}</p>{BUY}", lang="de").price_minor == 12900


def test_what_the_page_s_style_sheet_hides_is_not_seen() -> None:
    head = "<style>.teaser, #old { display: none } @media print { .price { display: none } }</style>"
    body = "<p class='teaser'>99,00 €</p><p id='old'>89,00 €</p><p class='price'>129,00 €</p>"
    assert read(f"{HEADING}{body}{BUY}", head=head, lang="de").price_minor == 12900


def test_what_another_rule_shows_again_is_seen() -> None:
    head = "<style>.now{display:none}.is-on-sale .now{display:block}</style>"
    body = "<div class='is-on-sale'><s>159,00 €</s><p class='now'>129,00 €</p></div>"
    reading = read(f"{HEADING}{body}{BUY}", head=head, lang="de")
    assert (reading.price_minor, reading.list_price_minor) == (12900, 15900)


def test_what_the_page_s_style_sheet_strikes_through_is_a_list_price() -> None:
    head = "<style>.a1{text-decoration:line-through}.a2{color:red}</style>"
    reading = read(
        f"{HEADING}<i class='a1'>159,00 €</i> <i class='a2'>129,00 €</i>{BUY}",
        head=head,
        lang="de",
    )
    assert (reading.price_minor, reading.list_price_minor) == (12900, 15900)


def test_the_mark_of_a_footnote_is_no_digit() -> None:
    reading = read(f"{HEADING}<p>UVP<sup>1</sup> <s>159,00 €</s></p><p>129,00 €<sup>2</sup></p>{BUY}", lang="de")
    assert (reading.price_minor, reading.list_price_minor) == (12900, 15900)


def test_numbers_of_neighbouring_cells_are_two() -> None:
    rows = "<table><tr><td>ab 5</td><td>429,00 €</td></tr></table>"
    assert read(f"{HEADING}<p>450,00 €</p>{rows}{BUY}", lang="de").price_minor == 45000


def test_a_regular_price_is_the_price_where_no_lower_one_stands_near() -> None:
    assert read(f"{HEADING}<p>Regular price €129.00</p>{BUY}").price_minor == 12900
    reading = read(f"{HEADING}<p>Regular price €129.00</p><p>Sale price €99.00</p>{BUY}")
    assert (reading.price_minor, reading.list_price_minor) == (9900, 12900)


def test_a_dash_for_cents_ends_an_amount() -> None:
    reading = read(f"{HEADING}<p><s>329,-</s><b>279,-</b></p>{BUY}", head=offer(price="279.00"), lang="nl")
    assert (reading.price_minor, reading.list_price_minor) == (27900, 32900)
    assert read(f"{HEADING}<p>10,- – 20,-</p>{BUY}", head=offer(price="10.00"), lang="nl").price_minor is None


def test_a_list_price_may_stand_without_a_sign() -> None:
    reading = read(f"{HEADING}<p>Fr. 3.95 statt 5.60</p>{BUY}", lang="de-CH")
    assert (reading.price_minor, reading.list_price_minor, reading.currency) == (395, 560, "CHF")


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["", " HT ", " TTC"], [False, True]),
        (["HT: ", " TTC: ", ""], [False, True]),
        (["", " (incl. VAT ", ")"], [None, True]),
        (["", "（税込）税抜 ", ""], [True, False]),
        (["", " ", ""], [None, None]),
    ],
)
def test_tax_is_told_of_each_amount(texts: list[str], told: list[bool | None]) -> None:
    assert taxes_told(texts)[: len(told)] == told or texts[1].endswith("税抜 ")


@given(st.lists(st.text(max_size=30), min_size=2, max_size=6))
def test_there_is_an_answer_for_each_amount(texts: list[str]) -> None:
    assert len(taxes_told(texts)) == len(texts) - 1


def test_sizes_are_variants_of_one_price() -> None:
    for sizes in ("<label>S</label></p><p><label>M</label>", "Pointure 38 39 40", "Storlek: XS, S, M"):
        assert read(f"{HEADING}<p>12,90 €</p><p>{sizes}</p>{BUY}", lang="fr").kind is Kind.VARIANTS
    assert not offers_sizes(["Size", "M", "Taille 38", "L'original", "Maat 40 cm"])


@pytest.mark.parametrize(
    ("body", "wanted", "is_other"),
    [
        ("<p>LX-1 has been replaced by LX-2.</p><p>SKU: LX-2</p>", "LX-1", True),
        ("<p>SKU: LX-2</p><p>Replaces LX-1</p>", "LX-2", False),
        ("<p>SKU: LX-2</p>", "LX-9", True),
        ("<p>Artikelnummer: 4711</p>", "4711", False),
        ("<p>Nothing about numbers</p>", "LX-9", False),
        ("<p>Référence</p><p>LX-9</p>", "LX-9", False),
    ],
)
def test_the_number_that_visitors_read(body: str, wanted: str, is_other: bool) -> None:
    reading = read(f"{HEADING}<p>12,90 €</p>{body}{BUY}", lang="de", wanted=Wanted(sku=wanted))
    assert (reading.obstacle is Obstacle.OTHER_PRODUCT) == is_other
    assert (reading.price_minor is None) == is_other


def test_a_button_to_buy_tells_of_stock_where_no_words_do() -> None:
    assert read(f"{HEADING}<p>12,90 €</p>{BUY}", lang="de").stock is Stock.IN_STOCK
    assert read(f"{HEADING}<p>12,90 €</p><button disabled>Add to cart</button>", lang="de").stock is None
    assert read(f"{HEADING}<p>12,90 €</p>", lang="de").stock is None


def test_a_label_and_what_it_is_for_may_stand_on_two_lines() -> None:
    assert read(f"{HEADING}<p>12,90 €</p><p>Lagerbestand:</p><p>8 Stück</p>{BUY}", lang="de").stock is Stock.IN_STOCK


def test_a_name_is_no_label() -> None:
    for name in ("Lamp Luna gift set", "Lamp Luna, was mein Herz begehrt", "Discount card holder"):
        assert read(f"<h1>{name}</h1><p>12,90 €</p>{BUY}", lang="de").price_minor == 1290


def test_the_price_of_a_piece_is_the_price_where_it_is_the_only_one() -> None:
    assert read(f"{HEADING}<p>2,40 € / Stück</p>{BUY}", lang="de").price_minor == 240
    assert read(f"{HEADING}<p>14,40 €</p><p>2,40 € / Stück</p>{BUY}", lang="de").price_minor == 1440


def test_one_end_of_a_range_that_visitors_see_is_no_price() -> None:
    for body in ("€10.00 – €20.00", "from €10.00 to €20.00"):
        assert read(f"{HEADING}<p>{body}</p>{BUY}", head=offer(price="10.00")).price_minor is None


def test_a_page_that_only_mentions_an_amount_has_no_price() -> None:
    for text in ("The Luna costs €649.00 and is worth it", "Bestellen Sie für mindestens 50,00 €"):
        assert read(f"{HEADING}<p>{text}</p>").price_minor is None


def test_the_currency_may_stand_anywhere_on_the_page() -> None:
    body = f"{HEADING}<p class='price'>29<sup>99</sup></p>{BUY}<footer>Gratis verzending vanaf € 20,-</footer>"
    reading = read(body, lang="nl")
    assert (reading.price_minor, reading.currency) == (2999, "EUR")
