"""A price that is written in any locale is read back as it was, or refused: never as another."""

from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from services.common.money import exponent, to_major
from services.pricing_watch.reading.number_style import NumberStyle, decimal_sign, tag_currency
from services.pricing_watch.reading.price_text import CENTS, JOINT, Price, read_price
from services.pricing_watch.records import Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, read

LOCALES = {
    "fr_FR": "EUR",
    "fr_CH": "CHF",
    "en_US": "USD",
    "en_GB": "GBP",
    "en_IN": "INR",
    "de_DE": "EUR",
    "de_AT": "EUR",
    "de_CH": "CHF",
    "it_IT": "EUR",
    "it_CH": "CHF",
    "es_ES": "EUR",
    "nl_NL": "EUR",
    "pl_PL": "PLN",
    "sv_SE": "SEK",
    "da_DK": "DKK",
    "cs_CZ": "CZK",
    "pt_BR": "BRL",
    "ja_JP": "JPY",
    "en_CA": "CAD",
}
locales = st.sampled_from(sorted(LOCALES))
amounts = st.integers(1, 10**9)


def style(locale: str) -> NumberStyle:
    """What a page of this locale tells of its numbers."""
    tag = locale.replace("_", "-")
    currency = tag_currency(tag)
    return NumberStyle(decimal=decimal_sign(tag), currencies=(currency,) if currency else ())


@given(locales, amounts)
def test_what_cldr_writes_is_read_back(locale: str, minor: int) -> None:
    currency = LOCALES[locale]
    text = format_currency(to_major(minor, currency), currency, locale=locale)
    assert read_price(text, style(locale)) == Price(minor=minor, currency=currency)


@given(locales, amounts)
def test_without_thousands_separators_too(locale: str, minor: int) -> None:
    currency = LOCALES[locale]
    text = format_currency(to_major(minor, currency), currency, locale=locale, group_separator=False)
    assert read_price(text, style(locale)) == Price(minor=minor, currency=currency)


@given(locales, amounts)
def test_without_a_currency_the_one_that_is_stated_counts(locale: str, minor: int) -> None:
    currency = LOCALES[locale]
    text = format_decimal(to_major(minor, currency), "#,##0.00" if exponent(currency) else "#,##0", locale=locale)
    assert read_price(text, style(locale), currency) == Price(minor=minor, currency=currency)
    assert read_price(text, style(locale)).refused is not None


@given(locales, amounts, st.sampled_from(["code before", "code after", "code glued"]))
def test_with_an_iso_code(locale: str, minor: int, place: str) -> None:
    currency = LOCALES[locale]
    number = format_decimal(to_major(minor, currency), "#,##0.00" if exponent(currency) else "#,##0", locale=locale)
    text = {"code before": f"{currency} {number}", "code after": f"{number} {currency}"}.get(
        place, f"{number}{currency}"
    )
    assert read_price(text, NumberStyle()).minor == minor


@given(
    amounts.filter(lambda minor: minor >= 100),
    st.sampled_from([".", ",", " ", "\u00a0", "\u202f", "’", "'"]),
    st.sampled_from(".,"),
)
def test_any_grouping_with_cents_is_clear_without_a_locale(minor: int, group: str, decimal: str) -> None:
    if group == decimal:
        return
    whole, cents = divmod(minor, 100)
    text = f"{whole:,}".replace(",", group) + f"{decimal}{cents:02d} €"
    assert read_price(text, NumberStyle()) == Price(minor=minor, currency="EUR")


@given(st.integers(1, 10**6), st.sampled_from([",-", ".-", ",–", ".–", ".—", ",--"]))
def test_a_dash_stands_for_no_cents(whole: int, tail: str) -> None:
    assert read_price(f"CHF {whole}{tail}", NumberStyle()) == Price(minor=whole * 100, currency="CHF")


@given(
    st.integers(1, 10**6),
    st.integers(0, 99),
    st.sampled_from(["{}€{:02d}", "{} € {:02d}", f"{{}}{CENTS}{{:02d}} €", f"{{}}€{CENTS}{{:02d}}"]),
)
def test_cents_that_stand_apart_are_cents(whole: int, cents: int, form: str) -> None:
    assert read_price(form.format(whole, cents), NumberStyle()) == Price(minor=whole * 100 + cents, currency="EUR")


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"), locales)
def test_three_digits_after_one_separator_are_never_read_as_a_fraction_without_a_doubt(
    whole: int, rest: int, sign: str, locale: str
) -> None:
    price = read_price(f"{whole}{sign}{rest:03d}", style(locale), "EUR")
    assert price.minor == (whole * 1000 + rest) * 100
    assert (price.doubt is not None) == (decimal_sign(locale.replace("_", "-")) == sign)


@given(st.integers(1, 10**5), st.integers(0, 999))
def test_a_currency_with_three_decimals_is_read_with_them(whole: int, rest: int) -> None:
    assert read_price(f"KWD {whole}.{rest:03d}", NumberStyle(decimal=".")).minor == whole * 1000 + rest


