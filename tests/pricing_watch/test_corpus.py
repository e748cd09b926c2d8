"""The corpus is well-formed, and what is expected stands on the pages."""

import re
import unicodedata
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.numbers import get_currency_precision, list_currencies

from tests.pricing_watch.judge import Case, load, page_of
from tests.pricing_watch.peers.common import text_of

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("corpus*/expected.yml"))
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


every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
every_case = pytest.mark.parametrize(
    ("folder", "case"),
    [pytest.param(folder, case, id=f"{folder.name}/{case.page}") for folder in FOLDERS for case in load(folder)],
)


@every_folder
def test_every_page_is_listed_once(folder: Path) -> None:
    listed = Counter(case.page for case in load(folder))
    assert set(listed.values()) == {1}
    assert set(listed) == {path.name for path in folder.glob("*.html")}


def test_there_are_enough_pages_of_every_kind() -> None:
    assert len(CASES) >= 80
    assert len(CASES) - len(PRICED) >= len(CASES) // 4
    assert {case.style for case in CASES} >= STYLES
    assert {case.locale for case in CASES} >= LOCALES


@every_folder
def test_the_corpus_stays_small(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000


@every_folder
def test_no_two_pages_are_the_same(folder: Path) -> None:
    cases = load(folder)
    assert len({page_of(case, folder).body for case in cases}) == len(cases)


@every_case
def test_the_shop_is_invented(folder: Path, case: Case) -> None:
    host = urlsplit(case.url).hostname or ""
    assert host.endswith(".example")


@every_case
def test_what_is_expected_is_consistent(folder: Path, case: Case) -> None:
    expected = case.expected
    assert (expected.price_minor is None) == (expected.currency is None)
    assert expected.currency is None or expected.currency in list_currencies()
    assert expected.price_minor is None or expected.price_minor > 0
    if expected.list_price_minor is not None:
        assert expected.price_minor is not None
        assert expected.list_price_minor > expected.price_minor
    assert not (case.may_refuse and expected.price_minor is None)


@every_case
def test_the_expected_prices_stand_on_the_page(folder: Path, case: Case) -> None:
    text = unicodedata.normalize("NFKC", text_of(page_of(case, folder)))
    expected = case.expected
    for minor in (expected.price_minor, expected.list_price_minor):
        assert minor is None or written(minor, expected.currency or "").search(text)


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
