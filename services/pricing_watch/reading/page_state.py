"""Pages that are no product's: vanished products, walls against robots, logins, errors, lists, empty carts."""

import re
from itertools import islice

import msgspec

from services.pricing_watch.reading import notices
from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.json_ld import json_ld_values
from services.pricing_watch.reading.landmarks import brief_text, can_order
from services.pricing_watch.reading.lines import Part
from services.pricing_watch.reading.loose_json import walk
from services.pricing_watch.reading.schema_org import MAX_NODES, Graph, types
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.records import Obstacle, Role

LITTLE = 1_500
"""Characters of text below which a page shows hardly more than a notice."""
NOTICE = 200
"""Characters of a line that can be such a notice."""
TILES = 4
"""Prices in tiles of other products from which on a page without a button to buy is a list."""


class State(msgspec.Struct, frozen=True):
    """What stands in the way. `is_certain`: whatever else the page says; else only where it states no price.

    `hides`: a price in the data is none, where visitors do not see it.
    """

    obstacle: Obstacle
    reason: str
    is_certain: bool
    hides: bool = False


def status_of(status: int) -> State | None:
    """What an HTTP status says of a page, whatever its body."""
    if status in {404, 410}:
        return State(Obstacle.GONE, f"the server answers {status}: the page is no longer there", is_certain=True)
    if status in {401, 407}:
        return State(Obstacle.LOGIN, f"the server answers {status}: it asks to sign in", is_certain=True)
    if status in {403, 429, 451}:
        return State(Obstacle.BLOCKED, f"the server answers {status}: it does not let this reader in", is_certain=True)
    if status >= 400:
        return State(Obstacle.CLOSED, f"the server answers {status}: it cannot serve the page now", is_certain=True)
    return None


def state_of(document: Document, visible: Visible) -> State | None:
    """What stands in the way of a price, the most certain first."""
    lines = [line.text for line in visible.lines]
    length = sum(len(line) for line in lines)
    heading = brief_text(visible.headings[0], NOTICE) if visible.headings else ""
    called = [text for text in (document.title[:NOTICE], heading) if text]
    told = [line.text for line in visible.lines if line.part is Part.BODY and len(line.text) <= NOTICE]
    return (
        _by_name(document, visible, called, length)
        or _wall(document, lines, length)
        or _vanished(visible, told)
        or _by_notice(told)
        or _list(document, visible, called)
        or _hardly_anything(document, lines, length)
    )


def _by_name(document: Document, visible: Visible, called: list[str], length: int) -> State | None:
    """What a title or a heading says. Where a visitor can buy, `Maintenance` is a word of the product's name."""
    limits = _LIMITS_OF_SHOPS if _can_buy(visible) else _LIMITS
    for text in called:
        for pattern, obstacle, reason, limit in limits:
            if length < limit and pattern.search(text):
                return State(obstacle, f"{reason}: {text[:80]!r}", is_certain=True)
        if notices.SEARCH.search(text):
            return State(Obstacle.LISTING, f"it is a list of search results: {text[:80]!r}", is_certain=False)
        if notices.SIGN_IN_TITLE.search(text) and _asks_for_password(document):
            return State(Obstacle.LOGIN, f"the page asks to sign in: {text[:80]!r}", is_certain=True)
    return None


_NO_LIMIT = 10**9
_LIMITS_OF_SHOPS: tuple[tuple[re.Pattern[str], Obstacle, str, int], ...] = (
    (notices.NOT_FOUND, Obstacle.GONE, "the page says that it was not found", _NO_LIMIT),
    (notices.VANISHED, Obstacle.GONE, "the page says that the product is no longer to be had", _NO_LIMIT),
    (notices.WALL_TITLE, Obstacle.BLOCKED, "a wall against robots stands in the way", 2 * LITTLE),
    (notices.CART, Obstacle.LISTING, "it is the page of a cart", _NO_LIMIT),
)
"""What a title says, and below how many characters of text it is believed."""
_LIMITS = (
    *_LIMITS_OF_SHOPS,
    (notices.WAITING, Obstacle.BLOCKED, "a queue stands before the shop", 2 * LITTLE),
    (notices.CLOSED, Obstacle.CLOSED, "the shop is closed for now", LITTLE),
)


def _can_buy(visible: Visible) -> bool:
    return any(visible.part(button) is Part.BODY for button in visible.buttons)


def _asks_for_password(document: Document) -> bool:
    return any((field.get("type") or "").casefold() == "password" for field in document.root.iter("input"))


