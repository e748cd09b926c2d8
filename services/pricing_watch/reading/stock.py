"""Availability as shops put it - schema.org's words, those of feeds, and what visitors read - to six states."""

import re

from services.pricing_watch.records import Stock

_BY_TERM = {
    "instock": Stock.IN_STOCK,
    "instoreonly": Stock.IN_STOCK,
    "onlineonly": Stock.IN_STOCK,
    "available": Stock.IN_STOCK,
    "availablefororder": Stock.IN_STOCK,
    "limitedavailability": Stock.LIMITED,
    "lowstock": Stock.LIMITED,
    "limitedstock": Stock.LIMITED,
    "preorder": Stock.PREORDER,
    "presale": Stock.PREORDER,
    "backorder": Stock.BACKORDER,
    "onbackorder": Stock.BACKORDER,
    "madetoorder": Stock.BACKORDER,
    "onorder": Stock.BACKORDER,
    "outofstock": Stock.OUT_OF_STOCK,
    "soldout": Stock.OUT_OF_STOCK,
    "oos": Stock.OUT_OF_STOCK,
    "unavailable": Stock.OUT_OF_STOCK,
    "notavailable": Stock.OUT_OF_STOCK,
    "reserved": Stock.OUT_OF_STOCK,
    "pending": Stock.OUT_OF_STOCK,
    "discontinued": Stock.DISCONTINUED,
}

_PHRASES: tuple[tuple[Stock, str], ...] = (
    (
        Stock.DISCONTINUED,
        r"discontinued|no longer (?:available|sold|produced|made)|end of life|"
        r"n['’]est plus (?:disponible|commercialisé|vendu|fabriqué)|produit arrêté|"
        r"fin de série épuisée|arrêt de commercialisation|"
        r"nicht mehr (?:lieferbar|verfügbar|erhältlich|im sortiment)|"
        r"artikel ausgelaufen|auslaufartikel ausverkauft|"
        r"fuori produzione|non più (?:disponibile|in vendita|in produzione)|"
        r"descatalogado|ya no está disponible|"
        r"niet meer (?:leverbaar|verkrijgbaar|beschikbaar)|uit (?:het|ons) assortiment|"
        r"utgått|säljs inte längre|wycofan[yoae]|販売(?:を)?終了|生産終了",
    ),
    (
        Stock.PREORDER,
        r"pre-?order|pré-?commande|précommander|vorbestell\w*|"
        r"vorbesteller|pre-?ordina\w*|prenota(?:bile|zione)|"
        r"(?:en )?preventa|reservar ahora|pre-?bestell\w*|reserveer nu|"
        r"förbeställ\w*|förhandsbok\w*|przedsprzedaż|予約(?:受付|商品|販売)",
    ),
    (
        Stock.BACKORDER,
        r"back-?order(?:ed)?|(?:but|to) order(?:able)?(?!\w)|can be ordered|(?:aber|jedoch|nur) bestellbar|"
        r"ordinabile|commandable|maar (?:wel )?(?:te )?bestel|se puede (?:pedir|encargar)|"
        r"on order(?!\w)|disponible sur commande|sur commande|"
        r"en réapprovisionnement|réassort en cours|"
        r"nachbestellt|lieferbar in \d+ (?:wochen|monaten)|"
        r"auf bestellung|in arrivo|su ordinazione|in riordino|"
        r"bajo pedido|por encargo|nabestel\w*|op bestelling|"
        r"beställningsvara|på beställning|na zamówienie|取り?寄せ|受注生産",
    ),
    (
        Stock.OUT_OF_STOCK,
        r"out[ -]of[ -]stock|sold[ -]out|currently unavailable|"
        r"temporarily unavailable|not in stock|not available|no stock|"
        r"rupture de stock|en rupture|épuisée?s?\b|indisponible|"
        r"non disponible|plus en stock|victime de son succès|"
        r"ausverkauft|vergriffen|"
        r"nicht (?:auf lager|verfügbar|lieferbar|vorrätig)|derzeit nicht|momentan nicht|"
        r"esaurit[oaie]|non disponibil[ei]|al momento non disponibile|agotad[oa]s?|sin stock|"
        r"sin existencias|no disponible|fuera de stock|"
        r"uitverkocht|niet (?:op voorraad|leverbaar|beschikbaar)|tijdelijk niet|"
        r"slutsåld|slut(?: i lager| på lager)?(?!\w)|ej i lager|tillfälligt slut|finns ej i lager|udsolgt|utsolgt|"
        r"niedostępn\w+|brak (?:w magazynie|towaru|na stanie)|wyprzedan\w+|"
        r"esgotado|indisponível|sem estoque|在庫(?:切れ|なし|無し|がありません)|品切れ?|売り切れ|完売|入荷待ち",
    ),
    (
        Stock.LIMITED,
        r"only (?:a few|\d+) (?:left|remaining|in stock)|\d+ left in stock|low stock|"
        r"last (?:items?|pieces?|units?)|few left|limited (?:stock|availability)|"
        r"plus que \d+|"
        r"derni(?:er|ère)s? (?:articles?|pièces?|exemplaires?)|stock (?:limité|faible)|bientôt épuisé|"
        r"nur noch \d+|nur noch wenige|wenige (?:stück|exemplare)|"
        r"letzte (?:stücke?|exemplare?)|geringer bestand|begrenzt(?:er bestand| verfügbar)|"
        r"solo \d+ rimast[ie]|ultim[ie] (?:pezz[io]|disponibil\w+|\d+ (?:pezzi|pz|disponibili|rimast[ie]))|"
        r"disponibilità limitata|ne restano|"
        r"últim[ao]s (?:unidades|\d+ (?:unidades|piezas|disponibles))|sólo quedan|solo quedan|quedan \d+|"
        r"pocas unidades|"
        r"nog (?:maar |slechts )?\d+ (?:op voorraad|beschikbaar|stuks)|"
        r"laatste (?:stuks?|exempla)|beperkte? voorraad|bijna uitverkocht|"
        r"(?:endast|bara|få) (?:\d+ |ett fåtal )?(?:kvar|i lager)|\d+ kvar|sista (?:exemplar|chansen)|"
        r"ostatni\w* (?:sztuk\w*|egzemplarz\w*)|"
        r"残り(?:わずか|\s?[0-9]+)|在庫(?:わずか|僅少|残少)|残りあと",
    ),
    (
        Stock.IN_STOCK,
        r"in stock|available (?:now|immediately)|ready to ship|ships (?:today|within)|"
        r"en stock|disponible|"
        r"auf lager|sofort (?:lieferbar|verfügbar|versandfertig)|lagernd|vorrätig|lieferbar|verfügbar|"
        r"disponibil[ei]|disponibilità immediata|in magazzino|pronta consegna|"
        r"en existencias|en inventario|op voorraad|direct leverbaar|leverbaar|beschikbaar|"
        r"morgen (?:gratis )?(?:in huis|bezorgd|geleverd)|vandaag besteld|besteld,? morgen|"
        r"i lager|finns i (?:lager|butik)|på lager|w magazynie|dostępn[yae]|na stanie|"
        r"em estoque|disponível|在庫(?:あり|有り|有|がございます)|即納|(?:当日|翌日|即日|すぐに?)(?:出荷|発送|お届け)|"
        r"an lager|ab lager|(?:lager)?bestand:?\s*[1-9]\d*|expédié sous (?:24|48)|chez vous (?:demain|dès)|"
        r"(?:stock|disponibilité|availability|verfügbarkeit|disponibilità|magazyn|stan):\s*[1-9]\d* ",
    ),
)
_PATTERNS = tuple((stock, re.compile(rf"(?<!\w)(?:{phrases})", re.IGNORECASE)) for stock, phrases in _PHRASES)


