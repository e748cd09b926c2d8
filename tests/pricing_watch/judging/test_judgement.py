"""A price is believed by its whole history: against a second writing of the rules, and the rules one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.judging.judgement import (
    GONE_AFTER,
    Belief,
    Judged,
    Price,
    Verdict,
    judge_confirmed,
    judge_missed,
    judge_price,
)
from services.pricing_watch.records import Method

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
TRUST = [Method.GIVEN, Method.SELECTOR, Method.JSON_LD, Method.MICRODATA]
TRUST += [Method.RDFA, Method.META, Method.EMBEDDED, Method.TEXT]
"""The most trusted first, written down once more."""

methods = st.sampled_from(TRUST)
prices = st.one_of(st.integers(1, 400), st.integers(5_000, 30_000))
seen = st.builds(lambda minor, currency, method: (minor, currency, method), prices, st.sampled_from("EU"), methods)
histories = st.lists(st.tuples(st.one_of(st.none(), seen), st.integers(0, 15 * 24)), max_size=30)
"""Readings, `None` where one was missed, each with the hours since the one before."""


def price(minor: int, currency: str = "EUR", method: Method = Method.JSON_LD, at: datetime = START) -> Price:
    return Price(price_minor=minor, currency=currency, at=at, method=method)


def judged(history: list[tuple[tuple[int, str, Method] | None, int]]) -> list[Judged]:
    belief, now, steps = Belief(), START, []
    for read, hours in history:
        now += timedelta(hours=hours)
        if read is None:
            step = judge_missed(belief, "no answer", now)
        else:
            step = judge_price(belief, price(read[0], read[1], read[2], now), None, None)
        steps.append(step)
        belief = step.belief
    return steps


def may_follow(before: tuple[int, str, Method], now: tuple[int, str, Method]) -> bool:
    """Neither half nor double, in the same currency."""
    return before[1] == now[1] and before[0] < 2 * now[0] and now[0] < 2 * before[0]


def confirms(waiting: tuple[int, str, Method], now: tuple[int, str, Method]) -> bool:
    """The same price within 5 %, by a method that is no weaker."""
    is_near = 0.95 * waiting[0] <= now[0] <= 1.05 * waiting[0]
    return is_near and now[1] == waiting[1] and TRUST.index(now[2]) <= TRUST.index(waiting[2])


histories_of_hours = histories.map(lambda history: [(read, hours + 1) for read, hours in history])
"""An hour lies between two readings at least: what is given twice in a row was not sent twice."""


def expected(history: list[tuple[tuple[int, str, Method] | None, int]]) -> tuple[Verdict | None, int | None]:
    """The verdict after a history and the price that is trusted, written independently: the whole history is walked."""
    trusted: tuple[int, str, Method] | None = None
    waiting: tuple[int, str, Method] | None = None
    verdict: Verdict | None = None
    missed_at: list[datetime] = []
    now = START
    for read, hours in history:
        now += timedelta(hours=hours)
        if read is None:
            missed_at.append(now)
            if now - missed_at[0] >= timedelta(days=42):
                verdict, waiting = Verdict.GONE, None
            elif len(missed_at) >= 3 and verdict is not Verdict.GONE:
                verdict, waiting = Verdict.STALE, None
            continue
        missed_at = []
        if trusted is None:
            is_good = read[2] is not Method.TEXT
        else:
            is_weaker = TRUST.index(read[2]) > TRUST.index(trusted[2]) and read[0] != trusted[0]
            is_good = may_follow(trusted, read) and not is_weaker
        if is_good or (waiting is not None and confirms(waiting, read)):
            trusted, waiting, verdict = read, None, Verdict.TRUSTED
        else:
            waiting, verdict = read, Verdict.QUARANTINED
    return verdict, trusted[0] if trusted else None


@given(histories_of_hours)
def test_a_history_is_judged_as_the_rules_written_down_once_more_say(history):
    steps = judged(history)
    belief = steps[-1].belief if steps else Belief()
    assert (belief.verdict, belief.trusted.price_minor if belief.trusted else None) == expected(history)


@given(histories_of_hours)
def test_what_is_told_last_is_what_is_believed(history):
    told = [step.told for step in judged(history) if step.told is not None]
    steps = judged(history)
    believed = steps[-1].belief.verdict if steps else None
    assert (told[-1] if told else None) == believed


@given(histories_of_hours)
def test_a_trusted_price_never_halves_or_doubles_on_one_reading_alone(history):
    """Of two prices that are trusted one after the other and lie so far apart, a reading confirmed the second."""
    before = None
    readings = [read for read, _ in history]
    for i, step in enumerate(judged(history)):
        if step.told is not Verdict.TRUSTED:
            continue
        now = readings[i]
        if before is not None and not may_follow(before, now):
            earlier = [read for read in readings[:i] if read is not None]
            assert confirms(earlier[-1], now)
        before = now


def test_a_price_that_doubles_waits_for_a_second_reading():
    first = judge_price(Belief(), price(1000), None, None)
    doubled = judge_price(first.belief, price(2000), None, None)
    assert (doubled.told, doubled.belief.trusted.price_minor) == (Verdict.QUARANTINED, 1000)
    assert "rose to 200%" in doubled.reason
    confirmed = judge_price(doubled.belief, price(2010), None, None)
    assert (confirmed.told, confirmed.belief.trusted.price_minor) == (Verdict.TRUSTED, 2010)


def test_a_slip_of_the_keyboard_is_forgotten_with_the_next_reading():
    first = judge_price(Belief(), price(1000), None, None)
    slipped = judge_price(first.belief, price(10_000), None, None)
    back = judge_price(slipped.belief, price(990), None, None)
    assert (back.told, back.belief.trusted.price_minor, back.belief.suspect) == (Verdict.TRUSTED, 990, None)


@pytest.mark.parametrize(("minor", "verdict"), [(501, "trusted"), (500, "quarantined"), (1999, "trusted")])
def test_exactly_half_is_half(minor, verdict):
    first = judge_price(Belief(), price(1000), None, None)
    assert judge_price(first.belief, price(minor), None, None).told == verdict


def test_two_guesses_that_differ_do_not_confirm_each_other():
    first = judge_price(Belief(), price(10_000), None, None)
    guess = judge_price(first.belief, price(12_000, method=Method.TEXT), None, None)
    other = judge_price(guess.belief, price(6_500, method=Method.TEXT), None, None)
    assert (other.told, other.belief.doubted) == (Verdict.QUARANTINED, 2)


def test_what_is_sent_again_confirms_nothing():
    first = judge_price(Belief(), price(10_000, method=Method.GIVEN), None, None)
    slip = judge_price(first.belief, price(1_000, method=Method.GIVEN, at=START), None, None)
    again = judge_price(slip.belief, price(1_000, method=Method.GIVEN, at=START + timedelta(minutes=1)), None, None)
    later = judge_price(again.belief, price(1_000, method=Method.GIVEN, at=START + timedelta(minutes=20)), None, None)
    assert [slip.told, again.told, later.told] == [Verdict.QUARANTINED, Verdict.QUARANTINED, Verdict.TRUSTED]


def test_a_price_that_has_waited_too_long_is_forgotten():
    belief = judge_price(judge_price(Belief(), price(1000), None, None).belief, price(2500), None, None).belief
    for i in range(3):
        belief = judge_missed(belief, "404", START + timedelta(days=i)).belief
    assert (belief.verdict, belief.suspect) == (Verdict.STALE, None)
    assert judge_price(belief, price(2500), None, None).told is Verdict.QUARANTINED


def test_another_currency_is_doubted():
    first = judge_price(Belief(), price(1000), None, None)
    other = judge_price(first.belief, price(1000, "USD"), None, None)
    assert other.told is Verdict.QUARANTINED
    assert "from EUR to USD" in other.reason


def test_a_weaker_method_is_doubted_unless_it_reads_the_same_price():
    first = judge_price(Belief(), price(1000), None, None)
    assert judge_price(first.belief, price(1010, method=Method.TEXT), None, None).told is Verdict.QUARANTINED
    assert judge_price(first.belief, price(1000, method=Method.TEXT), None, None).told is Verdict.TRUSTED


def test_a_first_price_that_is_far_from_ours_is_doubted():
    assert judge_price(Belief(), price(4999), 1000, "EUR").told is Verdict.TRUSTED
    assert judge_price(Belief(), price(5000), 1000, "EUR").told is Verdict.QUARANTINED
    assert judge_price(Belief(), price(200), 1000, "EUR").told is Verdict.QUARANTINED
    assert judge_price(Belief(), price(5000), 1000, "USD").told is Verdict.TRUSTED


def test_three_missed_readings_make_a_price_stale_and_six_weeks_make_it_gone():
    belief = judge_price(Belief(), price(1000), None, None).belief
    told = []
    for i in range(1, 50):
        step = judge_missed(belief, "404", START + timedelta(days=i))
        belief = step.belief
        told.append(step.told)
    assert [i + 1 for i, verdict in enumerate(told) if verdict is Verdict.STALE] == [3]
    assert [i + 1 for i, verdict in enumerate(told) if verdict is Verdict.GONE] == [1 + GONE_AFTER.days]
    back = judge_price(belief, price(900), None, None)
    assert (back.told, back.belief.missed, back.belief.missed_since) == (Verdict.TRUSTED, 0, None)


def test_a_price_that_is_given_as_confirmed_is_believed():
    assert judge_confirmed(price(1)).belief.trusted.price_minor == 1
