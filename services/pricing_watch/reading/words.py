"""Words around an amount that say what it is, where it is not the price: of list prices, units, instalments, delivery.

French, English, German, Italian, Spanish, Dutch; what is common in Swedish, Polish, Portuguese and Japanese.
"""

import re
from enum import StrEnum


class Meaning(StrEnum):
    """What an amount is."""

    PRICE = "a price"
    LIST_PRICE = "a list price"
    UNIT_PRICE = "a price per unit"
    INSTALMENT = "an instalment"
    SHIPPING = "the cost of delivery"
    SAVING = "a saving or a voucher"
    DEPOSIT = "a deposit or a levy"
    MEMBERS = "a price for members, subscribers or with a coupon"
    SEVERAL = "a price for several"
    SERVICE = "a warranty or a service"
    USED = "a price of a used thing"
    STARTING = "the lowest of several prices"
    BID = "a bid"


_UNIT = (
    r"(?:kg|kilos?|kilogramm|g|gr|gramm|grammes?|mg|l|lt|liter|litres?|litros?|litri|ml|cl|dl|m²|m2|m³|m3|qm|m|"
    r"meter|mètres?|cm|"
    r"lfm|lb|lbs|oz|fl\.? ?oz|100 ?g|100 ?ml|waschladung|wl|wash|lavage|dose|tablette|tab|blatt|sheet|feuille)"
)
_PERIOD = (
    r"(?:mois|mtl|monat|monate|month|months|mo|mth|mese|mesi|mes|meses|maand|månad|mån|mies(?:iąc|ięcznie)?|mês|"
    r"week|woche|semaine|settimana|semana|year|yr|jahr|an|anno|año|jaar|day|tag|jour)"
)

