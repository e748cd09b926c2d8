"""Whether the place where an amount stands tells that it is the product's price, where no data do.

Words that say what an amount is have no end: a salary, a fee, a sample, a prize. So it is the other way round: beside
a price stand the few words that shops put beside prices, or nothing. Whatever else stands there, nobody knows.
"""

import re
from collections.abc import Sequence

from services.pricing_watch.reading.currencies import is_word_too
from services.pricing_watch.reading.identity import are_two_models, words
from services.pricing_watch.reading.lines import Line
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.price_text import amounts
from services.pricing_watch.reading.seen import Seen, is_called_price, is_heading, label_of
from services.pricing_watch.reading.stock import told_stock
from services.pricing_watch.reading.tax_words import without_tax_words
from services.pricing_watch.reading.tiers import names_quantity
from services.pricing_watch.reading.words import calls_price
from services.pricing_watch.records import Stock

NEAR = 2
"""Lines between which a list price or a price per unit belongs to a price."""

_TELLING = words(
    "prix preis preise price prezzo precio prijs pris cena preço hinta kaufpreis verkaufspreis endpreis angebotspreis "
    "sonderpreis aktionspreis stückpreis einzelpreis onlinepreis bruttopreis nettopreis actieprijs "
    "価格 販売価格 本体価格 nur jetzt now only seulement actuel aktueller sale unser ihr dein notre nostro our your "
    "special promo promotion angebot aktion offre offer offerta attuale scontato ora solo ahora huidige each stück "
    "pièce unité pezzo stuk szt"
)
_NEUTRAL = words(
    "le la les il lo der die das den the el is est de di du des au aux al of pro par per je web online internet en "
    "ligne unitaire unit today heute st stk pc statt uvp rrp msrp pvp pvpr was instead lieu invece anziché van voor "
    "por desde antes vorher regular normal normale normaler habituel habitual new neu einmalkauf achat "
    "unique one time purchase buy it you sie vous save sparen économisez approx ca env soit inkl incl inc und and et "
) | words(
    "zzgl plus versand versandkosten versandkostenfrei shipping delivery free livraison gratuite offerte incluse "
    "spedizione gratuita porto frei tax taxes 本体 税 税込 税抜 送料無料 送料別 通常 販売"
)
"""What stands beside prices and beside other amounts as well."""

_CODE = re.compile(r"(?<!\w)[A-Z]+[A-Z0-9./]*-[A-Z0-9./-]*[0-9][A-Z0-9./-]*(?!\w)")
_ABOUT_THE_PRODUCT = re.compile(
    r"^\W*(?:réf|ref|art(?:ikel|icle|icolo)?|sku|code|codice|item|model\w*|modèle|mpn|ean|n°|best|product code|prod|"
    r"marque|brand|marke|marca|merk|hersteller|von|by|par|couleur|coloris|farbe|colou?r|colore|taille|size|größe|"
    r"(?:nouveauté|new|neu|novità|best-?seller|exclusi\w+)\W*$)(?!\w)",
    re.IGNORECASE,
)
"""How a line begins that tells the product's number, its maker, its colour."""
_CURRENCIES = words("eur euro euros chf usd gbp sek pln nok dkk cad aud inr kr zł zl rs fr ft lei rm tl")
_DIGITS = re.compile(r"\d+")
_MODEL = re.compile(r"[a-z]+[0-9]+\w*")
"""A model: `e27`, not `5kg`."""
_ON_TERMS = re.compile(
    r"\W*(?:je|pro|par|per|al|billed|every|jede\w*|with|avec|mit|con|met|after|nach|après|dopo|im ersten|le premier|"
    r"(?:for )?the first|then|puis|danach|due|leasing\w*)\b",
    re.IGNORECASE,
)
"""What begins a note that a price is for a part, for a while, or not for everybody."""


def is_told(lines: Sequence[Line], one: Seen, seen: Sequence[Seen], heading: str, *, can_buy: bool) -> bool:
    """May this amount be taken for the price of what the heading names?

    It may where its element is called a price. Else no unknown word may stand beside it or on the line before; and
    where nothing can be bought, something must say that it is a price.
    """
    before, after, sign = _beside(lines[one.line], one)
    known = _TELLING | _NEUTRAL | words(heading)
    note = without_tax_words(_note(lines, one.line + 1))
    if _ON_TERMS.match(note) and not _words(note) <= known:
        return False
    if can_buy and is_heading(one.element) and not is_word_too(sign):
        return True
    if is_called_price(one.element) and _words(before if can_buy else f"{before} {after}") <= known:
        return True
    if names_quantity(before.strip()) or calls_price(before):
        return True
    beside = f"{before} {after}"
    bare = without_tax_words(beside)
    found = _words(bare)
    if not found <= known:
        return False
    if found & _TELLING or bare != beside:
        return True
    is_beside_another = any(
        other.meaning in {Meaning.LIST_PRICE, Meaning.UNIT_PRICE} and abs(other.line - one.line) < NEAR
        for other in seen
    )
    if is_word_too(sign):
        return False
    return is_beside_another or (can_buy and _is_harmless(label_of(lines, one.line - 1), heading))


def _note(lines: Sequence[Line], number: int) -> str:
    """What follows a price on the next line, where that is no button."""
    text = label_of(lines, number)
    return text if text and lines[number].runs[0].element.tag not in {"button", "a"} else ""


def _is_harmless(label: str, heading: str) -> bool:
    """May a line before a price be of something else: the name, a number, a rating, what is in stock?"""
    if _ABOUT_THE_PRODUCT.search(label):
        return True
    extra = words(label) - words(heading)
    if words(heading) <= words(label) and len(extra) == 1 and all(word.isdecimal() for word in extra):
        return False
    others = {word for word in words(label) - words(heading) if _MODEL.fullmatch(word)}
    if others or (are_two_models(label, heading) and words(label) & words(heading)):
        return False
    if any(char.isdigit() for char in label) and not label.endswith(":"):
        return True
    return _words(label) <= _TELLING | _NEUTRAL | words(heading) or told_stock(label) is Stock.IN_STOCK


def _beside(line: Line, one: Seen) -> tuple[str, str, str]:
    """The text from the amount before it on its line, what follows it where it is the last, and its sign."""
    signed = [amount for amount in amounts(line.text) if amount.signs or amount.is_marked]
    last_end = 0
    for amount in signed:
        if line.text[max(0, amount.start - 20) : amount.end + 20].strip() == one.text:
            after = line.text[amount.end :] if amount is signed[-1] else ""
            return line.text[last_end : amount.start], after, next(iter(amount.signs), "")
        last_end = amount.end
    return line.text, "", ""


def _words(text: str) -> frozenset[str]:
    """The words of two letters or more, article numbers and currencies aside."""
    found = words(_DIGITS.sub(" ", _CODE.sub(" ", text))) - _CURRENCIES
    return frozenset(word for word in found if len(word) > 1)
