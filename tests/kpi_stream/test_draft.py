"""What a rebuild goes on with, and what it drops, on a real Redis."""

from collections.abc import Iterator

import msgspec
import pytest
from redis import Redis

from services.kpi_stream.draft import discard, finish, open_draft, unfinished
from services.kpi_stream.live_state import all_states, drop, live_state, prepare
from services.kpi_stream.state_version import StateVersion

MADE = StateVersion("new", "digest", "cluster", {"cadran.orders": "id"}, partitions=4, shards=2, entity_hashes=8)


def named(version: str) -> StateVersion:
    return msgspec.structs.replace(MADE, version=version)


@pytest.fixture
def redis(url: str) -> Iterator[Redis]:
    with Redis.from_url(url) as client:
        client.flushdb()
        yield client


def test_a_draft_made_alike_is_gone_on_with_from_its_offsets(redis: Redis) -> None:
    first = open_draft(redis, named("a"))
    redis.hset(first.state.keys(0).next_offsets, "cadran.orders:0", 7)
    again = open_draft(redis, named("b"))
    assert (first.is_resumed, again.is_resumed, again.state) == (False, True, named("a"))
    assert redis.hget(again.state.keys(0).next_offsets, "cadran.orders:0") == b"7"
    assert all_states(redis) == [named("a")]


@pytest.mark.parametrize(
    "other", [{"digest": "of another release"}, {"cluster": "another"}, {"topics": {"cadran.orders": "made again"}}]
)
def test_a_draft_made_otherwise_is_dropped(redis: Redis, other: dict[str, object]) -> None:
    open_draft(redis, msgspec.structs.replace(named("a"), **other))
    assert open_draft(redis, named("b")) == (named("b"), False)
    assert not list(redis.scan_iter("cadran:a:*"))


def test_a_state_that_was_live_is_no_draft_however_alike(redis: Redis) -> None:
    assert finish(redis, open_draft(redis, named("a")).state) is None
    assert unfinished(redis) is None
    assert finish(redis, open_draft(redis, named("b")).state) == named("a")
    assert open_draft(redis, named("c")) == (named("c"), False)
    assert {state.version for state in all_states(redis)} == {"b", "c"}


def test_a_switch_that_was_cut_off_halfway_leaves_no_draft(redis: Redis) -> None:
    """The pointer is written, what named the draft not yet deleted."""
    state = open_draft(redis, named("a")).state
    finish(redis, state)
    redis.set("cadran:draft", "a")
    assert unfinished(redis) is None
    assert discard(redis) == []
    assert live_state(redis) == state


def test_what_is_half_dropped_is_found_again_and_never_gone_on_with(redis: Redis) -> None:
    state = named("a")
    prepare(redis, state)
    redis.unlink(*(keys.next_offsets for keys in state.all_keys()))
    redis.set(f"{state.keys(1).prefix}c:left", "1")
    assert open_draft(redis, named("b")) == (named("b"), False)
    assert not list(redis.scan_iter("cadran:a:*"))


def test_a_drop_says_how_many_keys_there_were(redis: Redis) -> None:
    prepare(redis, named("a"))
    redis.set("cadran:other", "1")
    there = len(list(redis.scan_iter("cadran:a:*")))
    assert drop(redis, named("a")) == there == 3
    assert redis.exists("cadran:other")
