"""What a visitor sees of a page: lines of text, each run with the element that it stands in and what part it is of."""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice

import msgspec
from lxml import etree

from services.pricing_watch.reading.price_text import CENTS, JOINT, tidied
from services.pricing_watch.reading.words import Meaning

MAX_LINES = 50_000
MAX_LANDMARKS = 50
"""Headings and buttons that are looked at: a page with more of them is a list."""


class Part(Enum):
    """Of what part of the page an element is."""

    BODY = "body"
    APART = "apart"
    """Header, footer, navigation, cart, reviews, notices."""
    OTHERS = "others"
    """Other products: related ones, recommendations, bundles, tiles of a list."""


class Run(msgspec.Struct, frozen=True):
    """Text of one element within a line."""

    start: int
    element: etree._Element
    meaning: Meaning | None
    """What amounts in it are, as the element and those around it say by their tags and classes."""


class Line(msgspec.Struct, frozen=True):
    """What stands on one line, as far as tags tell."""

    text: str
    runs: tuple[Run, ...]
    part: Part

    def run_at(self, position: int) -> Run:
        """The run that a character is of."""
        return next((run for run in reversed(self.runs) if run.start <= position), self.runs[0])


_UNSEEN_TAGS = {
    "script",
    "style",
    "template",
    "noscript",
    "head",
    "svg",
    "iframe",
    "object",
    "textarea",
    "select",
    "datalist",
    "title",
}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "button", "center", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tr", "ul",
}  # fmt: skip
_SPACED = {"td", "th", "dd", "label", "img", "input"}
_CENTS_TAGS = {"sup", "sub", "small"}

_UNSEEN_CLASSES = {
    "hidden",
    "d-none",
    "is-hidden",
    "hide",
    "invisible",
    "js-hidden",
    "ng-hide",
    "u-hidden",
    "none",
    "display-none",
}
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SHOWN_WIDE = re.compile(r"^[a-z]{1,3}:(?:block|flex|inline|grid)|^d-[a-z]{2}-(?:block|flex|inline)")
_CENTS_CLASS = re.compile(r"cent|fraction|decimal|minor|sup(?:erscript)?\b|kopeck|kopiyk|penn(?:y|ies)", re.IGNORECASE)


def _classes(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s_-])(?:{'|'.join(words)})(?:$|[\s_-])", re.IGNORECASE)


