"""Lines of visible text, each run of it with the element that it stands in."""

from bisect import bisect_right
from enum import Enum
from operator import attrgetter

import msgspec
from lxml import etree

from services.pricing_watch.reading.landmarks import brief_text
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.price_text import CELL, CENTS, JOINT, tidied


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


_START = attrgetter("start")


class Line(msgspec.Struct, frozen=True):
    """What stands on one line, as far as tags tell."""

    text: str
    runs: tuple[Run, ...]
    """In the order in which they stand there."""
    part: Part

    def text_of(self, run: Run) -> str:
        """The text of a run, to where the next one begins."""
        following = bisect_right(self.runs, run.start, key=_START)
        end = self.runs[following].start if following < len(self.runs) else len(self.text)
        return self.text[run.start : end]

    def run_at(self, position: int) -> Run:
        """The run that a character is of."""
        return self.runs[max(0, bisect_right(self.runs, position, key=_START) - 1)]


_SIGNS = set("€$£¥₹")
_DASHES = set("-–—")


class State(msgspec.Struct, frozen=True):
    """What an element passes on to those within it."""

    part: Part
    meaning: Meaning | None


class Writer:
    """Puts runs of text together to lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._text: list[str] = []
        self.length = 0
        self.last = ""
        self._runs: list[Run] = []
        self._part = Part.BODY
        self._pending = ""

    def write(self, text: str, element: etree._Element, state: State) -> None:
        words = tidied(text) if text else ""
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
        self._runs.append(Run(self.length, element, state.meaning))
        self._put(words)
        if text[-1].isspace():
            self.space()

    def space(self) -> None:
        if self._pending not in {CENTS, CELL}:
            self._pending = " "

    def cell(self) -> None:
        self._pending = CELL

    def joint(self) -> None:
        self._pending = self._pending or JOINT

    def cents(self, element: etree._Element) -> None:
        """Digits that stand raised after digits are cents, with or without a space before them."""
        text = brief_text(element, 4)
        has_two_digits = text[:2].isdigit() and not text[2:3].isdigit()
        if has_two_digits and (self.last.isdigit() or self.last in _SIGNS):
            self._pending = CENTS
        else:
            self.joint()

    def end_line(self) -> None:
        text = "".join(self._text)
        if text.strip():
            self.lines.append(Line(text, tuple(self._runs), self._part))
        self._text, self._runs, self.length, self.last, self._pending = [], [], 0, "", ""

    def finished(self) -> list[Line]:
        self.end_line()
        return self.lines

    def _put_pending(self, words: str) -> None:
        pending = self._pending if self._text else ""
        if pending in {JOINT, CENTS} and not (self.last.isdigit() and words[0].isdigit()):
            may_stick = self.last.isalpha() or self.last in _SIGNS or self.last in _DASHES
            pending = pending if pending == CENTS else " " if may_stick and words[0].isalnum() else ""
        if pending:
            self._put(pending)
        self._pending = ""

    def _put(self, text: str) -> None:
        self._text.append(text)
        self.length += len(text)
        self.last = text[-1]
