"""Pages that are no product's: vanished products, walls against robots, logins, errors, lists, empty carts."""

import re
from itertools import islice

import msgspec

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.json_ld import json_ld_values
from services.pricing_watch.reading.landmarks import brief_text
from services.pricing_watch.reading.lines import Part
from services.pricing_watch.reading.loose_json import walk
from services.pricing_watch.reading.schema_org import MAX_NODES, Graph, types
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.reading.words import asks_to_request, asks_to_sign_in
from services.pricing_watch.records import Obstacle, Role

LITTLE = 1_500
"""Characters of text below which a page shows hardly more than a notice."""
NOTICE = 200
"""Characters of a line that can be such a notice."""
TILES = 4
"""Prices in tiles of other products from which on a page without a button to buy is a list."""


class State(msgspec.Struct, frozen=True):
    """What stands in the way. `is_certain`: whatever else the page says; else only where it states no price."""

    obstacle: Obstacle
    reason: str
    is_certain: bool


def _pattern(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_NOT_FOUND = _pattern(
    r"(?:error|erreur|fehler|errore)\s*:?\s*404",
    r"404\s*[-–|:]?\s*(?:error|erreur|not found|page|seite|pagina|$)",
    r"^\W*404\W*$",
    r"(?:page|product|item|article) (?:not|cannot be|could not be|can['’]t be|was not) found",
    r"page (?:introuvable|non trouvée|inexistante)",
    r"(?:seite|produkt|artikel) (?:wurde )?(?:leider )?nicht (?:mehr )?gefunden",
    r"pagina (?:non trovata|niet gevonden)",
    r"(?:produit|article) introuvable",
    r"prodotto non trovato",
    r"página no encontrada",
    r"producto no encontrado",
    r"we (?:can['’]t|couldn['’]t|could not) find (?:that|the|this) (?:page|product|item)",
    r"nothing (?:was )?found",
    r"this page (?:doesn['’]t|does not|no longer) exists?",
    r"cette page n['’]existe (?:plus|pas)",
    r"diese seite (?:existiert|gibt es) nicht",
)
_VANISHED = _pattern(
    r"(?:product|item|article|listing|offer|model) (?:is |has been |was )?(?:no longer (?:available|sold|"
    r"offered|for sale|in our)|"
    r"discontinued|removed|withdrawn)",
    r"(?:has been|is|was) discontinued",
    r"no longer (?:sell|stock|carry|offer) this",
    r"this listing (?:has )?ended",
    r"(?:produit|article|modèle|annonce|référence) (?:n['’]est|n['’]existe) (?:malheureusement )?plus",
    r"n['’]est plus (?:disponible|commercialisé|proposé|vendu|en vente|au catalogue)",
    r"produit (?:arrêté|supprimé|retiré)",
    r"(?:artikel|produkt|angebot|modell) (?:ist |wird )?(?:leider |derzeit )?nicht mehr (?:verfügbar|lieferbar|"
    r"erhältlich|im sortiment|angeboten)",
    r"nicht mehr (?:lieferbar|erhältlich|im sortiment|im angebot)",
    r"existiert nicht mehr",
    r"(?:prodotto|articolo) (?:non è|non e['’]) più",
    r"non è più (?:disponibile|in vendita|in produzione|acquistabile)",
    r"(?:producto|artículo) ya no",
    r"ya no está (?:disponible|a la venta)",
    r"producto descatalogado",
    r"(?:product|artikel) is niet (?:meer|langer)",
    r"niet meer (?:leverbaar|verkrijgbaar|beschikbaar|te koop)",
    r"uit ons assortiment",
)
_WALL_TITLE = _pattern(
    r"^just a moment",
    r"attention required",
    r"access (?:to this page has been )?denied",
    r"robot check",
    r"are you (?:a )?(?:robot|human)",
    r"pardon our interruption",
    r"human verification",
    r"security (?:check|verification)",
    r"verif(?:y|ying) (?:that )?you are (?:a )?human",
    r"ddos",
    r"bot (?:verification|detection)",
    r"captcha",
    r"sicherheits(?:über|ab)prüfung",
    r"vérification de sécurité",
    r"^request blocked",
    r"you have been blocked",
    r"^blocked$",
    r"unusual traffic",
    r"checking your browser",
    r"^403\b",
    r"forbidden",
    r"êtes-vous un robot",
    r"bist du ein roboter",
    r"sei umano",
    r"un momento",
)
_WALL_TEXT = _pattern(
    r"verif(?:y|ying) (?:that )?you(?:['’]re| are) (?:a |not a )?(?:human|robot)",
    r"enter the characters you see",
    r"checking your browser",
    r"not a robot",
    r"unusual (?:traffic|activity)",
    r"automated (?:access|requests?)",
    r"complete the (?:captcha|security check)",
    r"press (?:&|and) hold",
    r"kein roboter",
    r"pas un robot",
    r"non sono un robot",
    r"no soy un robot",
    r"geen robot",
    r"you have been blocked",
    r"access denied",
    r"you don['’]t have permission to access",
    r"please enable (?:javascript|js) and disable",
)
_WALL_SOURCE = _pattern(
    r"cf-challenge|challenge-platform/|_incapsula_resource|px-captcha|captcha-delivery\.com|cf_chl_|"
    r"awswafcookie|/_sec/cp_challenge"
)
_SCRIPTS_NEEDED = _pattern(
    r"(?:enable|requires?|needs?|activate|turn on) (?:javascript|js)",
    r"javascript (?:is (?:required|disabled)|aktivieren|muss|doit)",
    r"activer javascript",
    r"abilita(?:re)? javascript",
    r"activar? javascript",
)
_SIGN_IN_TITLE = _pattern(
    r"^\W*(?:log ?in|sign ?in|anmelde\w*|einloggen|connexion|se connecter|identifi\w+|accedi|login|"
    r"iniciar sesión|inloggen)\b"
)
_CLOSED = _pattern(
    r"maintenance",
    r"wartung(?:sarbeiten|smodus)?",
    r"manutenzione",
    r"mantenimiento",
    r"onderhoud",
    r"we(?:['’]ll| will) be (?:right )?back",
    r"be right back",
    r"service (?:temporarily )?unavailable",
    r"temporarily unavailable",
    r"opening soon",
    r"coming soon",
    r"(?:internal )?server error",
    r"bad gateway",
    r"gateway time-?out",
    r"something went wrong",
    r"enter (?:store )?using password",
    r"momentanément indisponible",
    r"vorübergehend nicht erreichbar",
    r"too many requests",
)
_CART = _pattern(
    r"(?:your |shopping )?(?:cart|basket|bag)(?: is (?:currently )?empty)?$",
    r"(?:dein|ihr)? ?warenkorb(?: ist leer)?$",
    r"(?:votre )?panier(?: est vide)?$",
    r"(?:il tuo )?carrello(?: è vuoto)?$",
    r"(?:tu )?(?:carrito|cesta)(?: está vac[ií]o)?$",
    r"winkelwagen(?: is leeg)?$",
)
_SEARCH = _pattern(
    r"search results?",
    r"results for",
    r"suchergebnis\w*",
    r"résultats? (?:de recherche|pour)",
    r"risultati (?:di|della|per)",
    r"resultados (?:de|para)",
    r"zoekresultaten",
)
_CONSENT = _pattern(r"cookies?\b|consent|datenschutz|einwilligung|confidentialité|privacy")


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
    notices = [line.text for line in visible.lines if line.part is Part.BODY and len(line.text) <= NOTICE]
    return (
        _by_name(document, called, length)
        or _wall(document, lines, length)
        or _vanished(visible, notices)
        or _by_notice(notices)
        or _list(document, visible, called)
        or _hardly_anything(document, lines, length)
    )


def _by_name(document: Document, called: list[str], length: int) -> State | None:
    for text in called:
        if _NOT_FOUND.search(text):
            return State(Obstacle.GONE, f"the page says that it was not found: {text[:80]!r}", is_certain=True)
        if _VANISHED.search(text):
            return State(
                Obstacle.GONE, f"the page says that the product is no longer to be had: {text[:80]!r}", is_certain=True
            )
        if _WALL_TITLE.search(text) and length < 2 * LITTLE:
            return State(Obstacle.BLOCKED, f"a wall against robots stands in the way: {text[:80]!r}", is_certain=True)
        if _CLOSED.search(text) and length < LITTLE:
            return State(Obstacle.CLOSED, f"the shop is closed for now: {text[:80]!r}", is_certain=True)
        if _CART.search(text):
            return State(Obstacle.LISTING, f"it is the page of a cart: {text[:80]!r}", is_certain=True)
        if _SEARCH.search(text):
            return State(Obstacle.LISTING, f"it is a list of search results: {text[:80]!r}", is_certain=False)
        if _SIGN_IN_TITLE.search(text) and _asks_for_password(document):
            return State(Obstacle.LOGIN, f"the page asks to sign in: {text[:80]!r}", is_certain=True)
    return None


def _asks_for_password(document: Document) -> bool:
    return any((field.get("type") or "").casefold() == "password" for field in document.root.iter("input"))


def _wall(document: Document, lines: list[str], length: int) -> State | None:
    if length >= LITTLE:
        return None
    told = next((line for line in lines if _WALL_TEXT.search(line[:NOTICE])), None)
    if told is not None:
        return State(Obstacle.BLOCKED, f"a wall against robots stands in the way: {told[:80]!r}", is_certain=False)
    if _WALL_SOURCE.search(document.source[:500_000].decode("utf-8", "replace")):
        return State(Obstacle.BLOCKED, "a wall against robots stands in the way", is_certain=False)
    return None


def _vanished(visible: Visible, notices: list[str]) -> State | None:
    told = next((text for text in notices if _VANISHED.search(text)), None)
    if told is None:
        return None
    can_buy = any(visible.part(button) is Part.BODY for button in visible.buttons)
    reason = f"the page says that the product is no longer to be had: {told[:80]!r}"
    return State(Obstacle.GONE, reason, is_certain=not can_buy)


def _by_notice(notices: list[str]) -> State | None:
    for text in notices:
        if asks_to_sign_in(text):
            return State(Obstacle.LOGIN, f"prices are shown to who signs in: {text[:80]!r}", is_certain=False)
        if asks_to_request(text):
            return State(Obstacle.ON_REQUEST, f"the price is told on request: {text[:80]!r}", is_certain=False)
        if _NOT_FOUND.search(text) and len(text) < 80:
            return State(Obstacle.GONE, f"the page says that it was not found: {text[:80]!r}", is_certain=False)
    return None


def _list(document: Document, visible: Visible, called: list[str]) -> State | None:
    can_buy = any(visible.part(button) is Part.BODY for button in visible.buttons)
    tiles = sum(1 for line in visible.lines if line.part is Part.OTHERS and _AMOUNT.search(line.text))
    kind = (document.meta("og:type") or "").casefold()
    is_called_one = kind in {"product.group", "category"} or _tells_of_a_list(document)
    has_tiles = tiles >= TILES and not can_buy and kind not in {"product", "og:product", "product.item"}
    if is_called_one or has_tiles:
        name = called[-1][:60] if called else document.url
        return State(Obstacle.LISTING, f"it is a list of products, as it seems: {name!r}", is_certain=False)
    return None


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
    if any(_SCRIPTS_NEEDED.search(line) for line in lines) or (length < 50 and _has_program(document)):
        return State(
            Obstacle.BLOCKED, "the page is made by scripts, and shows nothing without a browser", is_certain=False
        )
    if any(_CONSENT.search(line) for line in lines):
        return State(
            Obstacle.BLOCKED, "the page shows a notice about cookies and hardly anything else", is_certain=False
        )
    if any(_CLOSED.search(line) for line in lines):
        return State(Obstacle.CLOSED, "the shop is closed for now", is_certain=False)
    return None
