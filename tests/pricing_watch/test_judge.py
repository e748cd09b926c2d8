from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.records import Kind, Page, Reading, Stock, Wanted
from tests.pricing_watch.judge import (
    Case,
    Expected,
    Judged,
    Reader,
    Score,
    Verdict,
    judge,
    load,
    page_of,
    verdict,
)

CASES = load()
PRICED = [case for case in CASES if case.expected.price_minor is not None]
ANSWERS = {page_of(case).body: case.expected for case in CASES}


def told(expected: Expected) -> Reading:
    return Reading(price_minor=expected.price_minor, currency=expected.currency)


def all_right(page: Page, wanted: Wanted) -> Reading:
    return told(ANSWERS[page.body])


def all_wrong(page: Page, wanted: Wanted) -> Reading:
    expected = ANSWERS[page.body]
    return Reading(price_minor=(expected.price_minor or 0) + 1, currency=expected.currency or "EUR")


def never(page: Page, wanted: Wanted) -> Reading:
    return Reading(reason="no idea")


class Told(NamedTuple):
    reader: Reader
    right: int
    wrong: int
    refused: int
    precision: float | None
    coverage: float


OBLIGED = [case for case in PRICED if not case.may_refuse]
READERS = [
    Told(all_right, right=len(PRICED), wrong=0, refused=0, precision=1.0, coverage=1.0),
    Told(all_wrong, right=0, wrong=len(CASES), refused=0, precision=0.0, coverage=0.0),
    Told(never, right=0, wrong=0, refused=len(OBLIGED), precision=None, coverage=0.0),
]


@pytest.mark.parametrize("expected", READERS, ids=lambda told: told.reader.__name__)
def test_extreme_readers_get_what_they_deserve(expected: Told) -> None:
    score = judge(expected.reader)
    assert score.count(Verdict.RIGHT) == expected.right
    assert score.count(Verdict.WRONG) == expected.wrong
    assert score.count(Verdict.REFUSED) == expected.refused
    assert (score.precision, score.coverage) == (expected.precision, expected.coverage)


@given(st.lists(st.sampled_from(CASES), unique_by=lambda case: case.page), st.data())
def test_every_answer_is_counted_once(cases: list[Case], data: st.DataObject) -> None:
    judged = []
    for case in cases:
        right = told(case.expected)
        off = Reading(price_minor=(case.expected.price_minor or 0) + 1, currency=case.expected.currency)
        reading = data.draw(st.sampled_from([right, off, Reading()]))
        judged.append(Judged(case, reading, verdict(case, reading)))
    score = Score(tuple(judged))
    assert sum(score.count(each) for each in Verdict) == len(cases)
    given_prices = [each for each in judged if each.reading.price_minor is not None]
    assert score.count(Verdict.RIGHT) + score.count(Verdict.WRONG) == len(given_prices)
    assert 0 <= score.coverage <= 1


def test_a_currency_that_is_not_said_is_not_held_against_a_reader() -> None:
    case = PRICED[0]
    right = told(case.expected)
    assert verdict(case, msgspec.structs.replace(right, currency=None)) is Verdict.RIGHT
    assert verdict(case, msgspec.structs.replace(right, currency="XAU")) is Verdict.WRONG


def test_a_fair_refusal_lowers_no_coverage() -> None:
    fair = next(case for case in PRICED if case.may_refuse)
    other = OBLIGED[0]
    readings = [(fair, Reading()), (other, told(other.expected))]
    score = Score(tuple(Judged(case, reading, verdict(case, reading)) for case, reading in readings))
    assert score.coverage == 1.0
    assert score.count(Verdict.RIGHTLY_NONE) == 1


def test_slips_beside_a_right_price_are_told() -> None:
    case = next(case for case in PRICED if case.expected.list_price_minor and case.expected.stock is Stock.IN_STOCK)
    bare = told(case.expected)
    full = msgspec.structs.replace(
        bare,
        list_price_minor=case.expected.list_price_minor,
        stock=case.expected.stock,
        kind=case.expected.kind or Kind.SINGLE,
    )
    assert list(Judged(case, full, Verdict.RIGHT).slips()) == []
    assert len(list(Judged(case, bare, Verdict.RIGHT).slips())) == 3