_OTHERS = _classes(
    r"relate[ds]?\w*", r"recommend\w*", r"recos?", r"recent(?:ly)?\w*", r"similar\w*", r"up-?sells?", r"cross-?sell\w*", r"also\w*",
    r"bundles?", r"frequently\w*", r"accessor\w*", r"zubeh\w*", r"accessoires?", r"suggest\w*", r"sponsored\w*", r"ads?",
    r"viewed\w*", r"last-?seen", r"best-?sell\w*", r"trending", r"fbt", r"you-?may\w*", r"alternatives?", r"others?-?products?",
    r"more-?products?", r"product-?(?:cards?|tiles?|grid|list(?:ing)?|items?|carousel|slider|miniatures?)", r"card-?product",
    r"products-?(?:grid|list|carousel)", r"associated", r"complementary", r"ensemble", r"set-?items?", r"vergleich\w*",
    r"compar(?:e|ison)-?products?", r"tiles?", r"item-?cards?", r"relatedproducts", r"recommendations", r"listing",
    r"correlat\w*", r"consigliat\w*", r"relacionad\w*", r"gerelateerd\w*", r"ähnlich\w*", r"aehnlich\w*",
)  # fmt: skip
_APART = _classes(
    r"mini-?cart\w*", r"cart-?(?:drawer|items?|summary|popup|preview|total|sidebar|flyout)", r"basket\w*", r"off-?canvas\w*",
    r"newsletter\w*", r"cookies?\w*", r"consent\w*", r"breadcrumbs?", r"reviews?\w*", r"comments?", r"faqs?", r"search\w*",
    r"footer\w*", r"site-?header", r"top-?bar", r"announcement\w*", r"promo-?(?:bar|banner)", r"usps?", r"menu\w*",
    r"mega-?menu", r"gift-?cards?", r"wishlist-?drawer", r"price-?alerts?", r"nav(?:bar|igation)?", r"description", r"desc",
    r"cart-?notification",
)  # fmt: skip
_APART_TAGS = {"header", "nav", "footer", "aside"}
_OTHERS_HEADINGS = re.compile(
    r"related (?:products|items)|similar (?:products|items)|recommended|recommendations|you (?:may|might) (?:also )?(?:like|need)|"
    r"customers? (?:also|who)|also (?:bought|viewed)|recently viewed|frequently bought|bought together|best ?sellers|"
    r"complete (?:the|your) (?:look|set)|accessories|goes well with|pairs well|more from|inspired by|other (?:products|sellers)|compare with|"
    r"ähnliche (?:artikel|produkte)|kunden (?:kauften|interessierten)|wird oft zusammen|zuletzt angesehen|empfehl|passend(?:e|es)? |zubehör|"
    r"das könnte|weitere (?:artikel|produkte)|auch (?:gekauft|interessant)|"
    r"produits? (?:similaires|associés|complémentaires|liés|de la même catégorie)|vous aimerez|vous pourriez|pourrait vous|"
    r"les clients|récemment (?:vus|consultés)|souvent achetés|accessoires|nos recommandations|dans la même catégorie|complétez|"
    r"prodotti (?:correlati|simili|consigliati)|potrebbe(?:ro)? (?:anche )?(?:interessar|piacer)|visti di recente|spesso comprati|accessori|"
    r"productos (?:relacionados|similares)|también (?:te|le) (?:puede|podría)|vistos recientemente|accesorios|"
    r"gerelateerde|vergelijkbare|anderen (?:kochten|bekeken)|onlangs bekeken|ook interessant|liknande|relaterade|podobne|"
    r"関連商品|おすすめ|最近チェックした|よく一緒に",
    re.IGNORECASE,
)

