"""What on a page is another choice than the one that is made: other variants, services that are not ticked, tiles."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml import etree

from services.pricing_watch.reading.landmarks import MAX_LANDMARKS, brief_text, until_next_heading

MAX_OPTION = 80
"""Characters of what can be one of several choices."""
MAX_SIBLINGS = 200

_HEADINGS = {"h2", "h3", "h4", "h5"}
_STATES = ("aria-pressed", "aria-selected", "aria-checked", "aria-current")
_CHOICE_TAGS = {"li", "a", "button", "label"}
_CHOICE_ROLES = {"radio", "option", "tab", "menuitemradio"}
_CHOSEN_CLASS = re.compile(
    r"(?:^|\s)(?:\S+--?)?(?:is-)?(?:selected|active|checked|chosen|current)(?:$|\s)", re.IGNORECASE
)
_AMOUNT = re.compile(r"[€$£¥₹]\s?[0-9]|[0-9]\s?[€£¥₹]|\b(?:EUR|CHF|USD|GBP|SEK|PLN|NOK|DKK|CZK|kr|zł|Kč|Fr)\b")
_NAME = re.compile(r"[^\W\d_]{3,}")
_OF_THIS_PRODUCT = re.compile(
    r"größe|grösse|taille|size|talla|tagli|misur|maat|maten|storlek|rozmiar|variant|option|farb|colou?r|couleur|kleur|"
    r"menge|quantit|cantidad|aantal|anzahl|preis|price|prix|prezz|precio|prijs|pris\b|cena|tarif|angebot|offer|offre|"
    r"format|staffel|modell|model|modèle|ausführung|version|inhalt|content|contenance|bestell|order|commande",
    re.IGNORECASE,
)
"""A heading above the choices that there are of the product itself."""


def unchosen(root: etree._Element) -> set[etree._Element]:
    """Choices beside the one that the page marks as chosen."""
    found = set(_unchecked(root))
    for element in root.iter(*_CHOICE_TAGS, "div", "span", "option"):
        parent = element.getparent()
        if parent is None or not _is_chosen(element):
            continue
        others = [one for one in islice(parent, MAX_SIBLINGS) if one is not element and one.tag == element.tag]
        if not any(_is_chosen(one) for one in others):
            found.update(one for one in others if len(brief_text(one, MAX_OPTION + 1)) <= MAX_OPTION)
    return found


def _is_chosen(element: etree._Element) -> bool:
    if any(element.get(name, "false").casefold() in {"true", "page", "step"} for name in _STATES):
        return True
    is_choice = element.tag in _CHOICE_TAGS or element.get("role") in _CHOICE_ROLES
    return is_choice and bool(_CHOSEN_CLASS.search((element.get("class") or "")[:200]))


def _unchecked(root: etree._Element) -> Iterator[etree._Element]:
    """Labels of radio buttons of a group in which another is checked."""
    groups: dict[str, list[tuple[etree._Element, bool]]] = {}
    for label, field in _labelled(root):
        if _kind(field) == "radio":
            groups.setdefault(field.get("name") or "", []).append((label, field.get("checked") is not None))
    for group in groups.values():
        if sum(is_checked for _, is_checked in group) == 1:
            yield from (label for label, is_checked in group if not is_checked)


def offered_beside(root: etree._Element) -> set[etree._Element]:
    """Labels of boxes that a visitor may tick: what they cost comes on top of the price."""
    return {label for label, field in _labelled(root) if _kind(field) == "checkbox"}


def _labelled(root: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    fields = {field.get("id"): field for field in root.iter("input") if field.get("id")}
    for label in root.iter("label"):
        field = next(label.iter("input"), None)
        field = fields.get(label.get("for") or "") if field is None else field
        if field is not None:
            yield label, field


def _kind(field: etree._Element) -> str:
    return (field.get("type") or "").casefold()


def tiles(root: etree._Element, buttons: Iterable[etree._Element]) -> set[etree._Element]:
    """Two things or more with a name and an amount each, under a heading below the button to buy: other products."""
    button = next(iter(buttons), None)
    if button is None:
        return set()
    found: set[etree._Element] = set()
    is_below = False
    for element in root.iter("h2", "h3", "h4", "h5", "button", "input", "a"):
        if element is button:
            is_below = True
        elif is_below and element.tag in _HEADINGS and not _OF_THIS_PRODUCT.search(brief_text(element, 80)):
            found.update(_alike(element))
            if len(found) > MAX_LANDMARKS * MAX_SIBLINGS:
                break
    return found


def _alike(heading: etree._Element) -> Iterator[etree._Element]:
    following = list(islice(until_next_heading(heading), MAX_SIBLINGS))
    for few in (following, *(list(islice(one, MAX_SIBLINGS)) for one in following)):
        priced = [one for one in few if isinstance(one.tag, str) and _is_tile(one)]
        if len(priced) > 1 and len({one.tag for one in priced}) == 1:
            yield from priced


def _is_tile(element: etree._Element) -> bool:
    text = brief_text(element, 300)
    return bool(_AMOUNT.search(text) and _NAME.search(text)) and next(element.iter("input", "h1"), None) is None
