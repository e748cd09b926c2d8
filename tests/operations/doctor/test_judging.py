"""What is judged without asking anybody: offsets against logs, replicas, room, releases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.operations.doctor.findings import Severity
from services.operations.doctor.kafka_checks import not_in_sync, too_few_replicas
from services.operations.doctor.machine_checks import LEAST_RELEASES, ahead, other_packages, too_little, too_old
from services.operations.doctor.redis_checks import not_kept, too_full
from services.operations.doctor.state_checks import outside, standing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TP = ("cadran.orders", 3)
offsets = st.integers(0, 1000)


@given(offsets, offsets, offsets)
def test_a_state_is_good_just_where_it_stands_within_a_whole_log(begin: int, following: int, length: int) -> None:
    end = begin + length
    found = list(outside({TP: following}, {TP: begin}, {TP: end}))
    assert (found == []) == (begin == 0 and following <= end)
    faults = [finding for finding in found if finding.severity is Severity.FAULT]
    assert (faults == []) == (begin <= following <= end)
    assert all("cadran.orders:3" in finding.what for finding in found)


@given(st.sets(st.integers(0, 30), min_size=1))
def test_of_many_partitions_the_first_are_named_and_all_are_counted(partitions: set[int]) -> None:
    (finding,) = outside({}, {}, {("t", p): 0 for p in partitions})
    named = [f"t:{p}" for p in sorted(partitions)[:3]]
    more = f" and {len(partitions) - 3} more" if len(partitions) > 3 else ""
    assert finding.what == f"the state knows nothing of {', '.join(named)}{more}"


@given(offsets, offsets, offsets)
def test_a_partition_stands_still_just_if_records_wait_and_it_did_not_move(first: int, moved: int, waits: int) -> None:
    now = first + moved
    found = standing({TP: first}, {TP: now}, {TP: now + waits})
    assert (found == [TP]) == (moved == 0 and waits > 0)


def _topic(*partitions: tuple[int, list[int], list[int]]) -> dict[str, Any]:
    described = [
        {"partition_index": i, "leader_id": leader, "replica_nodes": replicas, "isr_nodes": in_sync}
        for i, (leader, replicas, in_sync) in enumerate(partitions)
    ]
    return {"name": "cadran.orders", "partitions": described}


def test_replicas_that_fall_behind_are_named_and_a_partition_without_a_leader_is_a_fault() -> None:
    assert list(not_in_sync([_topic((1, [1, 2], [1, 2]), (2, [2, 1], [2, 1]))])) == []
    (behind,) = not_in_sync([_topic((1, [1, 2], [1, 2]), (2, [2, 1], [2]))])
    assert (behind.what, behind.severity) == (
        "cadran.orders: replicas of partitions 1 are not in sync",
        Severity.WARNING,
    )
    (headless,) = not_in_sync([_topic((-1, [1, 2], []), (2, [2, 1], [2]))])
    assert (headless.what, headless.severity) == ("cadran.orders: no broker leads partitions 0", Severity.FAULT)


def test_the_least_replicated_partition_counts() -> None:
    topic = _topic((1, [1, 2, 3], [1]), (1, [1, 2], [1]))
    assert list(too_few_replicas([topic], 2)) == []
    (finding,) = too_few_replicas([topic], 3)
    assert "has 2 replicas, CADRAN_REPLICATION is 3" in finding.what


@given(st.integers(0, 200), st.integers(1, 200), st.booleans())
def test_redis_is_too_full_from_the_limit_on(used: int, most: int, has_limit: bool) -> None:
    told = {"used_memory": used, "maxmemory": most if has_limit else 0, "total_system_memory": most}
    found = list(too_full(told, 90.0))
    assert bool(found) == (used / most >= 0.9)
    assert all(("maxmemory" if has_limit else "the machine's memory") in finding.what for finding in found)


def test_a_redis_that_cannot_write_is_a_fault() -> None:
    assert list(not_kept({"aof_enabled": 1, "aof_last_write_status": "ok"})) == []
    (finding,) = not_kept({"aof_enabled": 1, "aof_last_write_status": "err"})
    assert finding.severity is Severity.FAULT


@given(st.integers(0, 100), st.integers(0, 100), st.integers(-500, 500))
def test_clocks_differ_by_what_the_time_of_asking_does_not_explain(sent: int, came: int, off: int) -> None:
    """The other clock, `off` seconds ahead of ours, is read at some moment between."""
    before, told, after = (NOON + timedelta(seconds=s) for s in (0, sent + off, sent + came))
    difference = ahead(before, told, after)
    assert difference == timedelta(0) or (difference > timedelta(0)) == (off < 0)
    assert abs(off) - sent - came <= abs(difference).total_seconds() <= abs(off)


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.floats(0, 100))
def test_a_disk_is_too_full_below_the_limit(free: int, total: int, limit: float) -> None:
    assert bool(list(too_little("d", free, total, limit))) == (100 * free / total < limit)


@given(st.sampled_from(sorted(LEAST_RELEASES)), st.integers(0, 9), st.integers(0, 99))
def test_a_release_is_too_old_before_the_oldest_that_is_tested(server: str, major: int, minor: int) -> None:
    for text in (f"{major}.{minor}.3", f"v{major}.{minor}.0+ds"):
        assert bool(list(too_old(server, text))) == ((major, minor) < LEAST_RELEASES[server])


def test_a_release_that_cannot_be_read_is_passed_over() -> None:
    assert list(too_old("Redis", "unstable")) == []


def test_only_pins_are_compared() -> None:
    assert list(other_packages("# httpx==1\n\n-r other.txt\nhttpx\n")) == []