_MEANINGS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        Meaning.LIST_PRICE,
        _classes(
            r"was", r"was-?price", r"old", r"old-?price\w*", r"price-?old", r"strike\w*", r"stroke\w*", r"crossed\w*", r"rrp", r"msrp", r"uvp",
            r"compare-?(?:at|price)\w*", r"before", r"barr[eé]e?", r"prix-?barre", r"statt", r"previous\w*", r"original\w*", r"line-through",
            r"list-?price", r"regular-?price", r"price-?regular", r"price-?was", r"retail-?price", r"price-?(?:list|original|before|strike)",
            r"streichpreis", r"pseudo-?price", r"list-price-price", r"basisprice", r"suggested\w*",
        ),
    ),
    (
        Meaning.UNIT_PRICE,
        _classes(r"unit-?price\w*", r"price-?(?:per-?)?unit\w*", r"base-?price", r"grundpreis\w*", r"per-?unit\w*", r"price-?reference",
                 r"reference-?price", r"price-?per\w*", r"pricepermeasure\w*", r"ppu", r"price-?unit-?(?:price|content|reference)\w*"),
    ),
    (
        Meaning.INSTALMENT,
        _classes(r"instal?l?ments?\w*", r"financ\w*", r"finanz\w*", r"klarna\w*", r"alma\w*", r"paypal\w*", r"scalapay\w*", r"afterpay\w*",
                 r"oney\w*", r"monthly\w*", r"raten\w*", r"ratenzahlung", r"leasing", r"mensualit\w*", r"credit\w*", r"pay-?later", r"affirm\w*"),
    ),
    (
        Meaning.SHIPPING,
        _classes(r"shipping\w*", r"delivery\w*", r"livraison\w*", r"versand\w*", r"lieferung", r"spedizione", r"postage", r"freight"),
    ),
    (
        Meaning.SAVING,
        _classes(r"savings?\w*", r"saved?", r"you-?save", r"discount-?(?:amount|value|badge|label|percentage)", r"badge\w*", r"coupons?\w*",
                 r"vouchers?\w*", r"rabatt\w*", r"remise\w*", r"economy\w*", r"economie\w*", r"cashback\w*", r"bonus\w*", r"trade-?in\w*"),
    ),
    (Meaning.DEPOSIT, _classes(r"deposits?", r"pfand\w*", r"consigne\w*", r"eco-?(?:tax|part\w*|contribution\w*)", r"ecotax\w*", r"vrg")),
    (Meaning.SERVICE, _classes(r"warrant\w*", r"garantie\w*", r"insurance\w*", r"services?-?(?:options?|addons?)?", r"protection\w*", r"add-?ons?")),
    (
        Meaning.MEMBERS,
        _classes(r"members?\w*", r"club\w*", r"loyalty\w*", r"subscri\w*", r"abo", r"prime\w*", r"b2b", r"vip\w*", r"student\w*"),
    ),
    (
        Meaning.SEVERAL,
        _classes(r"tier(?:ed|s)?\w*", r"bulk\w*", r"volume\w*", r"staffel\w*", r"quantity-?(?:discounts?|breaks?|prices?)", r"graduated\w*",
                 r"block-?prices?", r"multi-?buy\w*", r"total\w*", r"subtotal\w*"),
    ),
    (
        Meaning.USED,
        _classes(r"used\w*", r"refurb\w*", r"open-?box\w*", r"second-?hand\w*", r"occasion\w*", r"gebraucht\w*", r"b-?ware", r"renewed",
                 r"pre-?owned\w*", r"warehouse\w*", r"otherbuyingoptions?", r"other-?(?:sellers|offers)\w*", r"marketplace-?offers?"),
    ),
)  # fmt: skip
_LIST_TAGS = {"del", "s", "strike"}
_STRUCK_STYLE = re.compile(r"line-through", re.IGNORECASE)


class _State(msgspec.Struct, frozen=True):
    """What an element passes on to those within it."""

    part: Part
    meaning: Meaning | None


class Visible:
    """The lines of a page, in its order, and the parts that its elements are of."""

    def __init__(self, root: etree._Element) -> None:
        self.headings = [heading for heading in islice(root.iter("h1"), MAX_LANDMARKS) if not _is_in_chrome(heading)]
        self.buttons = list(islice(buy_buttons(root), MAX_LANDMARKS))
        self._kept = {element for heading in self.headings for element in _upwards(heading)}
        self._buying = {element for button in self.buttons for element in _upwards(button)}
        self._following = self._under_headings(root)
        self._parts: dict[etree._Element, Part] = {}
        self.lines: list[Line] = list(self._render(root))

    def part(self, element: etree._Element) -> Part | None:
        """The part that an element is of; none where it is not seen."""
        return self._parts.get(element)

    def _under_headings(self, root: etree._Element) -> set[etree._Element]:
        """What stands under a heading that announces other products: its section, or what follows it there."""
        found: set[etree._Element] = set()
        for heading in islice(_announcing(root), MAX_LANDMARKS):
            parent = heading.getparent()
            if parent is not None and parent not in self._kept and parent.tag != "body":
                found.add(parent)
            found.update(_until_next_heading(heading))
        return found - self._kept

    def _render(self, root: etree._Element) -> Iterator[Line]:
        writer = _Writer()
        stack: list[tuple[etree._Element, _State, bool]] = [(root, _State(Part.BODY, None), False)]
        while stack and len(writer.lines) < MAX_LINES:
            element, state, is_left = stack.pop()
            tag = element.tag
            if is_left:
                self._leave(writer, tag)
                parent = element.getparent()
                if element.tail and parent is not None and element is not root:
                    writer.write(element.tail, parent, state)
                continue
            tail_state = state
            if not isinstance(tag, str) or (element is not root and (tag in _UNSEEN_TAGS or _is_unseen(element))):
                parent = element.getparent()
                if element.tail and parent is not None:
                    writer.write(element.tail, parent, state)
                continue
            state = state if element is root else self._state(element, state)
            self._parts[element] = state.part
            stack.append((element, tail_state, True))
            self._enter(writer, element, tag, state)
            if element.text:
                writer.write(element.text, element, state)
            stack.extend((child, state, False) for child in reversed(element))
        return iter(writer.finished())

    def _enter(self, writer: "_Writer", element: etree._Element, tag: str, state: _State) -> None:
        if tag in _BLOCKS:
            writer.end_line()
        elif tag in _SPACED:
            writer.space()
        elif tag in _CENTS_TAGS or _CENTS_CLASS.search(element.get("class") or ""):
            writer.cents(element)
        else:
            writer.joint()

    def _leave(self, writer: "_Writer", tag: object) -> None:
        if tag in _BLOCKS:
            writer.end_line()
        elif tag in _SPACED:
            writer.space()
        else:
            writer.joint()

    def _state(self, element: etree._Element, outer: _State) -> _State:
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        part = outer.part
        if part is not Part.OTHERS and element not in self._kept:
            if element in self._following or _OTHERS.search(names) or _leads_elsewhere(element):
                part = Part.OTHERS
            elif (
                part is Part.BODY
                and element not in self._buying
                and (element.tag in _APART_TAGS or _APART.search(names))
            ):
                part = Part.APART
        meaning = outer.meaning
        if element not in self._kept:
            meaning = _meaning(element, names) or outer.meaning
        return outer if (part, meaning) == (outer.part, outer.meaning) else _State(part, meaning)


