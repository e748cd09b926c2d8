"""The file of the watch list: read whole, or refused with every fault, its line and the mend."""

from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.common.yaml_files import Document
from services.pricing_watch.watching.products import Product
from services.pricing_watch.watching.watch_file import WATCH_LIST, load_watch_file, products_of

ROOT = Path(__file__).parents[3]

GOOD = """\
defaults:
  locale: fr-FR
  currency: EUR
products:
  - sku: LAMP-01
    name: Oak desk lamp
    own_price: 129.90
    currency: EUR
    pack: 6
    competitors:
      - competitor: northlight
        page: https://northlight.example/lamp
        pack: 4
        cheapest: true
      - competitor: by-hand
        interval: 7d
"""


def read(text: str) -> tuple[tuple[Product, ...], list[tuple[int, str]]]:
    """The products of a text, and its faults."""
    document = Document(text, WATCH_LIST)
    products = products_of(document)
    return products, [(line, str(error)) for line, error in document.faults]


def faults(text: str) -> list[tuple[int, str]]:
    return read(text)[1]


def test_a_file_is_read():
    (product,), none = read(GOOD)
    assert none == []
    assert (product.own_price, product.own_price_minor, product.pack) == ("129.90", 12990, "6")
    page, by_hand = product.competitors
    assert (page.locale, page.currency, page.pack, page.cheapest, page.interval_s) == ("fr-FR", "EUR", "4", True, 21600)
    assert (by_hand.page, by_hand.host, by_hand.interval_s) == ("", "", 604800)


def test_what_the_repository_ships_can_be_used():
    assert load_watch_file(ROOT / "deploy" / "pricing" / "watch.yml") is not None


def test_a_list_of_nothing_watches_nothing_and_an_empty_file_is_half_written():
    assert read("products: []") == ((), [])
    assert "products: is missing" in faults("")[0][1]


BAD = {
    "a price with a comma": ("own_price: 129.90", "own_price: 129,90", 7, "own_price"),
    "a negative price": ("own_price: 129.90", "own_price: -1", 7, "own_price"),
    "more decimals than euros have": ("own_price: 129.90", "own_price: 129.905", 7, "has 3 decimals"),
    "no such currency": ("    currency: EUR\n    pack", "    currency: EUX\n    pack", 8, "no currency is called"),
    "a price without currency": ("    currency: EUR\n    pack", "    pack", 5, "is missing beside own_price"),
    "no sku": ("- sku: LAMP-01\n    name", "- name", 5, "sku: is missing"),
    "a misspelt field": ("own_price:", "ownprice:", 7, "did you mean own_price?"),
    "a misspelt field of a page": ("        pack: 4", "        pak: 4", 13, "did you mean pack?"),
    "a default that is no field": ("  locale: fr-FR", "  local: fr-FR", 2, "is no field of a page"),
    "a default that is a list": ("  locale: fr-FR", "  locale: [fr-FR]", 1, "defaults[...]: expected text, got a list"),
    "an address without a scheme": ("https://northlight.example/lamp", "northlight.example/lamp", 12, "no address"),
    "an address of a file": ("https://northlight.example/lamp", "file:///etc/passwd", 12, "no address of a page"),
    "an address with a password": ("https://north", "https://me:secret@north", 12, "holds a name or password"),
    "a pack of nothing": ("        pack: 4", "        pack: 0", 13, "is 0"),
    "an interval of a second": ("interval: 7d", "interval: 1s", 16, "not between a minute and 7 days"),
    "an interval in words": ("interval: 7d", "interval: weekly", 16, "for example 6h"),
    "a page by nobody": ("- competitor: by-hand\n        interval", "- interval", 15, "competitor: is missing"),
    "a competitor twice": ("by-hand", "northlight", 15, "stands twice under 'LAMP-01'"),
    "a competitor with an @": ("by-hand", "by@hand", 15, "without @ and #"),
    "a selector without a page": ("interval: 7d", "selector: .price", 16, "has no page to be used on"),
    "a broken selector": ("cheapest: true", 'selector: "xpath://a["', 14, "cannot be read"),
    "no list of competitors": ("    competitors:\n", "    competitors: none\n    x:\n", 10, ""),
    "a price twice": ("    pack: 6", "    own_price: 1", 9, "own_price: stands twice"),
    "no YAML": ("products:", "products: [", 5, "is no YAML"),
    "a tab": ("  - sku", "\t- sku", 5, "is no YAML"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(name):
    found, instead, line, told = BAD[name]
    assert found in GOOD
    lines = faults(GOOD.replace(found, instead))
    assert lines[0][0] == line
    assert told in lines[0][1]


def test_every_fault_is_told_at_once(tmp_path):
    path = tmp_path / "watch.yml"
    path.write_text(GOOD.replace("129.90", "x") + GOOD[GOOD.index("  - sku") :].replace("LAMP-01", ""))
    with pytest.raises(ConfigurationError) as raised:
        load_watch_file(path)
    assert "line 7" in str(raised.value)
    assert "line 17" in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_watch_file(tmp_path / "none.yml")


def test_a_product_twice():
    assert faults(GOOD + GOOD[GOOD.index("  - sku") :]) == [
        (17, "products[1].sku: 'LAMP-01' stands twice in the file - make one of the two")
    ]
