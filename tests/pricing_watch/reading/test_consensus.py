"""Sources that agree and sources that contradict one another."""

import pytest

from services.pricing_watch.records import Method, Obstacle, Stock
from tests.pricing_watch.reading.pages import BUY, HEADING, json_ld, offer, read

OTHER_META = '<meta property="og:price:amount" content="11.90"><meta property="og:price:currency" content="EUR">'


def seen(price: str) -> str:
    return f"{HEADING}<p>{price}</p>{BUY}"


def test_agreement_raises_confidence() -> None:
    alone, agreed = read(head=offer(price="12.90")), read(seen("12,90 €"), head=offer(price="12.90"), lang="de")
    assert alone.confidence < agreed.confidence <= 0.99
    assert "visible text" in agreed.reason


def test_a_contradiction_is_refused_with_both_figures() -> None:
    reading = read(head=offer(price="12.90") + OTHER_META)
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.AMBIGUOUS)
    assert "12.90 EUR" in reading.reason
    assert "11.90 EUR" in reading.reason


def test_what_visitors_see_decides_between_sources() -> None:
    reading = read(seen("12,90 €"), head=offer(price="12.90") + OTHER_META, lang="de")
    assert (reading.price_minor, reading.method) == (1290, Method.JSON_LD)
    assert "11.90 EUR" in reading.reason
    assert read(seen("11,90 €"), head=offer(price="12.90") + OTHER_META, lang="de").price_minor is None


def test_data_that_visitors_do_not_see_are_stale() -> None:
    assert read(seen("11,90 €"), head=offer(price="12.90"), lang="de").price_minor is None
    assert read(seen("<del>12,90 €</del> 11,90 €"), head=offer(price="12.90"), lang="de").price_minor is None


def test_a_list_price_is_no_contradiction() -> None:
    reading = read(seen("<del>15,90 €</del> 12,90 €"), head=offer(price="12.90"), lang="de")
    assert (reading.price_minor, reading.list_price_minor) == (1290, 1590)


NET_AND_GROSS = {
    "after, in French": ("fr", "10,00 € HT</p><p>12,00 € TTC"),
    "on one line": ("fr", "10,00 € HT 12,00 € TTC"),
    "before, in Polish": ("pl", "Netto: 10,00 €</p><p>Brutto: 12,00 €"),
    "in brackets": ("en-IE", "€10.00 (€12.00 incl. VAT)"),
    "before, in brackets": ("en-IE", "Excl. VAT €10.00 (incl. VAT €12.00)"),
    "in German": ("de", "10,00 € zzgl. MwSt.</p><p>12,00 € inkl. MwSt."),
    "in Dutch": ("nl", "€ 12,00 incl. btw</p><p>€ 10,00 excl. btw"),
    "in Italian": ("it", "10,00 € + IVA</p><p>12,00 € IVA inclusa"),
    "in Swedish": ("sv", "€10,00 exkl. moms</p><p>€12,00 inkl. moms"),
}


@pytest.mark.parametrize(("lang", "block"), NET_AND_GROSS.values(), ids=NET_AND_GROSS.keys())
def test_the_price_with_tax_is_the_price(lang: str, block: str) -> None:
    for head in ("", offer(price="10.00"), offer(price="12.00")):
        reading = read(seen(block), head=head, lang=lang)
        assert (reading.price_minor, reading.tax_included) == (1200, True)


def test_in_yen_the_price_with_tax_is_the_price() -> None:
    for block in ("本体 ¥2,000（税込 ¥2,200）", "¥2,000（税込¥2,200）", "税込 2,200円</p><p>税抜 2,000円"):
        assert read(seen(block), lang="ja").price_minor == 2200


def test_a_price_without_tax_alone_is_told_as_such() -> None:
    reading = read(seen("10,00 € HT"), head=offer(price="10.00"), lang="fr")
    assert (reading.price_minor, reading.tax_included) == (1000, False)