def _wall(document: Document, lines: list[str], length: int) -> State | None:
    if length >= LITTLE:
        return None
    told = next((line for line in lines if notices.WALL_TEXT.search(line[:NOTICE])), None)
    if told is not None:
        return State(Obstacle.BLOCKED, f"a wall against robots stands in the way: {told[:80]!r}", is_certain=False)
    if notices.WALL_SOURCE.search(document.source[:500_000].decode("utf-8", "replace")):
        return State(Obstacle.BLOCKED, "a wall against robots stands in the way", is_certain=False)
    return None


def _vanished(visible: Visible, lines: list[str]) -> State | None:
    told = next((text for text in lines if notices.VANISHED.search(text)), None)
    if told is None:
        return None
    reason = f"the page says that the product is no longer to be had: {told[:80]!r}"
    return State(Obstacle.GONE, reason, is_certain=not _can_buy(visible))


def _by_notice(lines: list[str]) -> State | None:
    for text in lines:
        if notices.SIGN_IN_FOR_PRICES.search(text):
            return State(
                Obstacle.LOGIN, f"prices are shown to who signs in: {text[:80]!r}", is_certain=False, hides=True
            )
        if notices.ON_REQUEST.search(text):
            return State(
                Obstacle.ON_REQUEST, f"the price is told on request: {text[:80]!r}", is_certain=False, hides=True
            )
        if notices.NOT_FOUND.search(text) and len(text) < 80:
            return State(Obstacle.GONE, f"the page says that it was not found: {text[:80]!r}", is_certain=False)
    return None


def _list(document: Document, visible: Visible, called: list[str]) -> State | None:
    tiles = sum(1 for line in visible.lines if line.part is Part.OTHERS and _AMOUNT.search(line.text))
    kind = (document.meta("og:type") or "").casefold()
    if (kind == "article" or _tells_of_text(document)) and not can_order(document.root):
        return State(
            Obstacle.LISTING, f"it is a text, as it seems: {document.title[:60]!r}", is_certain=False, hides=True
        )
    is_called_one = kind in {"product.group", "category"} or _tells_of_a_list(document)
    has_tiles = tiles >= TILES and not _can_buy(visible) and kind not in {"product", "og:product", "product.item"}
    if is_called_one or has_tiles:
        name = called[-1][:60] if called else document.url
        return State(
            Obstacle.LISTING, f"it is a list of products, as it seems: {name!r}", is_certain=False, hides=is_called_one
        )
    return None


_TEXTS = {"article", "newsarticle", "blogposting", "recipe", "jobposting", "faqpage"}


def _tells_of_text(document: Document) -> bool:
    """Does JSON-LD call the page an article, or another text that sells nothing?"""
    return any(_TEXTS & set(types(node)) for node in islice(walk(json_ld_values(document)), MAX_NODES))


def _tells_of_a_list(document: Document) -> bool:
    """Does JSON-LD call the page a collection, and tell of no product outside of a list?"""
    values = json_ld_values(document)
    kinds = {kind for node in islice(walk(values), MAX_NODES) for kind in types(node)}
    if not kinds & {"collectionpage", "searchresultspage", "itemlist"}:
        return False
    return all(found.role in {Role.LISTED, Role.RELATED} for found in Graph(values).products())


_AMOUNT = re.compile(r"[€$£¥₹]|\b(?:EUR|CHF|USD|GBP|SEK|PLN|kr|zł)\b")


def _has_program(document: Document) -> bool:
    return any("json" not in (script.get("type") or "") for script in document.root.iter("script"))


def _hardly_anything(document: Document, lines: list[str], length: int) -> State | None:
    if length >= LITTLE:
        return None
    if _asks_for_password(document):
        return State(Obstacle.LOGIN, "the page asks to sign in", is_certain=False)
    if any(notices.SCRIPTS_NEEDED.search(line) for line in lines) or (length < 50 and _has_program(document)):
        return State(
            Obstacle.BLOCKED, "the page is made by scripts, and shows nothing without a browser", is_certain=False
        )
    if any(notices.CONSENT.search(line) for line in lines):
        return State(
            Obstacle.BLOCKED, "the page shows a notice about cookies and hardly anything else", is_certain=False
        )
    if any(notices.CLOSED.search(line) for line in lines):
        return State(Obstacle.CLOSED, "the shop is closed for now", is_certain=False)
    return None
