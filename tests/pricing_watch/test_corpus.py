"""The corpus is well-formed, and what is expected stands on the pages."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
from babel.numbers import get_currency_precision, list_currencies

from tests.pricing_watch.judge import CORPUS, Case, load, page_of
from tests.pricing_watch.peers.common import text_of

CASES = load()
PRICED = [case for case in CASES if case.expected.price_minor is not None]
STYLES = {
    *("shopify", "woocommerce", "magento1", "magento2", "prestashop", "shopware5", "shopware6", "bigcommerce"),
    *("opencart", "squarespace", "wix", "salesforce", "hybris", "nextjs", "amazon", "ebay", "marketplace"),
    *("mediamarkt", "fnac", "darty", "galaxus", "decathlon", "ikea", "zalando"),
}
LOCALES = {
    *("fr-FR", "en-US", "en-GB", "en-IN", "de-DE", "it-IT", "es-ES", "nl-NL", "pl-PL", "sv-SE", "ja-JP"),
    *("de-CH", "fr-CH", "it-CH"),
}


def test_every_page_is_listed_once() -> None:
    listed = Counter(case.page for case in CASES)
    assert set(listed.values()) == {1}
    assert set(listed) == {path.name for path in CORPUS.glob("*.html")}


def test_there_are_enough_pages_of_every_kind() -> None:
    assert len(CASES) >= 80
    assert len(CASES) - len(PRICED) >= len(CASES) // 4
    assert {case.style for case in CASES} >= STYLES
    assert {case.locale for case in CASES} >= LOCALES


def test_the_corpus_stays_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.iterdir()) < 3_000_000


def test_no_two_pages_are_the_same() -> None:
    assert len({page_of(case).body for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.page)
def test_the_shop_is_invented(case: Case) -> None:
    host = urlsplit(case.url).hostname or ""
    assert host.endswith(".example")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.page)
def test_what_is_expected_is_consistent(case: Case) -> None:
    expected = case.expected
    assert (expected.price_minor is None) == (expected.currency is None)
    assert expected.currency is None or expected.currency in list_currencies()
    assert expected.price_minor is None or expected.price_minor > 0
    if expected.list_price_minor is not None:
        assert expected.price_minor is not None
        assert expected.list_price_minor > expected.price_minor
    assert not (case.may_refuse and expected.price_minor is None)


@pytest.mark.parametrize("case", PRICED, ids=lambda case: case.page)
def test_the_expected_prices_stand_on_the_page(case: Case) -> None:
    text = text_of(page_of(case))
    expected = case.expected
    assert expected.currency is not None
    for minor in (expected.price_minor, expected.list_price_minor):
        assert minor is None or written(minor, expected.currency).search(text)


def written(minor: int, currency: str) -> re.Pattern[str]:
    """How an amount may be written: any grouping, any decimal mark, cents in an element of their own, or none if 00."""
    precision = get_currency_precision(currency)
    major, cents = divmod(minor, 10**precision)
    grouped = r"(?:[.,'’\s]|&nbsp;|<[^>]+>)*".join(str(major))
    if not cents:
        return re.compile(rf"(?<!\d){grouped}(?!\d)")
    decimals = f"{cents:0{precision}d}"
    last = f"(?:{decimals}|{decimals.rstrip('0')})"
    return re.compile(rf"(?<!\d){grouped}(?:\s|&nbsp;|€|<[^>]+>)*[.,]?(?:<[^>]+>)*{last}(?!\d)")
