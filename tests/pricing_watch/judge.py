"""The judge: runs a reader on pages whose prices a human has read, and counts how often it is right.

`corpus/expected.yml` says of each page what stands there. A wrong price is the worst answer, none the second best.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from services.pricing_watch.records import Kind, Page, Reading, Stock, Wanted

CORPUS = Path(__file__).with_name("corpus")

Reader = Callable[[Page, Wanted], Reading]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a careful human reads. None: the page says no such thing, or several answers are fair."""

    price_minor: int | None
    currency: str | None
    list_price_minor: int | None
    stock: Stock | None
    kind: Kind | None


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page, what is looked for on it and what is to be found. `style` is the shop system it is written after."""

    page: str
    url: str
    style: str
    locale: str
    expected: Expected
    why: str
    status: int = 200
    content_type: str = ""
    wanted: Wanted = Wanted()
    may_refuse: bool = False
    """A reader that gives no price is not to blame."""


class Verdict(StrEnum):
    RIGHT = "right"
    RIGHTLY_NONE = "rightly none"
    """No price where there is none, or where to refuse is fair."""
    REFUSED = "refused"
    WRONG = "wrong"


class Judged(msgspec.Struct, frozen=True):
    case: Case
    reading: Reading
    verdict: Verdict

    def slips(self) -> Iterator[str]:
        """What else was read otherwise than it stands there, beside a right price."""
        if self.verdict is not Verdict.RIGHT:
            return
        expected, reading = self.case.expected, self.reading
        if reading.list_price_minor != expected.list_price_minor:
            yield f"list price {reading.list_price_minor} instead of {expected.list_price_minor}"
        if expected.stock and reading.stock != expected.stock:
            yield f"stock {reading.stock} instead of {expected.stock}"
        if expected.kind and reading.kind != expected.kind:
            yield f"kind {reading.kind} instead of {expected.kind}"


class Score(msgspec.Struct, frozen=True):
    judged: tuple[Judged, ...]

    def of(self, verdict: Verdict) -> list[Judged]:
        return [each for each in self.judged if each.verdict is verdict]

    def count(self, verdict: Verdict) -> int:
        return len(self.of(verdict))

    def with_address_only(self) -> "Score":
        """The score on the pages on which nothing certain is looked for."""
        return Score(tuple(each for each in self.judged if each.case.wanted == Wanted()))

    @property
    def precision(self) -> float | None:
        """Of the prices given, the share that is right. None if none was given."""
        right = self.count(Verdict.RIGHT)
        given = right + self.count(Verdict.WRONG)
        return right / given if given else None

    @property
    def coverage(self) -> float:
        """Of the pages that have a price, the share whose price was given right; without those fairly refused."""
        priced = [each for each in self.judged if each.case.expected.price_minor is not None]
        asked = [each for each in priced if each.verdict is not Verdict.RIGHTLY_NONE]
        return self.count(Verdict.RIGHT) / len(asked) if asked else 0.0


def load(folder: Path = CORPUS) -> list[Case]:
    return msgspec.yaml.decode((folder / "expected.yml").read_bytes(), type=list[Case])


def page_of(case: Case, folder: Path = CORPUS) -> Page:
    body = (folder / case.page).read_bytes()
    return Page(url=case.url, body=body, content_type=case.content_type, status=case.status)


def judge(reader: Reader, folder: Path = CORPUS) -> Score:
    """Run the reader on each page of the folder."""
    readings = ((case, reader(page_of(case, folder), case.wanted)) for case in load(folder))
    return Score(tuple(Judged(case, reading, verdict(case, reading)) for case, reading in readings))


def verdict(case: Case, reading: Reading) -> Verdict:
    """A currency that is not said is not held against a reader: some peers tell amounts only."""
    expected = case.expected
    if reading.price_minor is None:
        return Verdict.RIGHTLY_NONE if expected.price_minor is None or case.may_refuse else Verdict.REFUSED
    same_amount = reading.price_minor == expected.price_minor
    same_currency = reading.currency in (None, expected.currency)
    return Verdict.RIGHT if same_amount and same_currency else Verdict.WRONG
