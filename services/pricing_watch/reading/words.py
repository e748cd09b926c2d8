"""Words around an amount that say what it is, where it is not the price: of list prices, units, instalments, delivery.

French, English, German, Italian, Spanish, Dutch; what is common in Swedish, Polish, Portuguese and Japanese.
"""

import re

from services.pricing_watch.reading.meaning import Meaning

_UNIT = (
    r"(?:kg|kilos?|kilogramm|g|gr|gramm|grammes?|mg|l|lt|liter|litres?|litros?|litri|ml|cl|dl|m²|m2|m³|m3|qm|m|"
    r"meter|mètres?|cm|"
    r"quadratmeter|laufende[rnm]? meter|metro (?:quadr|lineare)\w*|sq\.? ?ft|sqft|square (?:foot|met(?:re|er))|yards?|"
    r"yd|"
    r"lfm|lb|lbs|oz|fl\.? ?oz|100 ?g|100 ?ml|waschladung|wl|wash|lavage|dose|tablette|tab|blatt|sheet|feuille)"
)
_PERIOD = (
    r"(?:mois|mtl|monat|monate|month|months|mo|mth|mese|mesi|mes|meses|maand|månad|mån|mies(?:iąc|ięcznie)?|mês|"
    r"week|woche|semaine|settimana|semana|year|yr|jahr|an|anno|año|jaar|day|tag|jour|journée|giorno|día|dag|"
    r"night|nacht|nuit|notte|noche|weekend|week-end|hour|hr|stunde|heure|ora|hora|uur)"
)