def _announcing(root: etree._Element) -> Iterator[etree._Element]:
    for heading in root.iter("h2", "h3", "h4", "h5", "strong", "p", "div", "span"):
        if heading.tag in {"p", "div", "span", "strong"} and not _looks_like_heading(heading):
            continue
        if _OTHERS_HEADINGS.search(brief_text(heading, 80)):
            yield heading


def _meaning(element: etree._Element, names: str) -> Meaning | None:
    if element.tag in _LIST_TAGS or _STRUCK_STYLE.search(element.get("style") or ""):
        return Meaning.LIST_PRICE
    if not names.strip():
        return None
    return next((meaning for meaning, pattern in _MEANINGS if pattern.search(names[:500])), None)


def _is_unseen(element: etree._Element) -> bool:
    if element.get("hidden") is not None and (element.get("hidden") or "").casefold() != "false":
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if element.tag == "input":
        return True
    if _UNSEEN_STYLE.search(element.get("style") or ""):
        return True
    tokens = (element.get("class") or "").casefold().split()
    return any(token in _UNSEEN_CLASSES for token in tokens) and not any(_SHOWN_WIDE.match(token) for token in tokens)


def _leads_elsewhere(element: etree._Element) -> bool:
    """Is it a link to another page, that is, a tile with the name and the price of what is there?"""
    if element.tag != "a" or not len(element):
        return False
    address = (element.get("href") or "").strip()
    return bool(address) and not address.startswith(("#", "javascript:", "?", "mailto:", "tel:"))


def _looks_like_heading(element: etree._Element) -> bool:
    return bool(re.search(r"head|title|heading|titre|caption", element.get("class") or "", re.IGNORECASE))


def _is_in_chrome(heading: etree._Element) -> bool:
    """A shop's logo may be its `h1`; it stands in the header beside the navigation, or in a link to the front page."""
    return any(up.tag in {"nav", "footer", "header"} and up.find(".//nav") is not None for up in _upwards(heading))


def _until_next_heading(heading: etree._Element) -> Iterator[etree._Element]:
    level = heading.tag if heading.tag in {"h2", "h3", "h4", "h5"} else "h6"
    for following in heading.itersiblings():
        if isinstance(following.tag, str):
            if following.tag in {"h1", "h2", "h3", "h4", "h5"} and following.tag <= level:
                return
            yield following


