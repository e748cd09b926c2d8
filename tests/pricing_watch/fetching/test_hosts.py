"""The pace of one host, without clock or waiting."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.fetching.hosts import MAX_REST, MAX_RETRY_AFTER, SLOWEST, HostPace, Outcome
from services.pricing_watch.fetching.terms import FetchSettings

DELAY, THRESHOLD, REST = 2.0, 4, 100.0

amounts = st.floats(0, 1000)


def pace(concurrency: int = 1) -> HostPace:
    return HostPace(
        FetchSettings(
            contact="x",
            per_host_delay=DELAY,
            per_host_concurrency=concurrency,
            breaker_threshold=THRESHOLD,
            breaker_rest=REST,
        )
    )


@dataclass
class Request:
    """A request as an impatient client makes it: as soon as it may."""

    luck: float
    takes: float
    outcome: Outcome
    retry_after: float


requests = st.builds(
    Request, luck=st.floats(0, 1), takes=amounts, outcome=st.sampled_from(Outcome), retry_after=st.just(0.0) | amounts
)


@given(history=st.lists(requests, max_size=40), crawl_delay=st.floats(0, 10))
def test_one_after_the_other_and_never_too_soon(history: list[Request], crawl_delay: float) -> None:
    host, now, earliest = pace(), 0.0, 0.0
    host.ask_slowly(crawl_delay)
    for request in history:
        now = host.ready_at(now)
        assert now >= earliest
        assert not host.resting_for(now)
        host.begin(now, request.luck)
        assert host.ready_at(now) == math.inf
        now += request.takes
        host.end(now, request.luck, request.outcome, request.retry_after)
        earliest = now + max(DELAY, crawl_delay, request.retry_after)


@given(history=st.lists(requests, max_size=60), concurrency=st.integers(1, 4))
def test_no_more_at_once_than_allowed_and_a_delay_between_two_beginnings(
    history: list[Request], concurrency: int
) -> None:
    host, now, last = pace(concurrency), 0.0, -math.inf
    under_way: list[tuple[float, Request]] = []
    for request in history:
        while (ready := host.ready_at(now)) == math.inf:
            now = _end_first(host, under_way, now)
        while under_way and min(end for end, _ in under_way) <= ready:
            now = _end_first(host, under_way, now)
            if (ready := host.ready_at(now)) == math.inf:
                break
        if ready == math.inf:
            continue
        now = max(now, ready)
        assert now >= last + DELAY
        last = now
        host.begin(now, request.luck)
        under_way.append((now + request.takes, request))
        assert len(under_way) <= concurrency


def _end_first(host: HostPace, under_way: list[tuple[float, Request]], now: float) -> float:
    first = min(under_way, key=lambda each: each[0])
    under_way.remove(first)
    end, request = first
    host.end(max(now, end), request.luck, request.outcome, request.retry_after)
    return max(now, end)


def once(host: HostPace, now: float, outcome: Outcome, retry_after: float = 0.0) -> float:
    """A request that takes no time, as soon as it may be made; when it was made."""
    now = host.ready_at(now)
    host.begin(now, 0.0)
    host.end(now, 0.0, outcome, retry_after)
    return now


@given(successes=st.integers(0, 5))
def test_the_breaker_opens_after_failures_in_a_row_and_one_probe_decides(successes: int) -> None:
    host, now = pace(concurrency=3), 0.0
    for _ in range(successes):
        now = once(host, now, Outcome.ANSWERED)
    for _ in range(THRESHOLD - 1):
        now = once(host, now, Outcome.FAILED)
        assert not host.resting_for(now)
    now = once(host, now, Outcome.FAILED)
    assert host.resting_for(now) == REST

    now += REST
    host.begin(now, 0.0)
    assert host.ready_at(now + 1e6) == math.inf, "only one is let through"
    host.end(now, 0.0, Outcome.FAILED)
    assert host.resting_for(now) == 2 * REST

    now = once(host, now, Outcome.ANSWERED)
    assert not host.resting_for(now)
    assert host.ready_at(now) == now + DELAY


def test_a_success_between_failures_keeps_the_breaker_closed() -> None:
    host, now = pace(), 0.0
    for _ in range(5):
        for _ in range(THRESHOLD - 1):
            now = once(host, now, Outcome.FAILED)
        now = once(host, now, Outcome.ANSWERED)
        assert not host.resting_for(now)


def test_pauses_double_with_each_failure() -> None:
    host, now, pauses = pace(), 0.0, []
    for _ in range(THRESHOLD - 1):
        began = once(host, now, Outcome.FAILED)
        now = host.ready_at(began)
        pauses.append(now - began)
    assert pauses == [2 * DELAY, 4 * DELAY, 8 * DELAY]


def test_no_pause_before_the_breaker_opens_is_longer_than_its_rest() -> None:
    host, now = HostPace(FetchSettings(contact="x", breaker_threshold=2000, breaker_rest=REST)), 0.0
    for _ in range(1999):
        began = once(host, now, Outcome.FAILED)
        now = host.ready_at(began)
        assert now - began <= REST


@given(failures=st.integers(THRESHOLD, 200))
def test_no_rest_is_endless(failures: int) -> None:
    host, now = pace(), 0.0
    for _ in range(failures):
        now = once(host, now, Outcome.FAILED)
    assert REST <= host.resting_for(now) <= MAX_REST


def test_requests_that_were_under_way_when_the_breaker_opened_do_not_prolong_the_rest() -> None:
    host = pace(concurrency=THRESHOLD + 2)
    for _ in range(THRESHOLD + 2):
        host.begin(0.0, 0.0)
    for _ in range(THRESHOLD + 2):
        host.end(10.0, 0.0, Outcome.FAILED)
    assert host.resting_for(10.0) == REST


@given(refusals=st.integers(1, THRESHOLD - 1))
def test_a_host_that_refuses_us_is_asked_more_slowly_until_it_has_answered_for_long(refusals: int) -> None:
    host, now = pace(), 0.0
    for _ in range(refusals):
        now = once(host, now, Outcome.BLOCKED)
    assert host.delay == DELAY * 2**refusals
    delays = []
    for _ in range(50):
        now = once(host, now, Outcome.ANSWERED)
        delays.append(host.delay)
    assert delays == sorted(delays, reverse=True)
    assert delays[0] > DELAY
    assert delays[-1] == DELAY


def test_no_host_is_slowed_down_without_end() -> None:
    host, now = pace(), 0.0
    for _ in range(100):
        now = once(host, now, Outcome.BLOCKED)
        now = once(host, now, Outcome.BLOCKED)
        now = once(host, now, Outcome.ANSWERED)
    assert host.delay <= DELAY * SLOWEST


@pytest.mark.parametrize(
    ("asked", "kept"), [(0.0, DELAY), (7.0, 7.0), (3600.0, 3600.0), (1e9, MAX_RETRY_AFTER), (math.inf, MAX_RETRY_AFTER)]
)
def test_retry_after_is_kept_within_a_day(asked: float, kept: float) -> None:
    host = pace()
    once(host, 0.0, Outcome.ANSWERED, retry_after=asked)
    assert host.ready_at(0.0) == kept


@pytest.mark.parametrize(("asked", "kept"), [(0.0, DELAY), (1.0, DELAY), (30.0, 30.0), (1e9, 3600.0)])
def test_crawl_delay_is_kept_within_its_bound_and_never_below_ours(asked: float, kept: float) -> None:
    host = pace()
    host.ask_slowly(asked)
    assert host.delay == kept


def test_what_we_gave_up_says_nothing_about_the_host() -> None:
    host, now = pace(), 0.0
    for _ in range(10 * THRESHOLD):
        now = once(host, now, Outcome.UNKNOWN)
    assert not host.resting_for(now)
    assert host.delay == DELAY
