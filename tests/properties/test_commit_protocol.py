"""The commit protocol under everything that can happen between two steps: never a range twice, never a gap.

Workers take partitions over without the others knowing; any call to Redis or Kafka may be refused, lose its answer, or
arrive after it was given up; workers are killed at any step; Redis is rolled back; records come twice. Whatever the
schedule: what Redis holds is what the records below its offsets come to, and in the end the cells of a recomputation.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from services.common.events import EVENT_TYPES, Event, encode
from services.common.publisher import Message
from services.common.topics import Topic
from services.kpi_stream import service
from services.kpi_stream.dead_letters import Shelf
from services.kpi_stream.live_state import prepare
from tests.support.engine import STATE as ENGINE_STATE
from tests.support.engine import Engine
from tests.support.events import RECEIVED
from tests.support.oracle import KPIS, recompute
from tests.support.redis import running_redis
from tests.support.refold import cells_of, content_in, content_of, refolded
from tests.support.remote import Call, Outcome, Servers, Worker
from tests.support.strategies import customer_events, lead_events, order_events

STATE = msgspec.structs.replace(ENGINE_STATE, partitions=1)
TPS = [(topic.value, 0) for topic in (Topic.ORDERS, Topic.LEADS, Topic.CUSTOMERS)]
WORKERS = 2
ROUNDS = 100
"""Batches after which what is quiet must have come to its end."""

events = st.one_of(order_events(), lead_events(), customer_events())
workers = st.integers(0, WORKERS - 1)
some = st.integers(0, 9)
"""One of what there is, whatever its number."""


class CommitProtocol(RuleBasedStateMachine):
    """Two workers on one Redis; either may be a zombie at any time."""

    snapshots: Bundle[Any] = Bundle("snapshots")

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        with Redis.from_url(url) as client:
            client.flushall()
            prepare(client, STATE)
        self.servers = Servers(AsyncRedis.from_url(url), STATE)
        self.late: list[Call] = []
        self.events: list[Event] = []
        self.unreadable: set[str] = set()
        self.looked_at: object = None

    def run(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(action)

    @initialize(target=snapshots, events=st.lists(events, min_size=3, max_size=8))
    def begin(self, events: list[Event]) -> Any:
        self.events_are_sent(events)
        self.workers = [self.run(self._started()) for _ in range(WORKERS)]
        for worker in self.workers:
            self.run(worker.work())
        return self.take_snapshot()

    async def _started(self) -> Worker:
        worker = Worker(self.servers)
        await worker.take_over(TPS)
        return worker

    @property
    def calls(self) -> list[tuple[Worker, Call]]:
        return [(worker, call) for worker in self.workers for call in worker.calls]

    # What is said

    @rule(events=st.lists(events, min_size=1, max_size=4))
    def events_are_sent(self, events: list[Event]) -> None:
        self.events += events
        for event in events:
            self.servers.append(Message(EVENT_TYPES[event.type].topic, event.subject.encode(), encode(event)))

    @precondition(lambda self: any(self.servers.logs.values()))
    @rule(which=some)
    def a_record_comes_again(self, which: int) -> None:
        records = [(tp, record) for tp in TPS for record in self.servers.logs[tp]]
        (topic, partition), record = records[which % len(records)]
        if record.value != b"rubbish":
            self.servers.append(Message(Topic(topic), record.key, record.value, partition, record.headers))

    @rule(tp=st.sampled_from(TPS))
    def rubbish_comes(self, tp: tuple[str, int]) -> None:
        self.unreadable.add(f"{tp[0]}:{tp[1]}:{len(self.servers.logs[tp])}")
        self.servers.append(Message(Topic(tp[0]), None, b"rubbish", tp[1]))

    # What workers do

    @rule(which=workers, tps=st.sets(st.sampled_from(TPS), min_size=1))
    def a_worker_takes_over(self, which: int, tps: set[tuple[str, int]]) -> None:
        self.run(self.workers[which].take_over(sorted(tps)))

    @rule(tp=st.sampled_from(TPS), sizes=st.tuples(*[st.integers(0, 6)] * WORKERS))
    def a_partition_is_fetched(self, tp: tuple[str, int], sizes: tuple[int, ...]) -> None:
        """By any of the workers that believe it is theirs."""
        for worker, size in zip(self.workers, sizes, strict=True):
            if size and tp in worker.waiting():
                self.run(worker.fetch(tp, size))

    @precondition(lambda self: self.calls)
    @rule(which=some)
    def a_call_is_answered(self, which: int) -> None:
        worker, call = self.calls[which % len(self.calls)]
        self.run(worker.end(call, Outcome.ANSWERED))

    @rule(which=workers)
    def a_worker_checks_its_positions(self, which: int) -> None:
        self.run(self.workers[which].check_positions())

    @rule(which=workers)
    def a_worker_is_undisturbed(self, which: int) -> None:
        self.run(self.workers[which].work())

    # What befalls them

    @precondition(lambda self: self.calls)
    @rule(which=some, outcome=st.sampled_from([Outcome.REFUSED, Outcome.LOST, Outcome.LATE]))
    def a_call_fails(self, which: int, outcome: Outcome) -> None:
        worker, call = self.calls[which % len(self.calls)]
        if outcome is Outcome.LATE:
            self.late.append(call)
        self.run(worker.end(call, outcome))

    @precondition(lambda self: self.late)
    @rule(which=some)
    def a_late_call_arrives(self, which: int) -> None:
        self.run(self.late.pop(which % len(self.late)).arrive())

    @rule(which=workers, on_their_way=st.booleans())
    def a_worker_is_killed(self, which: int, on_their_way: bool) -> None:
        dead = self.workers[which]
        if on_their_way:
            self.late += dead.calls
        self.run(dead.crash())
        self.workers[which] = self.run(self._started())

    @rule(target=snapshots)
    def take_snapshot(self) -> Any:
        return self.run(self.servers.snapshot())

    @rule(snapshot=snapshots)
    def redis_is_rolled_back(self, snapshot: Any) -> None:
        self.run(self.servers.roll_back(snapshot))

    # What must hold

    @invariant()
    def committed_ranges_follow_each_other(self) -> None:
        for tp, ranges in self.servers.committed.items():
            ends = [0, *(following for _, following in ranges)]
            assert [first for first, _ in ranges] == ends[:-1], (tp, ranges)

    @invariant()
    def redis_holds_what_the_records_below_its_offsets_come_to(self) -> None:
        stamp = {tp: list(ranges) for tp, ranges in self.servers.committed.items()}
        if stamp != self.looked_at:
            self.looked_at = stamp
            self._compare()

    def _compare(self) -> Engine:
        """Redis against its records taken in one by one; returns them as an engine's."""
        nexts = self.run(self.servers.stored(TPS))
        assert nexts == {tp: (self.servers.committed[tp] or [(0, 0)])[-1][1] for tp in TPS}
        entities = refolded([r for tp in TPS for r in self.servers.logs[tp][: nexts[tp]]], STATE)
        assert self.run(content_in(self.servers.redis, STATE)) == content_of(entities, STATE, lambda: RECEIVED)
        engine = Engine()
        for address, cells in cells_of(entities, lambda: RECEIVED).items():
            engine.cells.update({(address, position): value for position, value in cells.items()})
        return engine

    def teardown(self) -> None:
        """Everything on its way arrives, a new worker takes over, and all is applied."""
        try:
            self._come_to_an_end()
            assert self._compare().by_day(KPIS) == recompute(self.events)
            shelf = Shelf()
            for record in self.servers.logs[Topic.DEAD.value, 0]:
                shelf.put(record)
            assert {letter.name for letter, _ in shelf.letters()} == self.unreadable
        finally:
            self.run(self._close())

    def _come_to_an_end(self) -> None:
        for call in [*self.late, *(call for _, call in self.calls)]:
            self.run(call.arrive())
        self.workers.append(self.run(self._started()))
        for worker in self.workers:
            self._work_to_the_end(worker)
        assert self.run(self.servers.stored(TPS)) == {tp: len(self.servers.logs[tp]) for tp in TPS}

    def _work_to_the_end(self, worker: Worker) -> None:
        """Undisturbed, a worker applies all that its partitions hold, wherever it stood."""
        self.run(worker.work())
        self.run(worker.check_positions())
        for _ in range(ROUNDS):
            self.run(worker.work())
            waiting = worker.waiting()
            if not waiting:
                break
            self.run(worker.fetch(waiting[0], 100))
        held = list(worker.fetches_from)
        assert self.run(self.servers.stored(held)) == {tp: len(self.servers.logs[tp]) for tp in held}

    async def _close(self) -> None:
        for worker in self.workers:
            await worker.crash()
        await self.servers.redis.aclose()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_redis() as found:
        yield found


@pytest.mark.timeout(900)  # a failure is shrunk first, which takes minutes
def test_the_commit_protocol(url: str) -> None:
    own = settings(stateful_step_count=40)
    quick = patch.multiple(service, BACKOFF_FIRST=0.0, MAX_WRITES=60)
    with asyncio.Runner() as runner, quick:
        run_state_machine_as_test(partial(CommitProtocol, url, runner), settings=own)  # type: ignore[arg-type]
