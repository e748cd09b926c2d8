"""Joins: whatever comes in which order and how often, the same stands."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.kpi_stream.entities.levels import with_closing
from services.kpi_stream.entities.notices import Heard, Notice, hear, no_longer_named, tell, told
from services.kpi_stream.entities.statements import (
    Stated,
    delay_of,
    grown,
    instant_of,
    joined,
    microseconds,
    rank_of,
    stands_above,
    stated,
    with_statement,
)
from tests.support.events import PARIS, RECEIVED, at, event

ranks = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from("ab"), st.sampled_from([b"0", b"1"]))
statements = st.builds(Stated, ranks, st.integers(0, 3), st.integers(0, 3))
instants = st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.lists(statements, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_of_statements_the_greatest_rank_stands_and_of_its_sendings_the_first_heard(
    said: list[Any], random: Any
) -> None:
    best = max(said, key=lambda one: (one.rank, -one.delay))
    arrived = [*said, *said]
    random.shuffle(arrived)
    standing = reduce(joined, arrived, None)
    assert standing is not None
    assert (standing.rank, standing.delay) == (best.rank, best.delay)
    assert not any(stands_above(one, standing) for one in said)
    assert all(stands_above(standing, one) for one in said if (one.rank, one.delay) != (best.rank, best.delay))


@given(statements, statements, st.sampled_from("kl"))
def test_a_statement_that_changes_nothing_gives_the_same_object(one: Any, other: Any, key: str) -> None:
    known = with_statement({}, "k", one)
    assert known == {"k": one}
    again = with_statement(known, key, other)
    if key == "l":
        assert again == {"k": one, "l": other}
    elif stands_above(other, one):
        assert again == {"k": other}
    else:
        assert again is known


@given(instants)
def test_microseconds_are_exact_both_ways(instant: datetime) -> None:
    assert instant_of(microseconds(instant)) == instant
    assert microseconds(instant + timedelta(microseconds=1)) == microseconds(instant) + 1


def test_1970_began_at_0() -> None:
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_happened_and_the_delay_make_the_second_in_which_it_was_heard(micros: int, ago: int) -> None:
    happened = RECEIVED - timedelta(microseconds=ago)
    received = RECEIVED + timedelta(microseconds=micros)
    sent = msgspec.structs.replace(event("lead.created", "L", happened, rep_id="ana"), receivedat=received)
    found = stated(sent, "said")
    assert found.value == "said"
    assert found.at == microseconds(happened)
    assert found.at // 1_000_000 + found.delay == microseconds(received) // 1_000_000
    assert delay_of(sent, found.at) == found.delay


def test_a_rank_begins_with_the_revision_that_is_given_or_the_datas_own() -> None:
    sent = event("order.placed", "A", at("2026-11-02 10:00"), event_id="e", revision=7, **ORDER)
    assert rank_of(sent) == (7, microseconds(sent.time), "e", bytes.fromhex(sent.digest))
    assert rank_of(sent, 0)[0] == 0
    assert stated(sent, None, 3).rank[0] == 3


ORDER = {"channel": "online", "currency": "EUR", "lines": [{"sku": "a", "quantity": 1, "gross_minor": 100}]}

names = st.lists(st.sampled_from("abcd"), max_size=4)
optional_names = st.lists(st.sampled_from(["a", "b", "c", "", None]), max_size=4)


@given(names, optional_names)
def test_a_set_only_grows_sorted_and_is_the_same_object_where_it_does_not(
    known: list[str], more: list[str | None]
) -> None:
    before = tuple(sorted(set(known)))
    after = grown(before, *more)
    assert set(after) == {*known, *(name for name in more if name)}
    assert list(after) == sorted(set(after))
    assert (after is before) == (set(after) == set(before))


# Notices.

notices = st.builds(Notice, st.just("me"), st.sampled_from("xyz"), st.integers(0, 5), st.none() | st.integers(0, 5))


@given(st.lists(notices, max_size=10))
def test_of_a_sender_the_greatest_offset_stands(heard: list[Any]) -> None:
    known: Any = {}
    for notice in heard:
        before = known
        known = hear(before, notice)
        is_newer = notice.sender not in before or before[notice.sender].offset < notice.offset
        assert (known is before) == (not is_newer)
    assert {sender: each.offset for sender, each in known.items()} == {
        sender: max(notice.offset for notice in heard if notice.sender == sender)
        for sender in {notice.sender for notice in heard}
    }
    now = told(known)
    assert list(now) == sorted(sender for sender, each in known.items() if each.content is not None)
    assert all(known[sender] == Heard(known[sender].offset, content) for sender, content in now.items())


def test_whom_a_sender_no_longer_means_hears_nothing_of_it() -> None:
    assert tell(["a", "b"], {"b": 1, "c": 2}) == {"a": None, "b": 1, "c": 2}


@given(names, optional_names, optional_names)
def test_whom_a_sender_ever_named_and_does_not_now(known: list[str], outdone: list[Any], standing: list[Any]) -> None:
    found = no_longer_named(tuple(known), outdone, standing)
    assert set(found) == {name for name in (*known, *outdone) if name} - set(standing)
    assert list(found) == sorted(set(found))


# Levels.

spoken = st.tuples(st.integers(0, 60), st.integers(1, 2), st.sampled_from("ab"))


@given(st.lists(spoken, unique=True, max_size=8), st.randoms(use_true_random=False))
def test_a_day_is_closed_by_the_last_that_was_said_on_it(said: list[tuple[int, int, str]], random: Any) -> None:
    """Hours of three days; of the same instant the greater revision, then the greater id stands."""
    known: Any = {}
    made = [
        event("order.placed", "A", at("2026-11-02 00:00") + timedelta(hours=hour), event_id=name, revision=rev, **ORDER)
        for hour, rev, name in said
    ]
    random.shuffle(made)
    for each in made:
        before = known
        known = with_closing(before, each, each.id, PARIS)
        assert with_closing(known, each, each.id, PARIS) is known
    by_day: dict[int, list[tuple[int, int, str]]] = {}
    for hour, revision, name in said:
        by_day.setdefault(hour // 24, []).append((hour, revision, name))
    first = (at("2026-11-02 12:00") - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert {day - first for day in known} == set(by_day)
    for day, closing in known.items():
        hour, revision, name = max(by_day[day - first])
        assert closing.at == microseconds(at("2026-11-02 00:00") + timedelta(hours=hour))
        assert (closing.rank[1], closing.event_id, closing.value) == (revision, name, name)
        assert closing.at // 1_000_000 + closing.delay == microseconds(RECEIVED) // 1_000_000
