"""What shops call parts of their pages in `class` and `id`: other products, the frame around, and kinds of amounts."""

import re
from functools import lru_cache

from services.pricing_watch.reading.meaning import Meaning

MAX_LENGTH = 200
"""Characters of an element's names that are looked at."""


def _names(words: str) -> re.Pattern[str]:
    """Names of which one is a part, between spaces, dashes and underscores."""
    return re.compile(rf"(?:^|[\s_-])(?:{'|'.join(words.split())})(?:$|[\s_-])", re.IGNORECASE)


_OTHERS = _names(
    r"relate[ds]?\w* recommend\w* recos recent(?:ly)?\w* similar\w* up-?sells? cross-?sell\w* also\w*"
    r" bundles? frequently\w* accessor\w* zubeh\w* accessoires? suggest\w* sponsored\w* ads? viewed\w*"
    r" last-?seen best-?sell\w* trending fbt you-?may\w* alternatives? others?-?products? more-?products?"
    r" product-?(?:cards?|tiles?|grid|list(?:ing)?|items?|carousel|slider|miniatures?) card-?product"
    r" products-?(?:grid|list|carousel) associated complementary ensemble set-?items? vergleich\w*"
    r" compar(?:e|ison)-?products? \w*comparison\w*"
    r" tiles? item-?cards? relatedproducts recommendations listing correlat\w*"
    r" successors? predecessors? replacements? replaced-?by nachfolg\w* vorg(?:ä|ae)nger\w* opvolger\w* remplac\w*"
    r" consigliat\w* relacionad\w* gerelateerd\w* ähnlich\w* aehnlich\w*"
)
_APART = _names(
    r"mini-?cart\w* cart-?(?:drawer|items?|summary|popup|preview|total|sidebar|flyout) basket\w*"
    r" off-?canvas\w* newsletter\w* cookies?\w* consent\w* breadcrumbs? reviews?\w* comments? faqs?"
    r" search\w* footer\w* site-?header top-?bar announcement\w* promo-?(?:bar|banner) usps? menu\w*"
    r" mega-?menu gift-?cards? wishlist-?drawer price-?alerts? nav(?:bar|igation)? description desc"
    r" cart-?notification"
)

_MEANINGS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        Meaning.LIST_PRICE,
        _names(
            r"was was-?price old old-?price\w* price-?old strike\w* stroke\w* crossed\w* rrp msrp uvp"
            r" compare-?(?:at|"
            r"price)\w* price-?compared?\w* before former\w* barr[eé]e? prix-?barre statt previous\w* original\w* "
            r"line-through"
            r" list-?price price-?was retail-?price"
            r" price-?(?:original|before|strike) streichpreis pseudo-?price list-price-price basisprice"
            r" suggested\w*"
        ),
    ),
    (Meaning.REGULAR, _names(r"regular-?price price-?regular price-?standard standard-?price")),
    (
        Meaning.UNIT_PRICE,
        _names(
            r"unit-?price\w* price-?(?:per-?)?unit(?!--)\w* base-?price grundpreis\w* per-?unit\w* price-?reference"
            r" reference-?price price-?per\w* pricepermeasure\w* ppu price-?unit-?(?:price|content|reference)\w*"
        ),
    ),
    (
        Meaning.INSTALMENT,
        _names(
            r"instal?l?ments?\w* financ\w* finanz\w* klarna\w* alma\w* paypal\w* scalapay\w* afterpay\w* oney\w*"
            r" monthly\w* raten\w* ratenzahlung leasing mensualit\w* credit\w* pay-?later affirm\w*"
        ),
    ),
    (
        Meaning.SHIPPING,
        _names(r"shipping\w* delivery\w* livraison\w* versand\w* lieferung spedizione postage freight"),
    ),
    (
        Meaning.SAVING,
        _names(
            r"savings?\w* saved? you-?save discount-?(?:amount|value|badge|label|percentage) coupons?\w*"
            r" vouchers?\w* rabatt\w* remise\w* economy\w* economie\w* cashback\w* bonus\w* trade-?in\w*"
            r" (?:sale|price|discount|saving)-?badges?"
        ),
    ),
    (Meaning.DEPOSIT, _names(r"deposits? pfand\w* consigne\w* eco-?(?:tax|part\w*|contribution\w*) ecotax\w* vrg")),
    (
        Meaning.SERVICE,
        _names(r"warrant\w* garantie\w* insurance\w* services?-?(?:options?|addons?)? protection\w* add-?ons?"),
    ),
    (
        Meaning.MEMBERS,
        _names(r"app-only app-price members?\w* club\w* loyalty\w* subscri\w* abo prime\w* b2b vip\w* student\w*"),
    ),
    (
        Meaning.SEVERAL,
        _names(
            r"tier(?:ed|s)?\w* bulk\w* volume\w* staffel\w* quantity-?(?:discounts?|breaks?|prices?) graduated\w*"
            r" block-?prices? multi-?buy\w* total\w* subtotal\w*"
        ),
    ),
    (
        Meaning.USED,
        _names(
            r"used\w* refurb\w* open-?box\w* second-?hand\w* occasion\w* gebraucht\w* b-?ware renewed"
            r" pre-?owned\w* warehouse\w* otherbuyingoptions? other-?(?:sellers|offers)\w* marketplace-?offers?"
        ),
    ),
)


@lru_cache(maxsize=4096)
def is_others(names: str) -> bool:
    """Do these names say that other products are within?"""
    return bool(_OTHERS.search(names))


@lru_cache(maxsize=4096)
def is_apart(names: str) -> bool:
    """Do these names say that it is the frame around the product: a cart, reviews, a menu?"""
    return bool(_APART.search(names))


@lru_cache(maxsize=4096)
def named_meaning(names: str) -> Meaning | None:
    """What amounts within are, by these names."""
    return next((meaning for meaning, pattern in _MEANINGS if pattern.search(names)), None)


_CURRENT = re.compile(
    r"(?:current|sales?|final|now|new|special|promo|actual|highlight|discounted|reduced)[-_]*(?:price|prix|preis|"
    r"prijs)(?!s?[-_]?(?:label|badge))"
    r"|(?:price|prix|preis|prezzo|prijs)[-_]*(?:current|sales?|final|now|new|special|promo|actual|highlight|"
    r"discounted|reduced|to-?pay)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_current(names: str) -> bool:
    """Do these names call it the price that holds now?"""
    return bool(_CURRENT.search(names))
