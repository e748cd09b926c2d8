"""Whether an offer is of a new thing."""

import re

from services.pricing_watch.records import Candidate

NEW = "new"

_BY_TERM = {
    "newcondition": NEW,
    "new": NEW,
    "neu": NEW,
    "neuf": NEW,
    "nuovo": NEW,
    "nuevo": NEW,
    "nieuw": NEW,
    "usedcondition": "used",
    "refurbishedcondition": "refurbished",
    "damagedcondition": "damaged",
}
_WORDS = (
    (
        "refurbished",
        r"refurb(?:ished)?|renewed|reconditioned|reconditionnée?s?|remis à neuf|"
        r"generalüberholt|überholt|aufbereitet|refurbed|"
        r"ricondizionat[oaie]|rigenerat[oaie]|reacondicionad[oa]s?|rebuilt|gereviseerd|certified pre-owned",
    ),
    (
        "damaged",
        r"damaged|b-?ware|2\. wahl|zweite wahl|mängelexemplar|vorführgerät|"
        r"abîmée?s?|défraîchie?s?|danneggiat[oaie]|dañad[oa]s?|"
        r"ausstellungsstück|modèle d['’]exposition|ex-?display|showroom ?model|tweedekans",
    ),
    (
        "used",
        r"used|open[ -]?box|pre-?owned|second[ -]?hand|d['’]occasion|occasions?|"
        r"seconde main|gebraucht\w*|retourenware|rückläufer|"
        r"usat[oaie]|seconda mano|segunda mano|usad[oa]s?|tweedehands|"
        r"gebruikt|like new|comme neuf|wie neu|come nuovo",
    ),
)
_PATTERNS = tuple((condition, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)) for condition, words in _WORDS)


_NAMED = re.compile(
    r"(?<!\w)(?:refurb\w*|reconditionnée?s?|generalüberholt|ricondizionat[oa]|reacondicionad[oa]|gereviseerd|b-ware|"
    r"open[ -]?box|"
    r"gebraucht|d['’]occasion|pre-owned|tweedehands|segunda mano|seconda mano|second[ -]hand|certified used)(?!\w)|"
    r"usat[oa](?!\w)|[(\[–-]\s*(?:used|renewed|usato|usado|occasion|vorführgerät|ex-display)\b",
    re.IGNORECASE,
)


def named_condition(name: str | None) -> str | None:
    """The condition that a product's name bears, in words that no name of a new one has."""
    match = _NAMED.search((name or "")[:300])
    return told_condition(match[0].strip("([–- ")) or "used" if match else None


def read_condition(text: str) -> str | None:
    """`new`, `used`, `refurbished` or `damaged`, of a field of structured data."""
    term = re.sub(r"[\s_-]+", "", text.strip().rstrip("/").rpartition("/")[2]).casefold()
    return _BY_TERM.get(term) or told_condition(text[:200])


def told_condition(text: str) -> str | None:
    """The condition that words tell, where they tell another than new."""
    return next((condition for condition, pattern in _PATTERNS if pattern.search(text)), None)


def condition_of(candidate: Candidate) -> str:
    """New, where neither the offer nor the product's name says otherwise."""
    return named_condition(candidate.name) or candidate.condition or NEW
