"""When an alert begins and ends, whatever is read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given

from services.kpi_stream.alerting.judging import QUIET, Condition, Reading, Standing, State
from services.kpi_stream.kpis.threshold import Hours, Side, Threshold
from tests.kpi_stream.alerting.scenarios import STEP, histories, readings, thresholds
from tests.support.judging import Judgement, judge

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIRING = State(Standing.FIRING, NOW - timedelta(hours=1))


def judged(threshold: Threshold, history: Sequence[Reading], before: State = QUIET) -> list[Judgement]:
    """A judgement of every reading, each a step after the one before."""
    found = []
    for i, reading in enumerate(history):
        found.append(judge(threshold, reading, NOW + i * STEP, before))
        before = found[-1].state
    return found


def begins_to_fire(found: Sequence[Judgement]) -> list[int]:
    """At which readings it begins to fire."""
    fires = [False, *(judgement.state.standing is Standing.FIRING for judgement in found)]
    return [i for i in range(len(found)) if fires[i + 1] and not fires[i]]


@given(thresholds, readings)
def test_at_its_level_nothing_begins(threshold: Threshold, reading: Reading) -> None:
    at_level = reading._replace(value=threshold.level)
    touching = reading._replace(low=threshold.level, high=threshold.level)
    assert judge(threshold, at_level, NOW).state == QUIET
    assert judge(replace(threshold, sure=True), touching, NOW).state == QUIET


def lies_beyond(threshold: Threshold, value: float | None, level: float) -> bool:
    if value is None:
        return False
    return value < level if threshold.side is Side.BELOW else value > level


@given(thresholds, histories)
def test_it_begins_only_where_all_that_it_asks_has_held_for_so_long(
    threshold: Threshold, history: list[Reading]
) -> None:
    needed = threshold.lasts // STEP + 1
    for i in begins_to_fire(judged(threshold, history)):
        assert i + 1 >= needed
        for reading in history[i + 1 - needed : i + 1]:
            nearest = reading.high if threshold.side is Side.BELOW else reading.low
            assert lies_beyond(threshold, reading.value, threshold.level)
            assert lies_beyond(threshold, nearest, threshold.level) or not threshold.sure
            assert (reading.n is not None and reading.n >= threshold.least) or not threshold.least
            assert reading.open or threshold.hours is Hours.ALWAYS
            assert reading.trusted


@given(thresholds, histories)
def test_it_begins_as_soon_as_that_has_held(threshold: Threshold, history: list[Reading]) -> None:
    beyond = 0.5 if threshold.side is Side.BELOW else 1.5
    clear_case = Reading(beyond, beyond, beyond, 10, open=True, trusted=True)
    found = judged(threshold, [*history, *([clear_case] * (threshold.lasts // STEP + 1))])
    assert found[-1].state.standing is Standing.FIRING


@given(thresholds, histories)
def test_it_ends_only_where_it_is_seen_to_be_over(threshold: Threshold, history: list[Reading]) -> None:
    """While all is open and the data is trusted, at a number that is back, or that is not there."""
    before = FIRING
    for reading, judgement in zip(history, judged(threshold, history, FIRING), strict=True):
        if before.standing is Standing.FIRING and judgement.state.standing is not Standing.FIRING:
            assert judgement.state == QUIET
            assert reading.trusted
            assert reading.open is not False or threshold.hours is Hours.ALWAYS
            assert not lies_beyond(threshold, reading.value, threshold.clear)
        before = judgement.state


@given(thresholds, readings)
def test_it_ends_where_it_is_back(threshold: Threshold, reading: Reading) -> None:
    back = reading._replace(value=threshold.clear, open=True, trusted=True)
    assert judge(threshold, back, NOW, FIRING).state == QUIET
    gone = back._replace(value=None)
    assert judge(threshold, gone, NOW, FIRING).state == QUIET


@given(thresholds, readings)
def test_between_its_levels_it_stands_as_it_stood(threshold: Threshold, reading: Reading) -> None:
    apart = replace(threshold, clear=threshold.level + (0.1 if threshold.side is Side.BELOW else -0.1))
    for value in (threshold.level, (apart.level + apart.clear) / 2):
        between = reading._replace(value=value)
        assert judge(apart, between, NOW, QUIET).state == QUIET
        assert judge(apart, between, NOW, FIRING).state == FIRING


@given(thresholds, readings, histories)
def test_a_night_or_a_gap_in_the_data_leaves_what_fires_and_begins_nothing(
    threshold: Threshold, reading: Reading, history: list[Reading]
) -> None:
    untrusted = [each._replace(trusted=False) for each in history]
    closed = [each._replace(open=False) for each in history]
    cases = [untrusted] if threshold.hours is Hours.ALWAYS else [untrusted, closed]
    for case in cases:
        assert {each.state for each in judged(threshold, case, FIRING)} == {FIRING}
        assert {each.state for each in judged(threshold, case)} == {QUIET}


@given(thresholds, histories)
def test_above_is_below_in_a_mirror(threshold: Threshold, history: list[Reading]) -> None:
    other = Side.ABOVE if threshold.side is Side.BELOW else Side.BELOW
    mirror = replace(threshold, side=other, level=-threshold.level, clear=-threshold.clear)
    mirrored = [
        each._replace(value=_minus(each.value), low=_minus(each.high), high=_minus(each.low)) for each in history
    ]
    assert judged(mirror, mirrored) == judged(threshold, history)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


@given(thresholds, histories)
def test_it_is_said_why(threshold: Threshold, history: list[Reading]) -> None:
    """It is pending or begins where every condition that is asked holds; what is not asked is not told."""
    before = QUIET
    for reading, judgement in zip(history, judged(threshold, history), strict=True):
        why = dict(judgement.why)
        assert list(why) == list(Condition)
        assert why.pop(Condition.LASTED) is (judgement.state.standing is Standing.FIRING)
        asked = {
            Condition.BEYOND: True,
            Condition.SURE: threshold.sure,
            Condition.ENOUGH: threshold.least > 0,
            Condition.OPEN: threshold.hours is Hours.OPENING,
            Condition.TRUSTED: True,
        }
        assert all(why[condition] is None for condition, is_asked in asked.items() if not is_asked)
        assert (why[Condition.BEYOND] is None) == (reading.value is None)
        if before.standing is not Standing.FIRING:
            holds = all(why[condition] for condition, is_asked in asked.items() if is_asked)
            assert (judgement.state == QUIET) is not holds
        before = judgement.state


@given(thresholds, histories)
def test_it_says_since_when(threshold: Threshold, history: list[Reading]) -> None:
    found = judged(threshold, history)
    for i, judgement in enumerate(found):
        alike = [each.state.standing is judgement.state.standing for each in found[: i + 1]]
        since = i + 1 - (alike[::-1].index(False) if False in alike else i + 1)
        assert judgement.state.since == (None if judgement.state == QUIET else NOW + since * STEP)