_BEFORE: tuple[tuple[Meaning, str], ...] = (
    (Meaning.BID, r"\bbids?\b|gebot\b|enchère|offerta attuale|puja\b|\bbod\b"),
    (
        Meaning.UNIT_PRICE,
        rf"{_UNIT}\s*=\s*$|grundpreis|basispreis|unit price|price per (?:unit|{_UNIT})|prix (?:au|à la|par) |"
        rf"preis pro {_UNIT}|"
        r"prezzo (?:al|per) (?:kg|litro|kilo|unità)|precio (?:por|unidad)|prijs per |jämförpris|jmf|cena za",
    ),
    (
        Meaning.INSTALMENT,
        r"\d\s*[x×]\s*(?:de|of|à|von|da)?\s*$|en \d+ (?:fois|cuotas|x)|mensualit|instal?l?ment|rate[n]?\b|"
        r"ratenzahlung|finanz|"
        r"financ|leasing|loyer|cuotas?\b|payments? of|klarna|afterpay|clearpay|scalapay|paypal|alma\b|oney|"
        r"monatlich|monthly|"
        r"par mois|al mese|mensil|termijn|delbetal|raty|parcela|\bx de\s*$|pay in",
    ),
    (
        Meaning.SHIPPING,
        r"shipping|delivery|postage|versand|lieferung|lieferkosten|livraison|frais de port|expédition|spedizione|"
        r"consegna|"
        r"env[ií]o|verzend|bezorg|frakt|leverans|wysyłk|dostaw|frete|送料|porto\b",
    ),
    (
        Meaning.SAVING,
        r"\bsave\b|saving|you save|sparen|sie sparen|spare\b|ersparnis|économi|risparmi|ahorr|bespaar|korting|"
        r"gutschein|voucher|"
        r"coupon|discount|rabatt|remise|réduction|sconto|descuento|bonus|cash ?back|points|cagnott|zniżk|oszczęd|"
        r"spara\b|\boff\b|"
        r"desconto|wert von|worth|valeur|gift|geschenk|cadeau|trade-?in|reprise",
    ),
    (
        Meaning.DEPOSIT,
        r"pfand|deposit|consigne|éco-?part|eco-?part|ecotax|éco-?contribution|statiegeld|cauzione|depósito|fianza|"
        r"kaution|acompte|"
        r"anzahlung|vrg\b|raee|recupel|kaucj|pant\b|copie privée|\bdont\s*$|davon\s*$",
    ),
    (
        Meaning.SERVICE,
        r"garantie|warranty|insurance|versicherung|assurance|protection|assicurazione|seguro|schutzbrief|montage|"
        r"installation|"
        r"mise en service|aufbau|altgerät|verzekering|assembly|engraving|gravur|gift wrap|emballage cadeau",
    ),
    (
        Meaning.LIST_PRICE,
        r"\buvp\b|unverb|statt\b|\brrp\b|msrp|\bsrp\b|list price|\bwas\b|\bbefore\b|regular(?: price)?|original|"
        r"ursprünglich|"
        r"typical price|au lieu de|prix (?:conseillé|public|de vente conseillé|barré|d['’]origine|initial|habituel|"
        r"normal|de référence|"
        r"de base|fournisseur)|ancien prix|\bavant\b|prezzo (?:consigliato|di listino|precedente|originale|"
        r"iniziale|di partenza|intero)|"
        r"listino|anzich|invece di|\bera\b|\bpvpr?\b|precio (?:recomendado|anterior|original|habitual)|\bantes\b|"
        r"en lugar de|"
        r"advies|\bvan\b|oude prijs|tidigare|ord\.? ?pris|ordinarie|rek\.? ?pris|zamiast|cena (?:katalogowa|"
        r"regularna|poprzednia)|"
        r"bisher|alter preis|vorher|^\W*de:?\s*$|preço anterior|normalpreis|listenpreis|compare at|"
        r"参考価格|通常価格|定価",
    ),
    (
        Meaning.STARTING,
        r"(?:lowest|niedrigster|najniższa|prix le plus bas|prezzo più basso|precio más bajo|laagste)\b|"
        r"(?:\bfrom|\bstarting (?:at|from)|\bas low as|\bab|\bà partir de|\bdès|\bda|\ba partire da|\bdesde|"
        r"\ba partir de|\bvanaf|"
        r"\bfrån|\bfra|\bod|\bjuż od|\bup to|\bbis zu|\bjusqu['’]à|\bfino a|\bhasta)\s*:?\s*$",
    ),
    (
        Meaning.MEMBERS,
        r"members?\b|membership|\bclub\b|payback|kundenkarte|carte (?:de fidélité|fidélité|adhérent)|adhérent|"
        r"abonné|\bprime\b|"
        r"subscribe|s['’]abonner|abonnement|spar-?abo|\babo\b|tessera|\bsoci[oe]?s?\b|\bleden|loyalty|student|"
        r"étudiant|cardholder|"
        r"mitglied|app[- ](?:price|preis)|business price|b2b|wholesale|großhandel|with code|mit code|avec le code|"
        r"con codice|klubb",
    ),
    (
        Meaning.SEVERAL,
        r"bundle|total price|gesamtpreis|prix total|prix du lot|for both|for all|zusammen|ensemble|\bset(?:preis)?\b|"
        r"buy \d+|\d+ (?:for|für|pour|per|por|voor)\s*$|\bab \d+ (?:stk|stück|st\b)|dès \d+|from \d+ (?:pcs|units)|"
        r"\d+\+ ?:?\s*$|"
        r"ab \d+\s*:?\s*$|lot de \d+|pack of \d+|totale?\b|subtotal|sous-total|zwischensumme|warenkorb|\bcart\b|"
        r"panier|carrello",
    ),
    (
        Meaning.USED,
        r"\bused\b|open[ -]?box|refurb|renewed|reconditionn|d['’]occasion|occasions?\b|seconde main|gebraucht|"
        r"b-?ware|usat[oi]\b|"
        r"ricondizionat|segunda mano|reacondicionad|tweedehands|generalüberholt|rückläufer|vorführ|retourenware|"
        r"pre-?owned|warehouse",
    ),
)