def brief_text(element: etree._Element, limit: int) -> str:
    """The beginning of an element's text: of a large element, only as much is read."""
    parts: list[str] = []
    length = 0
    for text in element.itertext(with_tail=False):
        words = " ".join(str(text).split())
        if words:
            parts.append(words)
            length += len(words) + 1
        if length > limit:
            break
    return " ".join(parts)[:limit]


def _upwards(element: etree._Element) -> Iterator[etree._Element]:
    yield element
    yield from element.iterancestors()


_BUY = re.compile(
    r"add to (?:cart|bag|basket|trolley)|buy (?:it )?now|buy\b|pre-?order|in den (?:warenkorb|einkaufswagen)|jetzt kaufen|kaufen|vorbestellen|"
    r"ajouter au panier|acheter|précommander|aggiungi al carrello|acquista|compra|añadir (?:al carrito|a la cesta)|comprar|"
    r"in (?:winkelwagen|winkelmand)|toevoegen aan|kopen|bestellen|köp|lägg i|do koszyka|kup teraz|adicionar ao carrinho|カートに入れる|購入",
    re.IGNORECASE,
)
_BUY_CLASS = re.compile(
    r"add-?to-?(?:cart|bag|basket)|addtocart|buy-?(?:now|button)|btn-cart|single_add_to_cart", re.IGNORECASE
)


def buy_buttons(root: etree._Element) -> Iterator[etree._Element]:
    """The buttons by which a visitor buys."""
    for element in root.iter("button", "input", "a"):
        names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('name') or ''}"
        if element.tag == "input" and (element.get("type") or "").casefold() not in {"submit", "button"}:
            continue
        if element.tag == "a" and not _BUY_CLASS.search(names):
            continue
        text = element.get("value") or "" if element.tag == "input" else brief_text(element, 80)
        if _BUY_CLASS.search(names) or _BUY.search(text) or _BUY.search(element.get("aria-label") or ""):
            yield element


class _Writer:
    """Puts runs of text together to lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._text: list[str] = []
        self._length = 0
        self._last = ""
        self._runs: list[Run] = []
        self._part = Part.BODY
        self._pending = ""

    def write(self, text: str, element: etree._Element, state: _State) -> None:
        words = tidied(text)
        if not words:
            if text:
                self.space()
            return
        if self._runs and state.part is not self._part:
            self.end_line()
        self._part = state.part
        if text[0].isspace():
            self.space()
        self._put_pending(words)
        self._runs.append(Run(self._length, element, state.meaning))
        self._put(words)
        if text[-1].isspace():
            self.space()

    def space(self) -> None:
        if self._pending != CENTS:
            self._pending = " "

    def joint(self) -> None:
        self._pending = self._pending or JOINT

    def cents(self, element: etree._Element) -> None:
        """Digits that stand raised after digits are cents, with or without a space before them."""
        text = brief_text(element, 4)
        if text[:2].isdigit() and not text[2:3].isdigit() and self._last.isdigit():
            self._pending = CENTS
        else:
            self.joint()

    def end_line(self) -> None:
        text = "".join(self._text)
        if text.strip():
            self.lines.append(Line(text, tuple(self._runs), self._part))
        self._text, self._runs, self._length, self._last, self._pending = [], [], 0, "", ""

    def finished(self) -> list[Line]:
        self.end_line()
        return self.lines

    def _put_pending(self, words: str) -> None:
        pending = self._pending if self._text else ""
        if pending in {JOINT, CENTS} and not (self._last.isdigit() and words[0].isdigit()):
            pending = " " if self._last.isalpha() and words[0].isalnum() else ""
        if pending:
            self._put(pending)
        self._pending = ""

    def _put(self, text: str) -> None:
        self._text.append(text)
        self._length += len(text)
        self._last = text[-1]
