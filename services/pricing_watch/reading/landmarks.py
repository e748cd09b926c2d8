"""What a product's page is found by: its heading, its button to buy, and headings that announce other products."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import etree

from services.pricing_watch.reading.notices import SUCCESSION

MAX_LANDMARKS = 50
"""Headings and buttons that are looked at: a page with more of them is a list."""

_OTHERS_HEADINGS = re.compile(
    r"(?:related|similar|alternative|replacement) (?:products?|items?|articles?|models?)|"
    r"recommended|recommendations|you (?:may|"
    r"might) (?:also )?(?:like|need)|"
    r"customers? (?:also|who)|also (?:bought|viewed)|recently viewed|frequently bought|bought together|best ?sellers|"
    r"complete (?:the|your) (?:look|set)|accessories|goes well with|pairs well|more from|inspired by|"
    r"other (?:products|sellers)|compare with|"
    r"(?:autres|d['’]autres) (?:vendeurs|offres)|(?:andere|weitere) (?:verkäufer|anbieter|angebote|verkopers)|"
    r"altri venditori|otros vendedores|andra säljare|"
    r"ähnliche[rs]? (?:artikel|produkte?|modelle?)|"
    r"kunden (?:kauften|interessierten)|wird oft zusammen|zuletzt angesehen|"
    r"empfehl|passend(?:e|es)? |zubehör|"
    r"das könnte|weitere (?:artikel|produkte)|auch (?:gekauft|interessant)|"
    r"(?:produits?|articles?|modèles?) (?:similaires?|associés?|complémentaires?|"
    r"liés?|de remplacement|de substitution|de la même catégorie)|vous aimerez|vous pourriez|"
    r"pourrait vous|"
    r"les clients|récemment (?:vus|consultés)|souvent achetés|accessoires|nos recommandations|"
    r"dans la même catégorie|complétez|"
    r"prodott[oi] (?:correlat[oi]|simil[ei]|consigliat[oi]|alternativ[oi])|"
    r"potrebbe(?:ro)? (?:anche )?(?:interessar|piacer)|"
    r"visti di recente|spesso comprati|accessori|"
    r"productos? (?:relacionados?|similar(?:es)?|alternativos?)|"
    r"también (?:te|le) (?:puede|podría)|vistos recientemente|accesorios|"
    r"(?:de|dans) la même (?:\w+)|aus (?:demselben|der gleichen|derselben)|from the same|dello stess[oa]|della stessa|"
    r"alternativ\w*|(?:à|a) découvrir|voir aussi|see also|siehe auch|vedi anche|zie ook|"
    r"gerelateerde|vergelijkbare|anderen (?:kochten|bekeken)|onlangs bekeken|ook interessant|liknande|"
    r"relaterade|podobne|"
    r"dazu passt|passt (?:gut )?dazu|you['’]ll (?:also )?(?:love|like)|shop the look|(?:style|wear) it with|"
    r"à (?:porter|associer) avec|on aime aussi|abbina|completa (?:il|la|i)\b|"
    r"関連商品|おすすめ|最近チェックした|よく一緒に",
    re.IGNORECASE,
)


def _is_in_chrome(heading: etree._Element) -> bool:
    """A shop's logo may be its `h1`; it stands in the header beside the navigation, or in a link to the front page."""
    return any(up.tag in {"nav", "footer", "header"} and up.find(".//nav") is not None for up in upwards(heading))


def _looks_like_heading(element: etree._Element) -> bool:
    return bool(re.search(r"head|title|heading|titre|caption", element.get("class") or "", re.IGNORECASE))


def headings(root: etree._Element) -> list[etree._Element]:
    """What may name the product: each `h1` but the shop's logo; without one, what alone is called its title."""
    found = [heading for heading in islice(root.iter("h1"), MAX_LANDMARKS) if not _is_in_chrome(heading)]
    if found:
        return found
    called = [element for element in root.iter(*_TITLE_TAGS) if _TITLE_CLASS.search(element.get("class") or "")]
    title = " ".join(brief_text(element, 300) for element in islice(root.iter("title"), 1)).casefold()
    like_title = [element for element in called if brief_text(element, 20).casefold() in title]
    of_page = [element for element in islice(root.iter("h2"), MAX_LANDMARKS) if _is_in_title(element, title)]
    return next((few for few in (like_title, called, of_page) if len(few) == 1), [])