_AFTER: tuple[tuple[Meaning, str], ...] = (
    (
        Meaning.INSTALMENT,
        rf"(?:/|pro|par|per|al|im|por|a|p\.|jede[nrs]?|each|every|ogni)\s*{_PERIOD}\b|monatlich|mtl\b|mensuel|"
        rf"mensili|mensuales|monthly|"
        rf"[x×]\s*\d+\b|en \d+ (?:fois|x)|in \d+ rate|in \d+ raten|\(\d+ ?[x×]",
    ),
    (Meaning.UNIT_PRICE, rf"\(?(?:/|pro|par|per|je|al|por|le|la|za|à|a|=)\s*(?:\d+(?:[.,]\d+)?\s*)?{_UNIT}\b"),
    (
        Meaning.SHIPPING,
        r"(?:versand|shipping|delivery|postage|(?:de |d['’])?(?:frais de )?(?:port|livraison|expédition)|"
        r"(?:di )?spedizione|"
        r"(?:de )?(?:gastos de )?env[ií]o|verzend|bezorg|frakt|liefer|dostaw)",
    ),
    (
        Meaning.SAVING,
        r"(?:off\b|rabatt|korting|(?:de |d['’])(?:remise|réduction|économie)|di sconto|di risparmio|gespart|sparen|"
        r"discount|saved|"
        r"cash ?back|geschenkt|gutschein|offerts?|reduction|billiger|günstiger|moins cher|de descuento|de ahorro|"
        r"voucher|"
        r"savings?\b|taniej|\(?-\s?\d+\s?%\s*\)?\s*(?:gespart|saved))",
    ),
    (
        Meaning.DEPOSIT,
        r"\(?(?:d['’]|de )?(?:éco-?part|eco-?part|éco-?contribution|consigne|pfand|deposit|statiegeld|cauzione|vrg|"
        r"kaucj)",
    ),
    (
        Meaning.LIST_PRICE,
        r"\(?(?:uvp|rrp|msrp|list price|prix conseillé|unverb|retail|pvpr|adviesprijs|prezzo consigliato|listino|"
        r"prix public)\b",
    ),
    (
        Meaning.MEMBERS,
        r"(?:for|with|mit|avec|con|pour|für|per|met) (?:(?:the|la|votre|ihrer?|der|le|your|les|i|gli|dem|den) )?"
        r"(?:members?|club|payback|carte|karte|kundenkarte|adhérents|prime|subscription|abonnement|abo|coupon|code|"
        r"code|mitglieder|"
        r"tessera|soci|socios|leden|membres|plus|app|gutschein|codice)",
    ),
    (Meaning.STARTING, r"(?:〜|～|から|起|and up|or more|et plus)"),
    (Meaning.SEVERAL, r"(?:for \d+|für \d+|pour \d+|per \d+ (?:pezzi|pz)|les \d+\b|\(\d+ (?:pack|pcs))"),
)

_WINDOW = 60
_BEFORE_PATTERNS = tuple((meaning, re.compile(words, re.IGNORECASE)) for meaning, words in _BEFORE)
_AFTER_PATTERNS = tuple((meaning, re.compile(rf"^[\s*¹²³†()]*(?:{words})", re.IGNORECASE)) for meaning, words in _AFTER)

_CURRENT = re.compile(
    r"(?:\b(?:sale|current|special|our|your|now|promo\w*|offer|final|discounted|actual) price(?: is| now)?|"
    r"\bnow(?: only)?|\bjetzt(?: nur)?|"
    r"\bnur|(?:aktueller|unser|ihr|dein|neuer) preis(?: ist)?|angebotspreis|sonderpreis|aktionspreis|"
    r"prix (?:actuel|promo\w*|soldé|remisé|spécial|réduit)(?: est)?|maintenant|prezzo (?:attuale|scontato|"
    r"speciale)(?: è)?|\bora|"
    r"precio (?:actual|rebajado|especial|de oferta)(?: es)?|\bahora|huidige prijs|actieprijs|\bnu|\bpor)\s*:?\s*$",
    re.IGNORECASE,
)

