"""From a page to a reading. Never raises, whatever the page holds; reads no clock and fetches nothing."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from urllib.parse import urlsplit

import msgspec

from services.pricing_watch.reading.choosing import Choice, Surroundings, choose
from services.pricing_watch.reading.clean import clean
from services.pricing_watch.reading.consensus import Evidence, agree, refusal
from services.pricing_watch.reading.document import Document, Unreadable
from services.pricing_watch.reading.embedded import read_embedded
from services.pricing_watch.reading.identity import bears
from services.pricing_watch.reading.json_ld import read_json_ld
from services.pricing_watch.reading.landmarks import brief_text
from services.pricing_watch.reading.lines import Part
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.meta_tags import read_meta_tags
from services.pricing_watch.reading.microdata import read_microdata
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.numbering import Numbering
from services.pricing_watch.reading.page_state import State, state_of, status_of
from services.pricing_watch.reading.page_style import page_style
from services.pricing_watch.reading.rdfa import read_rdfa
from services.pricing_watch.reading.seen import signed_currencies
from services.pricing_watch.reading.selector import read_selector
from services.pricing_watch.reading.sizes import offers_fields, offers_sizes
from services.pricing_watch.reading.tax_words import tax_of_all
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.reading.visible_text import VisibleText
from services.pricing_watch.records import Candidate, Kind, Method, Obstacle, Page, Reading, Role, Stock, Wanted

MAX_KEPT = 50
"""Candidates of one source that are kept as evidence."""

_FINAL = {Obstacle.AMBIGUOUS, Obstacle.CURRENCY, Obstacle.OTHER_PRODUCT, Obstacle.CONDITION}
"""Refusals of a trusted source that no lesser one overrules."""

_TOLD = {Obstacle.GONE, Obstacle.LOGIN, Obstacle.ON_REQUEST, Obstacle.LISTING}
"""What visitors are told in words, and so is why there is no price, whatever the data hold."""


def read_page(page: Page, wanted: Wanted) -> Reading:
    """The price of the product that is wanted, or why there is none.

    Pure and bounded: `Document` refuses what is too large or too deep, and everything after it takes time in
    proportion to the page's size.
    """
    return clean(_read_page(page, wanted))


def _read_page(page: Page, wanted: Wanted) -> Reading:
    state = status_of(page.status)
    if state is not None:
        return refusal(state.obstacle, state.reason)
    try:
        return read_document(Document(page), wanted)
    except Unreadable as why:
        return refusal(Obstacle.UNREADABLE, f"the page cannot be read: {why}")
    except Exception as error:
        return refusal(Obstacle.UNREADABLE, f"the page cannot be read: {type(error).__name__}: {error}"[:300])


def read_document(document: Document, wanted: Wanted) -> Reading:
    """The same of a page that is parsed, as its texts stand there. What is raised here is a fault of this program."""
    return _Reader(document, wanted).read()


class _Reader:
    """One page being read."""

    def __init__(self, document: Document, wanted: Wanted) -> None:
        self._document = document
        self._wanted = wanted
        self._visible = Visible(document.root)
        style = page_style(document, wanted)
        self._style = self._completed(style)
        self._text = VisibleText(self._visible, self._style)
        self._state = state_of(document, self._visible)

    def _completed(self, style: NumberStyle) -> NumberStyle:
        """Where no data state a currency, the one that visitors see does."""
        if style.stated is not None:
            return style
        codes = signed_currencies(self._visible.lines, style)
        return msgspec.structs.replace(style, stated=codes.pop()) if len(codes) == 1 else style

    def read(self) -> Reading:
        reading = self._read()
        kept = [one for few in self._found.values() for one in few[:MAX_KEPT]]
        stock = reading.stock or self._stock(reading, kept)
        tax = reading.tax_included
        if tax is None and reading.price_minor is not None:
            tax = tax_of_all([self._document.title, *(line.text for line in self._visible.lines)])
        return msgspec.structs.replace(
            reading, candidates=tuple(kept), stock=stock, kind=self._kind(reading), tax_included=tax
        )

    def _kind(self, reading: Reading) -> Kind:
        """One price for all sizes is still the price of variants."""
        sellers = {one.seller for few in self._found.values() for one in few}
        is_one = reading.kind is Kind.SINGLE or (reading.kind is Kind.AGGREGATE and len(sellers) == 1)
        own = (line.text for line in self._visible.lines if line.part is Part.BODY)
        if reading.price_minor is None or not is_one:
            return reading.kind
        return Kind.VARIANTS if offers_sizes(own) or offers_fields(self._text.main) else reading.kind

    def _stock(self, reading: Reading, candidates: Sequence[Candidate]) -> Stock | None:
        """Where no source of the price tells it: what the data say, if they say one thing; else what visitors see."""
        if reading.obstacle not in {None, Obstacle.NO_PRICE, Obstacle.AMBIGUOUS}:
            return None
        own = [one for one in candidates if one.role not in {Role.RELATED, Role.LISTED}]
        told = {one.stock for one in own if one.stock is not None}
        return told.pop() if len(told) == 1 else None if told else self._text.stock()

    def _read(self) -> Reading:
        state = self._state
        if state is not None and state.is_certain and not self._wanted.selector and not self._is_discontinued():
            return _refused(state)
        around = self._surroundings()
        choices = {method: choose(few, self._wanted, around) for method, few in self._found.items() if few}
        evidence = Evidence(choices, self._text, around, self._wanted)
        reading = self._lead(choices, evidence)
        if reading.price_minor is None:
            return _refused(state) if state is not None and _explains(state, reading, self._found) else reading
        problem = self._another()
        if problem is not None:
            return refusal(Obstacle.OTHER_PRODUCT, problem, kind=reading.kind)
        is_hidden = reading.method is Method.TEXT or not self._text.shows(reading.price_minor, reading.currency)
        if state is not None and state.obstacle is Obstacle.GONE and reading.method is Method.TEXT:
            return _refused(state)
        if state is not None and is_hidden and state.hides and not self._wanted.selector:
            return _refused(state)
        return reading

    def _lead(self, choices: Mapping[Method, Choice], evidence: Evidence) -> Reading:
        """The reading of the most trusted source that tells of the product."""
        if Method.SELECTOR in choices:
            reading = agree(Method.SELECTOR, evidence)
            return (
                reading
                if reading.price_minor is not None
                else msgspec.structs.replace(reading, obstacle=Obstacle.SELECTOR)
            )
        refused: Reading | None = None
        silent: Reading | None = None
        for method, choice in choices.items():
            reading = agree(method, evidence)
            if choice.is_silent:
                silent = silent or reading
                continue
            if choice.candidate is not None and refused and not _is_twice(choice.candidate, choices, self._text):
                continue
            if reading.obstacle is Obstacle.OTHER_PRODUCT and self._is_found_elsewhere(method):
                continue
            if reading.price_minor is not None or reading.obstacle in _FINAL:
                return reading
            refused = refused or reading
        nothing = refusal(Obstacle.NO_PRICE, "nothing on the page states a price that can be taken for the product's")
        return refused or silent or nothing

    def _is_found_elsewhere(self, method: Method) -> bool:
        """Does another source tell of what bears the number that is wanted?"""
        return any(bears(one, self._wanted) for other, few in self._found.items() if other is not method for one in few)

    def _another(self) -> str | None:
        """Why it is not the product that is wanted, where visitors read so and no data say otherwise."""
        if self._wanted.selector or any(bears(one, self._wanted) for few in self._found.values() for one in few):
            return None
        return self._numbering.another(self._wanted)

    @cached_property
    def _found(self) -> dict[Method, Sequence[Candidate]]:
        document, visible, style = self._document, self._visible, self._style
        sources: dict[Method, Callable[[], Sequence[Candidate]]] = {
            Method.JSON_LD: partial(read_json_ld, document, style),
            Method.MICRODATA: partial(read_microdata, document, visible, style),
            Method.RDFA: partial(read_rdfa, document, style),
            Method.META: partial(read_meta_tags, document, style),
            Method.EMBEDDED: partial(read_embedded, document, visible, style),
            Method.TEXT: partial(self._text.candidates, self._heading() or None, self._wanted),
        }
        if self._wanted.selector:
            sources = {Method.SELECTOR: partial(read_selector, document, self._wanted.selector, style), **sources}
        return {method: self._for_one([self._located(one) for one in read()]) for method, read in sources.items()}

    def _for_one(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those that visitors see as prices for several are refused, where another of the source is seen as a price."""
        if not any(self._text.shows(one.price_minor, one.currency) for one in candidates):
            return candidates
        return [
            msgspec.structs.replace(one, refused=one.refused or "is a price for several")
            if self._text.meaning(one.price_minor, one.currency) is Meaning.SEVERAL
            else one
            for one in candidates
        ]

    def _located(self, candidate: Candidate) -> Candidate:
        """With its address as seen from this page."""
        if candidate.url is None:
            return candidate
        return msgspec.structs.replace(candidate, url=self._document.absolute(candidate.url))

    def _heading(self) -> str:
        return brief_text(self._visible.headings[0], 200) if self._visible.headings else ""

    def _surroundings(self) -> Surroundings:
        document = self._document
        shop = [document.meta("og:site_name") or "", *document.host.removeprefix("www.").split(".")[:-1]]
        return Surroundings(
            url=document.url,
            canonical=document.canonical,
            names=tuple(self._numbering.names),
            shop=tuple(bare for name in shop if len(bare := "".join(c for c in name.casefold() if c.isalnum())) > 2),
            currency=next(iter(self._style.currencies), None),
            numbering=self._numbering,
        )

    @cached_property
    def _numbering(self) -> Numbering:
        document = self._document
        return Numbering(
            path=urlsplit(document.url).path if "://" in document.url else "",
            names=[text for text in (document.meta("og:title"), self._heading(), document.title) if text],
            lines=[line.text for line in self._visible.lines if line.part is Part.BODY][:2000],
        )

    def _is_discontinued(self) -> bool:
        """Do its data know that it is not to be had, and do visitors still see what it was sold at?"""
        return any(
            one.stock in {Stock.DISCONTINUED, Stock.OUT_OF_STOCK} and self._text.shows(one.price_minor, one.currency)
            for few in self._found.values()
            for one in few
            if one.price_minor is not None
        )


def _is_twice(found: Candidate, choices: Mapping[Method, Choice], text: VisibleText) -> bool:
    """Do two sources say it, or one and what visitors see? A more trusted one was no good."""
    same = [c for c in choices.values() if c.candidate is not None and c.candidate.price_minor == found.price_minor]
    return len(same) > 1 or (found.method is not Method.TEXT and text.shows(found.price_minor, found.currency))


def _explains(state: State, reading: Reading, candidates: Mapping[Method, Sequence[Candidate]]) -> bool:
    """Is the page's state why it gave no price, rather than what its sources hold?"""
    if state.obstacle is Obstacle.LISTING and reading.obstacle is Obstacle.AMBIGUOUS:
        return reading.kind is Kind.NONE
    is_told = state.obstacle in _TOLD or not any(candidates.values())
    return is_told and reading.obstacle is Obstacle.NO_PRICE


def _refused(state: State) -> Reading:
    stock = Stock.DISCONTINUED if state.obstacle is Obstacle.GONE and "no longer to be had" in state.reason else None
    return refusal(state.obstacle, state.reason, kind=Kind.NONE, stock=stock)
