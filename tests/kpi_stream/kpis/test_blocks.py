"""Blocks: each closes with the day on which it holds enough, and what is left over is in none."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.common.events.answers import LEAST_ANSWERS
from services.kpi_stream.kpis.blocks import closed_blocks

FIRST = date(2026, 1, 1)
counts = st.fixed_dictionaries({"promoters": st.integers(0, 3), "detractors": st.integers(0, 3)}).filter(
    lambda held: any(held.values())
)
years = st.dictionaries(st.integers(0, 30).map(lambda n: FIRST + timedelta(n)), counts, max_size=12)


@given(years)
def test_blocks_hold_enough_follow_each_other_and_close_as_soon_as_they_can(days: dict[date, dict[str, int]]) -> None:
    blocks = list(closed_blocks(days))
    rest = dict(days)
    for block in blocks:
        held = {day: rest.pop(day) for day in sorted(days) if block.first <= day <= block.last}
        assert block.counts == sum((Counter(each) for each in held.values()), Counter())
        assert block.first in held
        before_last = sum(sum(each.values()) for day, each in held.items() if day < block.last)
        assert before_last < LEAST_ANSWERS <= block.counts.total()
    assert sum(sum(each.values()) for each in rest.values()) < LEAST_ANSWERS
    assert all(day > block.last for day in rest for block in blocks)
    assert all(one.last < other.first for one, other in pairwise(blocks))


@given(years, st.integers(0, 31))
def test_a_block_depends_on_the_days_before_it_alone(days: dict[date, dict[str, int]], until: int) -> None:
    known = {day: each for day, each in days.items() if day < FIRST + timedelta(until)}
    some = list(closed_blocks(known))
    assert list(closed_blocks(days))[: len(some)] == some
