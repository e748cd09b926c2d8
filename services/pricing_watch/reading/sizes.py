"""Whether a page lets its visitors choose a size or a colour, and so sells variants though it states one price."""

import re
from collections.abc import Iterable
from itertools import islice

from lxml import etree

from services.pricing_watch.reading.landmarks import brief_text, upwards

_LETTERS = r"(?:X{0,3}S|M|X{0,4}L|[2-5]XL)"
_SIZE = re.compile(rf"{_LETTERS}(?:\s?[–(-].*)?")
_CHOICE = re.compile(
    rf"(?:sizes?|tailles?|pointures?|größen?|grösse|tagli[ae]|tallas?|maat|maten|storlek|rozmiar|サイズ)\W{{1,4}}"
    rf"(?:(?:{_LETTERS}|[0-9]{{2}})(?:\W{{1,3}}|$)){{2,}}",
    re.IGNORECASE,
)
MAX_LENGTH = 80
"""Characters of a line that can be such a choice."""


def offers_sizes(texts: Iterable[str]) -> bool:
    """Do these lines offer two sizes or more: each on its own line, or after a word for size?"""
    short = [text for text in texts if len(text) <= MAX_LENGTH]
    named = {text for text in short if _SIZE.fullmatch(text)}
    return len(named) > 1 or any(_CHOICE.match(text) for text in short)


MAX_FIELDS = 100
_DIMENSION = re.compile(
    r"size|größe|groesse|grösse|taille|pointure|contenance|talla|tagli[ae]|misur|maat\b|maten|tamanho|storlek|størrelse|"
    r"rozmiar|colou?r|farb|couleur|kleur|colore|cor\b|kolor|färg|farve|variant|variation|super_attribute|configurator|"
    r"swatch|group\[|materia|finish|flavou?r|capacity|kapazität|capacité",
    re.IGNORECASE,
)


def offers_fields(block: etree._Element | None) -> bool:
    """Does a block of the page hold a field in which a size, a colour or the like is chosen of two or more?"""
    fields = islice(block.iter("select", "input", "button", "li"), MAX_FIELDS) if block is not None else ()
    groups: dict[str, int] = {}
    for field in fields:
        names = _names(field)
        if not _DIMENSION.search(names):
            continue
        if field.tag == "select":
            groups[names] = sum(1 for option in field.iter("option") if option.get("disabled") is None)
        elif field.get("type") == "radio" or field.get("role") == "radio" or _is_swatch(field):
            group = f"{field.get('name') or ''} {_names(field.getparent())}"
            groups[group] = groups.get(group, 0) + 1
    return any(count > 1 for count in groups.values())


def _is_swatch(field: etree._Element) -> bool:
    return field.tag == "button" and bool(re.search(r"swatch|variant", field.get("class") or "", re.IGNORECASE))


def _names(field: etree._Element | None) -> str:
    """What a field and the two elements around it are called, with the label or legend beside it."""
    around = list(islice(upwards(field), 3)) if field is not None else []
    called = [one.get(name) or "" for one in around for name in ("name", "class", "id", "aria-label")]
    labels = [brief_text(one, 30) for up in around[1:] for one in islice(up.iterchildren("legend", "label", "span"), 2)]
    return " ".join([*called, *labels])[:500]