@given(st.integers(1, 10**6), st.integers(1, 99), locales, st.booleans())
def test_a_struck_price_beside_it_is_the_list_price(price: int, more: int, locale: str, is_before: bool) -> None:
    currency = LOCALES[locale]
    low, high = (
        format_currency(to_major(minor, currency), currency, locale=locale)
        for minor in (price + 1, price + 1 + more * 100)
    )
    parts = [f"<del>{high}</del>", f"<ins>{low}</ins>"]
    body = f"{HEADING}<p class='price'>{' '.join(parts if is_before else reversed(parts))}</p>{BUY}"
    reading = read(body, lang=locale.replace("_", "-"))
    assert (reading.price_minor, reading.currency, reading.list_price_minor) == (
        price + 1,
        currency,
        price + 1 + more * 100,
    )


@given(locales, amounts, st.text(max_size=30))
def test_a_text_around_it_never_makes_another_price_of_it(locale: str, minor: int, noise: str) -> None:
    currency = LOCALES[locale]
    text = f"{format_currency(to_major(minor, currency), currency, locale=locale)} {noise}"
    price = read_price(text, style(locale))
    digits = any(char.isdigit() for char in noise)
    assert digits or price.refused is not None or price.minor == minor


@given(st.text(max_size=400), st.sampled_from([None, "EUR", "JPY", "KWD"]), st.sampled_from([None, ".", ","]))
def test_any_text_is_read_or_refused(text: str, currency: str | None, decimal: str | None) -> None:
    price = read_price(text, NumberStyle(decimal=decimal), currency)
    assert (price.minor is None) == (price.refused is not None)
    assert price.minor is None or price.minor >= 0


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,400", "USD", 140000),
        ("$100", "USD", 10000),
        ("US$100", "USD", 10000),
        ("1 099,00 EUR tax incl.", "EUR", 109900),
        ("CHF 1'299.-", "CHF", 129900),
        ("Fr. 12.–", "CHF", 1200),
        ("12⁹⁰ €", "EUR", 1290),
        ("₹1,00,000", "INR", 10000000),
        ("12,800円", "JPY", 12800),
        ("1 299:-", "SEK", 129900),
        ("12.9000 €", "EUR", 1290),
        ("12.899999999999999 €", "EUR", 1290),
        ("R$ 1.234,56", "BRL", 123456),
        ("$12.99$12.99", "USD", 1299),
        ("45.000.000 ₫", "VND", 45000000),
    ],
)
def test_what_shops_write(text: str, currency: str, minor: int) -> None:
    assert read_price(text, NumberStyle(currencies=(currency,), stated=currency)) == Price(
        minor=minor, currency=currency
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-12,90 €", "negative"),
        ("10-20 €", "range"),
        ("de 10 à 20 €", "range"),
        ("12,90 € 15,90 €", "several"),
        ("$100", "several currencies"),
        ("100", "without a currency"),
        ("12.345,6.7 €", "as any locale"),
        ("1.299.00 €", "as any locale"),
        ("12.9999 €", "as any locale"),
        ("12 99 €", "digits beside"),
        ("20 %", "no amount"),
        ("+ 25 €", "addition"),
        ("1e3 €", "no amount"),
        ("", "no amount"),
        ("9" * 400, "too long"),
    ],
)
def test_what_is_refused_says_why(text: str, why: str) -> None:
    assert why in (read_price(text, NumberStyle()).refused or "")


@pytest.mark.parametrize(
    ("text", "minor", "or_minor"),
    [(f"12{JOINT}90 €", 1290, 129000), ("iPhone 15 999 €", 1599900, None)],
)
def test_what_another_must_confirm_bears_a_doubt(text: str, minor: int, or_minor: int | None) -> None:
    price = read_price(text, NumberStyle())
    assert (price.minor, price.or_minor) == (minor, or_minor)
    assert price.doubt


def test_a_wanted_currency_settles_a_bare_sign() -> None:
    body = f"{HEADING}<p class='price'>$100</p>{BUY}"
    assert read(body).price_minor is None
    assert read(body, wanted=Wanted(currency="CAD")).currency == "CAD"
    assert read(body, wanted=Wanted(locale="en-AU")).currency == "AUD"
    assert read(body, lang="en-NZ").currency == "NZD"
    assert read(body, url="https://shop.ca/lamp").currency == "CAD"
    assert (
        read(body, head="<meta property='og:price:currency' content='USD'>", url="https://shop.ca/lamp").currency
        == "USD"
    )


def test_money_is_never_a_float() -> None:
    assert isinstance(read_price("12,90 €", NumberStyle()).minor, int)
    assert to_major(1290, "EUR") == Decimal("12.90")


def test_a_sign_that_cannot_mean_the_stated_currency_is_refused() -> None:
    assert read_price("$12.90", NumberStyle(), "EUR").refused is not None
    assert read_price("$12.90", NumberStyle(), "CAD").currency == "CAD"


@pytest.mark.parametrize("text", ["6 ft", "200 Ft", "12 RM", "3 TL", "5 Fr"])
def test_a_unit_is_no_currency_where_the_page_does_not_use_it(text: str) -> None:
    assert read_price(text, style("en_US")).currency is None


def test_an_abbreviation_is_the_currency_of_who_uses_it() -> None:
    hungarian = NumberStyle(decimal=",", currencies=("HUF",))
    assert read_price("6 990 Ft", hungarian) == Price(minor=699_000, currency="HUF")
