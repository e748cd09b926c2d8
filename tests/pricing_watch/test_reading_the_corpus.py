"""The gate of the reader: no wrong price on any page whose price a human has read, and few that are left out."""

from pathlib import Path

import pytest

from services.pricing_watch.reading.reader import read_page
from tests.pricing_watch.judge import Judged, Score, Verdict, judge

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("corpus*/expected.yml"))
COVERAGE = 0.85
"""Of the pages that have a price, the share whose price is given, at the least."""
SLIPS = 0.10
"""Of the prices given right, the share beside which a list price, a stock or a kind may be off."""


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def score(request: pytest.FixtureRequest) -> Score:
    return judge(read_page, request.param)


def told(judged: list[Judged]) -> str:
    """A line for each page: what was read, what stands there, and why."""
    return "\n".join(
        f"{each.case.page}: {each.reading.price_minor} {each.reading.currency} instead of"
        f" {each.case.expected.price_minor} {each.case.expected.currency}; {each.reading.reason}; {each.case.why}"
        for each in judged
    )


def test_no_price_is_wrong(score: Score) -> None:
    wrong = score.of(Verdict.WRONG)
    assert not wrong, told(wrong)


def test_every_price_is_in_its_currency(score: Score) -> None:
    off = [each for each in score.of(Verdict.RIGHT) if each.reading.currency != each.case.expected.currency]
    assert not off, told(off)


def test_most_prices_are_given(score: Score) -> None:
    assert score.coverage >= COVERAGE, told(score.of(Verdict.REFUSED))


def test_little_else_is_off(score: Score) -> None:
    slips = {each.case.page: list(each.slips()) for each in score.of(Verdict.RIGHT)}
    off = {page: few for page, few in slips.items() if few}
    assert len(off) <= SLIPS * score.count(Verdict.RIGHT), off


def test_a_price_has_a_reason_and_a_missing_one_an_obstacle(score: Score) -> None:
    for each in score.judged:
        assert each.reading.reason
        assert (each.reading.obstacle is None) == (each.reading.price_minor is not None), each.case.page
