"""Which article numbers a page calls its product by, as visitors read them."""

import re
from collections.abc import Sequence

import msgspec

from services.pricing_watch.reading import notices
from services.pricing_watch.reading.identity import mentions, same_gtin, same_number
from services.pricing_watch.records import Wanted

BRIEF = 12
"""Characters of a line beside a number, up to which the line is nothing but the number."""

_LABEL = (
    r"(?<!\w)(?:art(?:ikel|icle|icolo|ículo|\.)?[\s.-]{0,3}(?:nr|no|nummer|number|n°|id|code)|sku|réf(?:érence)?|"
    r"ref(?:erence|erencia)?|item (?:no|number|id|#)|(?:best(?:ell)?|prod(?:ukt|uct)?|modell?)[\s.-]{0,3}(?:nr|no|"
    r"nummer|"
    r"number|code|id)|codice(?: articolo| prodotto)?|cod(?:\.|ice)? art|código|mpn|hersteller-?nr|katalognr|pzn|"
    r"商品番号|品番|型番)"
)
_GTIN_LABEL = r"(?<!\w)(?:ean|gtin|isbn|upc|barcode)(?:-?(?:8|12|13|14))?(?:-?code)?"
_NUMBER = r"[\s.:#°№-]{0,5}((?=[^\s,;|]*[0-9])[^\W_][\w./-]{2,30})"
_LABELLED = re.compile(_LABEL + _NUMBER, re.IGNORECASE)
_GTIN_LABELLED = re.compile(_GTIN_LABEL + _NUMBER, re.IGNORECASE)
_ANY_LABEL = re.compile(f"{_LABEL}|{_GTIN_LABEL}", re.IGNORECASE)


class Numbering(msgspec.Struct, frozen=True):
    """Where a page may name its product's number: its address, its titles, the lines outside of other products."""

    path: str
    names: Sequence[str]
    lines: Sequence[str]

    def calls_it(self, number: str) -> bool:
        """Is this the number of the page's product? Not where it is said of another that this one replaces."""
        if self.leaves_behind(number):
            return False
        if any(mentions(text, number) for text in (self.path, *self.names)):
            return True
        return any(_is_named(line, number) for line in self.lines if mentions(line, number))

    def leaves_behind(self, number: str) -> bool:
        """Does the page say that what bears this number is no longer to be had, or has a successor?"""
        return any(
            notices.VANISHED.search(line) or notices.SUCCESSION.search(line)
            for line in self.lines
            if mentions(line, number)
        )

    def tells_of_succession(self) -> bool:
        """Does the page say of any product that it is no longer to be had, or follows another?"""
        return any(notices.VANISHED.search(line) or notices.SUCCESSION.search(line) for line in self.lines)

    def another(self, wanted: Wanted) -> str | None:
        """Why the page's product is not the one that is wanted, where visitors read another number."""
        for asked, pattern, same in (
            (wanted.sku, _LABELLED, same_number),
            (wanted.gtin, _GTIN_LABELLED, same_gtin),
        ):
            if asked is None:
                continue
            if self.leaves_behind(asked):
                return f"the page says that {asked} is no longer to be had, or has a successor"
            told = [match[1].rstrip(".-/") for line in self.lines for match in pattern.finditer(line[:300])]
            if told and not any(same(asked, number) for number in told) and not self._mentions(asked):
                return f"the page calls its product {told[0]}, not {asked}"
        return None

    def _mentions(self, number: str) -> bool:
        return any(mentions(text, number) for text in (self.path, *self.names, *self.lines))


def _is_named(line: str, number: str) -> bool:
    return bool(_ANY_LABEL.search(line)) or len(line) <= len(number) + BRIEF
