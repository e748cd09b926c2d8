"""What a visitor sees of a page: lines of text, each run with the element that it stands in and what part it is of."""

import re

from lxml import etree

from services.pricing_watch.reading.class_names import MAX_LENGTH, is_apart, is_current, is_others, named_meaning
from services.pricing_watch.reading.landmarks import announced, brief_text, buy_buttons, headings, upwards
from services.pricing_watch.reading.lines import Line, Part, State, Writer
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.options import offered_beside, tiles, unchosen
from services.pricing_watch.reading.style_sheet import HIDES, STRIKES, style_sheet

MAX_LINES = 50_000

_UNSEEN_TAGS = {
    *("script", "style", "template", "noscript", "head", "title", "svg", "iframe", "object"),
    *("input", "textarea", "select", "datalist"),
}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "br", "button", "center", "details", "dialog", "div", "dl"),
    *("dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
    *("nav", "ol", "p", "pre", "section", "summary", "table", "tr", "ul"),
}
_CELLS = {"td", "th", "dd"}
_SPACED = {"label", "img"}
_CENTS_TAGS = {"sup", "sub", "small"}

_UNSEEN_CLASSES = {
    *("hidden", "d-none", "is-hidden", "hide", "invisible", "js-hidden", "ng-hide", "u-hidden", "none", "display-none"),
}
_SHOWN_WIDE = re.compile(r"^[a-z]{1,3}:(?:block|flex|inline|grid)|^d-[a-z]{2}-(?:block|flex|inline)")
_CENTS_CLASS = re.compile(r"cent|fraction|decimal|minor|sup(?:erscript)?\b|kopeck|kopiyk|penn(?:y|ies)", re.IGNORECASE)


_APART_TAGS = {"header", "nav", "footer", "aside"}
_OVERRULED = {Meaning.LIST_PRICE, Meaning.REGULAR, Meaning.SAVING, Meaning.SEVERAL}
_LIST_TAGS = {"del", "s", "strike"}
_SAID_OF_OTHERS = re.compile(r"(?<!\S)(?:with|has|show|hide|no|is)-\S+|(?<=-)-(?:with|has|show|on)-\S+")
"""`with-list-price` says that there is one beside this."""


class Visible:
    """The lines of a page, in its order, and the parts that its elements are of."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.headings = headings(root)
        self.buttons = buy_buttons(root)
        self._kept = {element for heading in self.headings for element in upwards(heading)}
        self._buying = {element for button in self.buttons for element in upwards(button)}
        self._announced = (announced(root) | tiles(root, self.buttons)) - self._kept
        self._unchosen = unchosen(root) - self._kept - self._buying
        self._ticked = offered_beside(root)
        self._parts: dict[etree._Element, Part] = {}
        self._sheet = style_sheet(root)
        self.lines: list[Line] = self._render(root)

    def part(self, element: etree._Element) -> Part | None:
        """The part that an element is of; none where it is not seen."""
        if element.tag == "input" and (above := element.getparent()) is not None:
            return self._parts.get(above)
        return self._parts.get(element)

    def _render(self, root: etree._Element) -> list[Line]:
        """Depth first, without recursion: an element is met twice, as it begins and as it ends."""
        writer = Writer()
        stack: list[tuple[etree._Element, State, bool]] = [(root, State(Part.BODY, None), False)]
        while stack and len(writer.lines) < MAX_LINES:
            element, outer, has_ended = stack.pop()
            if not has_ended and (element is root or (self._is_seen(element) and not _is_footnote(element, writer))):
                inner = outer if element is root else self._state(element, outer)
                self._parts[element] = inner.part
                _enter(writer, element)
                writer.write(element.text or "", element, inner)
                stack.append((element, outer, True))
                stack.extend((child, inner, False) for child in reversed(element))
                continue
            if has_ended:
                _bound(writer, element)
            parent = element.getparent()
            if parent is not None and element is not root:
                writer.write(element.tail or "", parent, outer)
        return writer.finished()

    def _state(self, element: etree._Element, outer: State) -> State:
        names = f"{element.get('class') or ''} {element.get('id') or ''}"[:MAX_LENGTH]
        names = _SAID_OF_OTHERS.sub(" ", names).strip()
        part = outer.part
        if part is not Part.OTHERS and element not in self._kept:
            if element in self._announced or is_others(names) or _leads_elsewhere(element):
                part = Part.OTHERS
            elif part is Part.BODY and element not in self._buying and (element.tag in _APART_TAGS or is_apart(names)):
                part = Part.APART
        meaning = outer.meaning
        if element not in self._kept:
            meaning = self._meaning(element, names, outer.meaning)
        return outer if (part, meaning) == (outer.part, outer.meaning) else State(part, meaning)

    def _meaning(self, element: etree._Element, names: str, outer: Meaning | None) -> Meaning | None:
        """What amounts in an element are. What calls itself the current price is one, in a list price's block too."""
        is_struck = element.tag in _LIST_TAGS or bool(STRIKES.search(element.get("style") or ""))
        if is_struck or self._sheet.strikes(element):
            return Meaning.LIST_PRICE
        if element in self._unchosen:
            return Meaning.OTHER
        own = Meaning.SERVICE if element in self._ticked else named_meaning(names) if names else None
        if own is None and outer in _OVERRULED and is_current(names):
            return Meaning.PRICE
        return own or outer

    def _is_seen(self, element: etree._Element) -> bool:
        """As far as tags, attributes, common class names and the page's own style sheets tell."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN_TAGS:
            return False
        if element.get("hidden", "false").casefold() != "false" or (tag == "dialog" and element.get("open") is None):
            return False
        style = element.get("style") or ""
        if HIDES.search(style):
            return False
        if self._sheet.hides(element) and "display" not in style:
            return False
        tokens = (element.get("class") or "").casefold().split()
        is_hidden = any(token in _UNSEEN_CLASSES for token in tokens)
        return not is_hidden or any(_SHOWN_WIDE.match(token) for token in tokens)


def _enter(writer: Writer, element: etree._Element) -> None:
    is_inline = element.tag not in _BLOCKS and element.tag not in _CELLS and element.tag not in _SPACED
    if is_inline and (element.tag in _CENTS_TAGS or _CENTS_CLASS.search(element.get("class") or "")):
        writer.cents(element)
    else:
        _bound(writer, element)


def _bound(writer: Writer, element: etree._Element) -> None:
    """Part the text on the two sides of a tag as a browser does."""
    if element.tag in _BLOCKS:
        writer.end_line()
    elif element.tag in _CELLS:
        writer.cell()
    elif element.tag in _SPACED:
        writer.space()
    else:
        writer.joint()


def _is_footnote(element: etree._Element, writer: Writer) -> bool:
    """Is it the raised mark of a note, as in `RRP¹`? Not raised digits after digits, nor the square of a metre."""
    if element.tag != "sup" or writer.last.isdigit():
        return False
    text = brief_text(element, 3)
    is_mark = text in {"*", "**", "†", "‡"} or (len(text) == 1 and text.isdigit())
    return is_mark and not (text in {"2", "3"} and writer.last.casefold() == "m")


def _leads_elsewhere(element: etree._Element) -> bool:
    """Is it a link to another page, that is, a tile with the name and the price of what is there?"""
    if element.tag != "a" or not len(element):
        return False
    address = (element.get("href") or "").strip()
    return bool(address) and not address.startswith(("#", "javascript:", "?", "mailto:", "tel:"))