def test_data_that_state_both_mean_the_price_with_tax() -> None:
    specification = '{"@type":"UnitPriceSpecification","price":"%s","priceCurrency":"EUR","valueAddedTaxIncluded":%s}'
    both = f"[{specification % ('10.00', 'false')},{specification % ('12.00', 'true')}]"
    head = json_ld(f'{{"@type":"Product","name":"Lamp Luna","offers":{{"priceSpecification":{both}}}}}')
    reading = read(head=head)
    assert (reading.price_minor, reading.tax_included) == (1200, True)


def test_what_is_paid_to_reserve_is_no_price() -> None:
    for words in ("Reserve yours for €100", "Anzahlung nur 100,00 €", "Acompte : 100,00 €", "Prenota con 100,00 €"):
        assert read(seen(words), head=offer(price="100.00"), lang="de").price_minor is None


def test_a_source_without_a_price_of_the_product_lets_the_next_speak() -> None:
    other = json_ld('{"@type":"Product","name":"Oak table","offers":{"price":"29.90","priceCurrency":"EUR"}}')
    reading = read(seen("12,90 €"), head=other, lang="de")
    assert (reading.price_minor, reading.method) == (1290, Method.TEXT)


def test_after_a_placeholder_one_guess_is_not_enough() -> None:
    assert read(seen("12,90 €"), head=offer(price="0.00"), lang="de").price_minor is None
    metas = OTHER_META.replace("11.90", "12.90")
    assert read(seen("12,90 €"), head=offer(price="0.00") + metas, lang="de").price_minor == 1290


def test_an_amount_without_a_currency_takes_the_one_that_is_seen() -> None:
    head = json_ld('{"@type":"Product","name":"Lamp Luna","offers":{"price":"12.90"}}')
    assert read(head=head).price_minor is None
    assert read(seen("12,90 €"), head=head, lang="de").currency == "EUR"


def test_stock_comes_from_whoever_tells_it() -> None:
    reading = read(seen("12,90 €</p><p>Ausverkauft"), head=offer(price="12.90"), lang="de")
    assert (reading.price_minor, reading.stock) == (1290, Stock.OUT_OF_STOCK)


def test_where_prices_start_is_no_price() -> None:
    for words in ("ab 12,90 €", "12,90 € / Monat"):
        reading = read(seen(words), head=offer(price="12.90"), lang="de")
        assert reading.price_minor is None
        assert "visitors see as" in reading.reason


def test_sources_in_different_currencies_are_refused() -> None:
    reading = read(seen("€129.00"), head=offer(price="140.00", priceCurrency="USD"))
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.CURRENCY)


def test_a_name_that_says_used_is_not_the_new_product() -> None:
    name = "Lamp Luna (generalüberholt)"
    reading = read(
        f"<h1>{name}</h1><p>12,90 €</p>{BUY}", head=offer(price="12.90").replace("Lamp Luna", name), lang="de"
    )
    assert (reading.price_minor, reading.obstacle) == (None, Obstacle.CONDITION)


def test_a_product_described_twice_is_one() -> None:
    once = offer(price="12.90")
    assert read(head=once + once).price_minor == 1290
    assert read(head=once + offer(price="13.90")).price_minor is None


def test_products_of_a_carousel_are_told_by_the_heading() -> None:
    others = offer(price="9.90").replace("Luna", "Sol") + offer(price="19.90").replace("Luna", "Luna XL")
    assert read(head=others + offer(price="12.90")).price_minor == 1290


def test_stock_is_told_without_a_price() -> None:
    reading = read(head=offer(availability="OutOfStock"))
    assert (reading.price_minor, reading.stock) == (None, Stock.OUT_OF_STOCK)


def test_another_amount_with_tax_is_not_the_same_with_it() -> None:
    for block in ("129,00 €</p><p>149,00 € inkl. MwSt.", "100,00 €</p><p><s>119,00 € inkl. MwSt.</s>"):
        assert read(seen(block), head=offer(price="129.00"), lang="de").price_minor in {None, 12900}
    assert read(seen("100,00 €</p><p><s>119,00 € inkl. MwSt.</s>"), lang="de").price_minor == 10000