def _is_in_title(heading: etree._Element, title: str) -> bool:
    """Are all of a heading's words, two or more, in the title, in whatever quotes?"""
    words = re.findall(r"\w+", brief_text(heading, 200).casefold())
    return len(words) > 1 and set(words) <= set(re.findall(r"\w+", title))


_TITLE_TAGS = ("h2", "h3", "td", "div", "span", "p", "strong")
_TITLE_CLASS = re.compile(
    r"(?:^|\s)(?:product[-_ ]?(?:detail[-_]*)?(?:title|name|heading)|page-?heading|pdp[-_]*(?:title|name))(?:$|\s)",
    re.IGNORECASE,
)


def announced(root: etree._Element) -> set[etree._Element]:
    """What stands under a heading that announces other products: its section, and what follows it there."""
    found: set[etree._Element] = set()
    for heading in islice(_announcing(root), MAX_LANDMARKS):
        parent = heading.getparent()
        if parent is not None and parent.tag != "body":
            found.add(parent)
        found.update(until_next_heading(heading))
    return found


def _announcing(root: etree._Element) -> Iterator[etree._Element]:
    for heading in root.iter("h2", "h3", "h4", "h5", "strong", "p", "div", "span"):
        if heading.tag in {"p", "div", "span", "strong"} and not _looks_like_heading(heading):
            continue
        text = brief_text(heading, 80)
        if _OTHERS_HEADINGS.search(text) or SUCCESSION.search(text):
            yield heading


def until_next_heading(heading: etree._Element) -> Iterator[etree._Element]:
    """What stands beside a heading and below it."""
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


def upwards(element: etree._Element) -> Iterator[etree._Element]:
    """The element and all that it stands in."""
    yield element
    yield from element.iterancestors()


def around(place: etree._Element, elements: Sequence[etree._Element]) -> Iterator[list[int]]:
    """The positions of the elements in the smallest block around a place, then those that each larger block adds."""
    levels = {block: level for level, block in enumerate(upwards(place))}
    added: list[list[int]] = [[] for _ in levels]
    for position, element in enumerate(elements):
        level = next((levels[up] for up in upwards(element) if up in levels), None)
        if level is not None:
            added[level].append(position)
    yield from added


_BUY = re.compile(
    r"add to (?:cart|bag|basket|trolley)|buy (?:it )?now|buy\b|pre-?order|in den (?:waren|einkaufs)?(?:korb|wagen)|"
    r"jetzt kaufen|kaufen|vorbestellen|"
    r"ajouter au panier|acheter|précommander|aggiungi al carrello|acquista|compra|añadir (?:al carrito|"
    r"a la cesta)|comprar|"
    r"in (?:winkelwagen|winkelmand)|toevoegen aan|kopen|bestellen|köp|lägg i|do koszyka|kup teraz|"
    r"adicionar ao carrinho|カート[にへ]|かごに(?:入|追加)|購入|in mijn winkel|legg i|læg i|lisää ostoskoriin",
    re.IGNORECASE,
)
_BUY_CLASS = re.compile(
    r"add-?to-?(?:cart|bag|basket)|addtocart|buy-?(?:now|button)|btn-cart|single_add_to_cart", re.IGNORECASE
)


_CART = re.compile(
    rf"{_BUY.pattern}|\b(?:cart|basket|bag|trolley|panier|caddie|carrello|cestino|carrito|cesta|winkel\w*|order now|"
    r"commander|ordina|purchase|koszyk\w*)\b|korb\b|körbli\b|wagen\b|bestell",
    re.IGNORECASE,
)


def can_order(root: etree._Element) -> bool:
    """Is there anything that leads to a cart, in whatever words?"""
    controls = islice(root.iter("button", "input", "a"), 5_000)
    return any(_CART.search(f"{element.get('value') or ''} {brief_text(element, 80)}") for element in controls)


def buy_buttons(root: etree._Element) -> list[etree._Element]:
    """The buttons by which a visitor buys."""
    return list(islice(_buttons(root), MAX_LANDMARKS))


def _buttons(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter("button", "input", "a"):
        names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('name') or ''}"
        if element.tag == "input" and (element.get("type") or "").casefold() not in {"submit", "button", "image"}:
            continue
        if element.tag == "a" and not _BUY_CLASS.search(names):
            continue
        written = element.get("value") or element.get("alt") or element.get("title") or ""
        text = written if element.tag == "input" else brief_text(element, 80)
        if _BUY_CLASS.search(names) or _BUY.search(text) or _BUY.search(element.get("aria-label") or ""):
            yield element
