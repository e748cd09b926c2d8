"""What a page's own style sheets hide and strike through, as far as plain class names and ids tell.

Only rules of one class or id, outside of `@media` and its like: whether a longer selector fits is not known here, and
so what one shows again, as `.price--on-sale .price__sale`, counts as shown.
"""

import re
from collections.abc import Iterator

import msgspec
from lxml import etree

MAX_LENGTH = 300_000
"""Characters of style sheets of one page."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
"""One that does not end goes on to the end of the sheet."""
_BRACE = re.compile(r"([{}])")
HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SHOWS = re.compile(r"(?<![\w-])display\s*:|visibility\s*:\s*visible", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
STRIKES = re.compile(r"line-through", re.IGNORECASE)


class StyleSheet(msgspec.Struct, frozen=True):
    """The names that are hidden and struck through: `.class` and `#id`."""

    hidden: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()

    def hides(self, element: etree._Element) -> bool:
        """Is an element hidden?"""
        return bool(self.hidden) and not self.hidden.isdisjoint(_names_of(element))

    def strikes(self, element: etree._Element) -> bool:
        """Is it struck through?"""
        return bool(self.struck) and not self.struck.isdisjoint(_names_of(element))


def style_sheet(root: etree._Element) -> StyleSheet:
    """The page's own style sheets as one; those that it only links to are not fetched."""
    text = " ".join(element.text or "" for element in root.iter("style"))[:MAX_LENGTH]
    hidden: set[str] = set()
    struck: set[str] = set()
    shown_again: set[str] = set()
    for selectors, declarations in _rules(_COMMENT.sub(" ", text)):
        names = {name for name in (selector.strip() for selector in selectors.split(",")) if _NAME.fullmatch(name)}
        if HIDES.search(declarations):
            hidden |= names
        elif _SHOWS.search(declarations):
            shown_again |= set(_NAME.findall(selectors))
        if STRIKES.search(declarations):
            struck |= names
    return StyleSheet(frozenset(hidden - shown_again), frozenset(struck))


def _rules(text: str) -> Iterator[tuple[str, str]]:
    """The selectors and declarations of rules that stand outside of any block."""
    depth, selectors = 0, ""
    parts = _BRACE.split(text)
    for before, brace in zip(parts[::2], parts[1::2], strict=False):  # nothing counts behind the last brace
        if brace == "{":
            selectors = before.rpartition(";")[2] if depth == 0 else selectors
            depth += 1
        else:
            if depth == 1 and not selectors.lstrip().startswith("@"):
                yield selectors, before
            depth = max(0, depth - 1)


def _names_of(element: etree._Element) -> Iterator[str]:
    """An element's classes and id as selectors write them."""
    for name in (element.get("class") or "").split():
        yield f".{name}"
    if element.get("id"):
        yield f"#{element.get('id')}"