def read_stock(text: str) -> Stock | None:
    """The state that a field of structured data names: an IRI of schema.org, its last part, or words."""
    term = re.sub(r"[\s_-]+", "", text.strip().rstrip("/").rpartition("/")[2].rpartition("#")[2]).casefold()
    return _BY_TERM.get(term) or told_stock(text[:200])


def told_stock(text: str) -> Stock | None:
    """The state that words for visitors tell, the most particular first: `no longer available` is not `available`."""
    told = next((stock for stock, pattern in _PATTERNS if pattern.search(text)), None)
    return None if told is Stock.IN_STOCK and _ONCE.search(text) else told


_ONCE = re.compile(
    r"notify|let me know|e-?mail me|back in stock|benachrichtig|sobald|wieder (?:da|liefer|verfügbar|vorrätig)|"
    r"prévenez|prévenir|avertir|alerte|de retour|avvisami|avvisa|quando (?:torn|sarà)|avísame|avisar|"
    r"cuando (?:vuelv|esté)|op de hoogte|zodra|weer (?:op|lever)|meddela|när den|powiadom",
    re.IGNORECASE,
)
"""What is promised for the day on which it can be had again."""


def one_state(told: set[Stock]) -> Stock | None:
    """The one state that is told; of a thing that is in stock and of which few are left, the latter."""
    if told == {Stock.IN_STOCK, Stock.LIMITED}:
        return Stock.LIMITED
    return next(iter(told)) if len(told) == 1 else None