_LOWEST = (
    r"lowest|cheapest|niedrigster?|günstigster?|plus bas|più basso|más bajo|mais baixo|laagste|lägsta|laveste|"
    r"najniższa|"
    r"最安"
)
_BEFORE: tuple[tuple[Meaning, str], ...] = (
    (
        Meaning.OTHER,
        r"échantillon|sample\b|campione|farbmuster|handmuster|stoffmuster|prix (?:estimé|moyen|constaté)|"
        r"expected price|launch price|average price|voraussichtlich|durchschnittspreis|prezzo medio|adjugé|sold for|"
        r"estimat(?:e|ion)\b|nachfolge|success(?:or|eur)\b|successore|(?:remplacé|replaced|ersetzt|abgelöst|sostituit[oa]|sustituid[oa]|"
        r"reemplazad[oa]|vervangen|zastąpion\w|ersätts|erstattes) (?:par|by|durch|von|dal?|dall\w+|por|door|"
        r"przez|av)\b|"
        r"opvolger|sucesor|predecess|prédécesseur|vorgänger|voorganger|följs av|następc|後継|alternativ|similar|"
        r"ähnlich|voir aussi|see also|siehe auch|vedi anche|zie ook|separately|separat\b|séparément|separatamente",
    ),
    (
        Meaning.THRESHOLD,
        r"min(?:imum|destbestell\w*|destens?)\b(?: order| spend| bestell\w*)?|minimum d['’]achat|commande minimum|"
        r"ordine minimo|pedido mínimo|minimale? bestel|minsta order|zamówienie minimalne|franco de port",
    ),
    (
        Meaning.PAST,
        rf"(?:{_LOWEST})\D{{0,25}}(?:30|trente|dreißig|trenta|treinta|dertig)\s?(?:\w+\s)?"
        r"(?:days?|jours|tage|tagen|giorni|días|dias|dagen|dagar|dage|dni|日)|"
        r"(?:30|last|letzten|derniers?|ultimi|últimos|laatste|senaste|siste|ostatnich) \D{0,4}(?:30 )?"
        r"(?:days?|jours|tage|tagen|giorni|días|dias|dagen|dagar|dage|dni)\b",
    ),
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
        r"financ|leasing|loyer|cuotas?\b|payments? of|paiements? de|pagos de|pagamenti da|cr[ée]dit\w*|kredit|"
        r"krediet|klarna|afterpay|clearpay|scalapay|paypal|alma\b|oney|"
        r"monatlich|monthly|"
        r"par mois|al mese|mensil|termijn|delbetal|raty|\brat[ay]\b|parcela|delbetala|avbetal|\bx de\s*$|pay in",
    ),
    (
        Meaning.SHIPPING,
        r"shipping|delivery|postage|versand|lieferung|lieferkosten|livraison|frais de port|expédition|spedizione|"
        r"consegna|"
        r"env[ií]o|verzend|bezorg|frakt|leverans|wysyłk|dostaw|frete|送料|porto\b|bordsteinkante|2-mann|spedition",
    ),
    (
        Meaning.SAVING,
        r"\bsave\b|saving|you save|sparen|sie sparen|spare\b|ersparnis|économi|risparmi|ahorr|bespaar|korting|"
        r"gutschein|voucher|"
        r"coupon|discount|rabatt|remise|réduction|sconto|descuento|bonus|cash ?back|points|cagnott|zniżk|oszczęd|"
        r"spara\b|\boff\b|"
        r"desconto|\bodr\b|rembours|permuta|inzahlung|eintausch|inruil|rimbors|"
        r"wert von|worth|valeur|gift|geschenk|cadeau|trade-?in|reprise",
    ),
    (
        Meaning.DEPOSIT,
        r"pfand|deposit|consigne|éco-?part|eco-?part|ecotax|éco-?contribution|statiegeld|cauzione|depósito|fianza|"
        r"kaution|acompte|\barrhes|"
        r"anzahlung|caparra|acconto|aanbetaling|handpenning|anticipo|einmalig\b|eenmalig\b|upfront|zuzahlung|"
        r"reserv(?:e|ation|ing|ierung|ieren|a|ar|er)\b|réserv|"
        r"prenota\w*|refundable|remboursable|erstattbar|zaliczk|vrg\b|raee|recupel|kaucj|pant\b|copie privée|"
        r"\bdont\s*$|davon\s*$|di cui\s*$|waarvan\s*$",
    ),
    (
        Meaning.SERVICE,
        r"garantie|warranty|insurance|versicherung|assurance|protection|assicurazione|seguro|schutzbrief|(?:geräte|produkt)schutz|garanzia|montage|"
        r"installation|coverage|extension (?:\d|de garantie)|estensione|verlängerung|"
        r"mise en service|aufbau|altgerät|\bcover\b|care plan|verzekering|assembly|engraving|gravur|gift wrap|"
        r"emballage cadeau",
    ),
    (
        Meaning.LIST_PRICE,
        r"\buvp\b|unverb|statt\b|\brrp\b|msrp|\bsrp\b|list price|\bwas\b|\bbefore\b|original|"
        r"ursprünglich|"
        r"typical price|au lieu de|prix (?:conseillé|public|de vente conseillé|barré|d['’]origine|initial|"
        r"de référence|"
        r"de base|fournisseur)|ancien prix|\bavant\b|prezzo (?:consigliato|di listino|precedente|originale|"
        r"iniziale|di partenza|intero)|"
        r"listino|anzich|invece di|\bera\b|\bpvpr?\b|precio (?:recomendado|anterior|original)|\bantes\b|"
        r"en lugar de|"
        r"advies|\bvan\b|oude prijs|tidigare|ord\.? ?pris|ordinarie|tidigare pris|førpris|før\b|rek\.? ?pris|"
        r"zamiast|cena (?:katalogowa|"
        r"poprzednia)|"
        r"bisher|alter preis|vorher|^\W*de:?\s*$|preço anterior|listenpreis|compare at|price reduced from|"
        r"参考価格|定価|メーカー希望小売価格",
    ),
    (
        Meaning.REGULAR,
        r"regular(?: price)?|everyday(?: low)? price|prix (?:habituel|normal)|precio (?:habitual|normal)|"
        r"prezzo (?:normale|regolare)|"
        r"normal(?:er )?preis|normale prijs|normalpris|cena regularna|通常価格",
    ),
    (
        Meaning.STARTING,
        r"(?:lowest|niedrigster|najniższa|prix le plus bas|prezzo più basso|precio más bajo|laagste)\b|"
        r"(?:\bfrom|\bstart(?:s|ing)? (?:at|from)|\bas low as|\bab|\bà partir de|\bdès|\bda|\ba partire da|\bdesde|"
        r"\ba partir de|\bvanaf|"
        r"\bfrån|\bfra|\bod|\bjuż od|\bup to|\bbis zu|\bjusqu['’]à|\bfino a|\bhasta)\s*:?\s*$",
    ),
    (
        Meaning.MEMBERS,
        r"members?\b|membership|\bclub\b|payback|kundenkarte|carte (?:de fidélité|fidélité|adhérent)|adhérent|"
        r"abonné|\bprime\b|"
        r"subscribe|s['’]abonner|abonnement|spar-?abo|\babo\b|tessera|\bsoci[oe]?s?\b|\bmedlem\w*|\bfamily\b|"
        r"family-?\w*pris|\bleden|loyalty|student|"
        r"étudiant|cardholder|"
        r"mitglied|app[- ](?:price|preis)|\b(?:in (?:der|the|de|our|unserer) |dans l['’]|nell['’]|en la |"
        r"i )app?\b|\bapp only|\bpix\b|business price|b2b|wholesale|großhandel|with code|mit code|avec le code|"
        r"con codice|klubb",
    ),
    (
        Meaning.SEVERAL,
        r"bundle|total price|gesamtpreis|prix total|prix du lot|for both|for all|zusammen|ensemble|\bset(?:preis)?\b|"
        r"\d\s?/\s*$|buy \d+|compra \d+|acheter \d+|achetez \d+|\bsoit\b\s*$|"
        r"\d+ (?:szt|st|stk|stück|pcs|pieces|pièces|pezzi|pz|stuks|unidades|uds)?\.? ?"
        r"(?:lub więcej|or more|oder mehr|et plus|ou plus|o più|of meer|o más|eller fler)|\d+ (?:for|für|pour|per|"
        r"por|voor)\s*$|\bab \d+ (?:stk|stück|st\b)|dès \d+|from \d+ (?:pcs|units)|"
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

_PIECE = r"(?:stück|stk|st|pièce|piece|pc|pezzo|pz|stuk|unit|unité|unidad|ud|szt(?:uk\w*)?|styck|stycket)"
_AFTER: tuple[tuple[Meaning, str], ...] = (
    (Meaning.PIECE, rf"\(?(?:/|pro|par|per|je|al|por|la|l['’]|za)\s*{_PIECE}\b|each\b"),
    (
        Meaning.INSTALMENT,
        r"(?:/|pro|per|par|a|por)\s*(?:lieferung|ausgabe|delivery|issue|livraison|envoi|numéro|consegna|entrega|"
        r"levering)\b",
    ),
    (
        Meaning.INSTALMENT,
        rf"(?:/|pro|par|per|al|im|por|a|p\.|jede[nrs]?|each|every|ogni)\s*{_PERIOD}\b|monatlich|mtl\b|mensuel|"
        rf"mensili|mensuales|monthly|"
        rf"[x×]\s*\d+\b|en \d+ (?:fois|x)|in \d+ rate|in \d+ raten|\(\d+ ?[x×]",
    ),
    (Meaning.UNIT_PRICE, rf"\(?(?:/|pro|par|per|je|al|por|le|la|za|à|a|=)\s*(?:\d+(?:[.,]\d+)?\s*)?{_UNIT}\b"),
    (
        Meaning.SHIPPING,
        r"(?:\w*versand|shipping|delivery|postage|(?:de |d['’])?(?:frais de )?(?:port|livraison|expédition)|"
        r"(?:di )?spedizione|"
        r"(?:de )?(?:gastos de )?env[ií]o|verzend|bezorg|frakt|liefer|dostaw)",
    ),
    (
        Meaning.SAVING,
        r"(?:off\b|rabatt|korting|(?:de |d['’])(?:remise|réduction|économie)|di sconto|di risparmio|gespart|sparen|"
        r"discount|saved|"
        r"cash ?back|rembours|rimborsat|zurück\b|"
        r"geschenkt|gutschein|offerts?|reduction|billiger|günstiger|moins cher|de descuento|de ahorro|"
        r"voucher|"
        r"savings?\b|taniej|\(?-\s?\d+\s?%\s*\)?\s*(?:gespart|saved))",
    ),
    (
        Meaning.DEPOSIT,
        r"\(?(?:d['’]|de )?(?:éco-?part|eco-?part|éco-?contribution|consigne|pfand|deposit|statiegeld|cauzione|vrg|"
        r"kaucj|acompte|arrhes|anzahlung|caparra|acconto|aanbetaling|reserv|refundable|remboursable)",
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
    (Meaning.SERVICE, r"(?:/|pro|par|per|por|a|p\.)\s*(?:person\w*|personne|persona|pers\b|adult\w*|nuitée)"),
    (Meaning.INSTALMENT, r"(?:la|die|the|al|a)\s+(?:journée|semaine|nuit|giornata|notte|woche)\b"),
    (Meaning.STARTING, r"(?:〜|～|から|起|and up|or more|et plus)"),
    (Meaning.SEVERAL, r"(?:for \d+|für \d+|pour \d+|per \d+ (?:pezzi|pz)|les \d+\b|\(\d+ (?:pack|pcs))"),
)

_WINDOW = 60
_BEFORE_PATTERNS = tuple((meaning, re.compile(words, re.IGNORECASE)) for meaning, words in _BEFORE)
_BEFORE_LIST_PRICE = dict(_BEFORE_PATTERNS)[Meaning.LIST_PRICE]
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

_LABEL = re.compile(
    r"(?:\bprice|preis|\bprix|\bprezzo|\bprecio|prijs|\bpris|\bcena|\bpreço|\bhinta|価格)(?: (?:inkl|incl|inc|"
    r"ttc)\.?(?: \w+\.?)?)?\s*:?\s*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;|•]\s")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CURRENCY_WORDS = {"EUR", "CHF", "USD", "GBP", "SEK", "PLN", "NOK", "DKK", "CAD", "AUD", "INR", "kr", "zł", "Rs", "Fr"}
_STRONG = {Meaning.DEPOSIT, Meaning.SHIPPING, Meaning.INSTALMENT, Meaning.SERVICE, Meaning.MEMBERS}
"""What `only` and `now` before an amount do not undo."""
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
    told = next((meaning for meaning, pattern in _BEFORE_PATTERNS if pattern.search(before)), Meaning.PRICE)
    is_called_current = _CURRENT.search(before) and not (told in _STRONG and _is_told(told, before))
    return Meaning.PRICE if is_called_current else told


def _is_told(meaning: Meaning, before: str) -> bool:
    """Is it told in the same sentence, as in `delivery only 4.90`?"""
    sentence = _SENTENCE_END.split(before)[-1]
    return any(pattern.search(sentence) for other, pattern in _BEFORE_PATTERNS if other is meaning)


def announces_list_price(before: str) -> bool:
    """Do the words before an amount say that it is a list price?"""
    return bool(_BEFORE_LIST_PRICE.search(before[-_WINDOW:]))


def announces_price(before: str) -> bool:
    """Do the words right before an amount say that it is the price?"""
    return bool(_CURRENT.search(before) or _LABEL.search(before))


def calls_price(before: str) -> bool:
    """Do two words or more right before an amount call it the price: `our price is`, more than `only`?"""
    match = _CURRENT.search(before)
    return match is not None and len(_WORD.findall(match[0])) > 1


def word_count(text: str) -> int:
    """Words of two letters or more, currencies aside."""
    return sum(1 for word in _WORD.findall(text) if word not in _CURRENCY_WORDS)


_PER_UNIT = re.compile(
    rf"^[\s*()]*(?:/|pro|par|per|je|al|por|le|la|za|à|a|=)\s*((?:\d+(?:[.,]\d+)?\s*)?{_UNIT})\b", re.IGNORECASE
)


def unit_told(after: str) -> str | None:
    """What an amount is for, where the words that follow it name a unit of measure."""
    match = _PER_UNIT.search(after)
    return " ".join(match[1].split()) if match else None