_TAX = r"(?:mwst|mehrwertsteuer|ust|umsatzsteuer|vat|tax(?:es)?|gst|btw|tva|iva|moms|mva|taxes|imp(?:uestos|osta))"
_WITHOUT_TAX = re.compile(
    rf"(?<!\w)(?:h\.?t\.?|hors[ -]?(?:taxes?|tva)|netto|net price|(?:zzgl|zuzügl(?:ich)?|exkl|excl|exc|ex|ohne|"
    rf"plus|sans|sin|bez|\+|exclusief|"
    rf"exclus(?:ive|ding)?(?: of)?|excluding|without|before)\.?\s*(?:der |of |ges(?:etzl)?\.?\s*|\d+\s?%\s*)*{_TAX}|"
    rf"{_TAX}\s*(?:esclusa|escl\.?|no incluid[oa]|non compresa|excluded|exclue)|税抜|税別)(?!\w)",
    re.IGNORECASE,
)
_WITH_TAX = re.compile(
    rf"(?<!\w)(?:t\.?t\.?c\.?|toutes taxes comprises|brutto|(?:inkl|incl|inc|inklusive|including|"
    rf"inclusive(?: of)?|inclusief|mit|avec|con|z)\.?\s*"
    rf"(?:der |of |ges(?:etzl)?\.?\s*|\d+\s?%\s*)*{_TAX}|{_TAX}\s*(?:inclusa|incl\.?|incluid[oa]|compresa|"
    rf"included|comprise|incluse|inkl\.?)|"
    r"税込)(?!\w)",
    re.IGNORECASE,
)


_BOUND = {Meaning.INSTALMENT, Meaning.UNIT_PRICE, Meaning.STARTING, Meaning.SEVERAL}
"""What words say of the amount before them, even where another amount follows."""


def meaning_of(before: str, after: str, *, is_last: bool = True) -> Meaning:
    """What an amount is by the words before it, back to the amount before, and those that follow at once.

    Where it is not the last of its line, words such as `UVP` behind it are about the next.
    """
    before, after = before[-_WINDOW:], after[:_WINDOW]
    for meaning, pattern in _AFTER_PATTERNS:
        if (is_last or meaning in _BOUND) and pattern.search(after):
            return meaning
    if _CURRENT.search(before):
        return Meaning.PRICE
    for meaning, pattern in _BEFORE_PATTERNS:
        if pattern.search(before):
            return meaning
    return Meaning.PRICE


def tax_told(text: str) -> bool | None:
    """Whether words say that tax is in an amount; none where they say nothing, or both."""
    with_tax, without_tax = bool(_WITH_TAX.search(text)), bool(_WITHOUT_TAX.search(text))
    return with_tax if with_tax != without_tax else None


_ON_REQUEST = re.compile(
    r"price (?:up)?on (?:request|application)|call (?:us )?for (?:a )?pric|contact us for (?:a )?(?:price|"
    r"quote)|request a quote|"
    r"preis auf anfrage|prix sur (?:demande|devis)|sur devis|nous consulter|prezzo su richiesta|su richiesta|"
    r"precio a consultar|consultar precio|prijs op aanvraag|pris på begäran|cena na zapytanie|sob consulta",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:log|sign) ?in (?:to|for) (?:see|view|show|access|your|our|the)?\s*(?:\w+ ){0,2}prices?|login (?:to|"
    r"for) (?:\w+ ){0,2}prices?|"
    r"(?:anmelden|einloggen)[, ]+um (?:\w+ ){0,2}preise|preise? (?:sehen sie |nur )?(?:nach|"
    r"erst nach) (?:login|anmeldung)|"
    r"(?:connectez-vous|identifiez-vous|se connecter) pour (?:voir|consulter|afficher|connaître)|"
    r"(?:accedi|effettua il login|registrati) per (?:vedere|visualizzare)|"
    r"inicia(?:r)? sesión para ver|log ?in om (?:de )?prijzen|inloggen voor prijzen",
    re.IGNORECASE,
)


def asks_to_request(text: str) -> bool:
    """Does the shop tell its price only when asked?"""
    return bool(_ON_REQUEST.search(text))


def asks_to_sign_in(text: str) -> bool:
    """Are prices shown to who signs in?"""
    return bool(_LOGIN.search(text))
