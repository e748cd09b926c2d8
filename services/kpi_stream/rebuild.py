"""Rebuild: replay all topics into a new state beside the live one, compare, and switch to it in one write.

The replay is an ordinary worker on the draft, in a consumer group of its own. It stays until the live workers have
joined it there, so that the numbers go on moving through the switch. Until the switch everybody goes on with the old
state; an interrupted rebuild leaves it as it was, and its draft for the next one to go on with.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from services.common.errors import ConfigurationError
from services.common.keys import REBUILDING
from services.kpi_stream.draft import finish
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.exporter.freshness import Offsets
from services.kpi_stream.exporter.store import StateReader
from services.kpi_stream.state_version import StateVersion

REBUILD_WORKER = 900
POLL_SECONDS = 0.5
LAPS, LAP_SECONDS = 3, 5.0
"""An order tells its leads, and a merged lead the one it was merged into: two rounds of telling, and one to spare."""
LOCK_SECONDS = 10
HANDOVER_SECONDS = 15
"""Live workers look every 5 s whether another state is live, and take a few to end and to begin again. By then every
answer that was begun on the old state is given."""
PR_SET_PDEATHSIG = 1


class Reached(NamedTuple):
    """Where a state stands, and where the logs ended after that was read."""

    nexts: Offsets
    ends: Offsets

    @property
    def done(self) -> int:
        return sum(min(self.nexts[tp], end) for tp, end in self.ends.items())

    @property
    def total(self) -> int:
        return sum(self.ends.values())

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 1.0

    def is_past(self, ends: Offsets) -> bool:
        return all(self.nexts[tp] >= end for tp, end in ends.items())


@contextmanager
def only_one(redis: Redis) -> Iterator[Lock]:
    """Held by one rebuild at a time, for as long as its process lives.

    :raises ConfigurationError: while another rebuild is at work.
    """
    lock = redis.lock(REBUILDING, timeout=LOCK_SECONDS, blocking=False, thread_local=False)
    if not lock.acquire():
        raise ConfigurationError("another rebuild is at work", mend=f"wait for it; a dead one ends in {LOCK_SECONDS} s")
    try:
        with kept_alive(lock):
            yield lock
    finally:
        with suppress(LockError):
            lock.release()


@contextmanager
def kept_alive(lock: Lock) -> Iterator[None]:
    """A lock renewed for as long as this process lives, and no longer."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LOCK_SECONDS / 4):
            with suppress(RedisError, LockError):
                lock.reacquire()

    threading.Thread(target=renew, name="rebuild-lock", daemon=True).start()
    try:
        yield
    finally:
        done.set()


@contextmanager
def replaying(state: StateVersion, log_file: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker on a state of its own, ended with the block."""
    environment = {
        **os.environ,
        "CADRAN_STREAM_STATE": state.version,
        "CADRAN_STREAM_WORKER": str(REBUILD_WORKER),
    }
    with open(log_file, "ab") as log:  # noqa: PTH123 - handed to the process
        worker = subprocess.Popen(
            [sys.executable, "-m", "services.kpi_stream.main"],
            env=environment,
            stderr=log,
            stdout=log,
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - nothing but one system call between fork and exec
        )
        try:
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(timeout=20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def _die_with(parent: int) -> None:
    """Linux kills this process when its parent ends, even by kill -9. What it was committing is fenced."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it had ended before
            os._exit(1)


class Logs:
    """Where states stand in the logs of Kafka, and where the logs end."""

    def __init__(self, reader: StateReader, consumer: AIOKafkaConsumer, partitions: int) -> None:
        self._reader = reader
        self._consumer = consumer
        self._partitions = [TopicPartition(topic.value, p) for topic in CONSUMED_TOPICS for p in range(partitions)]

    async def reached(self, state: StateVersion) -> Reached:
        """How far a state has come.

        :raises ConfigurationError: when it is gone.
        """
        nexts, _ = await self._reader.positions(state)
        if not nexts:
            raise ConfigurationError(f"state {state.version} is gone from Redis", mend="run `cadran rebuild` again")
        return Reached(nexts, await self.ends())

    async def ends(self) -> Offsets:
        """Where the logs end, asked of Kafka at this moment."""
        found = await self._consumer.end_offsets(self._partitions)
        return {(tp.topic, tp.partition): end for tp, end in found.items()}


async def catching_up(worker: "subprocess.Popen[bytes]", logs: Logs, state: StateVersion) -> AsyncIterator[Reached]:
    """How far the replay is, until it has kept up with what comes in for some laps.

    A lap is to where the logs end when it begins: those of a live system never stand still. What an entity tells others
    is in the log before its own commit, so each lap proves that one more round of telling was heard.

    :raises ConfigurationError: when the worker ends before.
    """
    laps, goal, begun = 0, await logs.ends(), time.monotonic()
    while laps < LAPS:
        if worker.poll() is not None:
            raise ConfigurationError(f"the replaying worker ended with status {worker.returncode}", mend="see its log")
        reached = await logs.reached(state)
        yield reached
        if reached.is_past(goal):
            laps = laps + 1 if time.monotonic() - begun < LAP_SECONDS else 0
            goal, begun = reached.ends, time.monotonic()
        await asyncio.sleep(POLL_SECONDS)


def switch_over(redis: Redis, lock: Lock, state: StateVersion) -> StateVersion | None:
    """Make the draft the live state; returns the one that was.

    :raises ConfigurationError: when this process was held up for so long that it no longer is the only rebuild.
    """
    try:
        lock.reacquire()
    except LockError:
        mend = "run `cadran rebuild` again: it goes on from here"
        raise ConfigurationError("this rebuild was held up and lost its lock", mend=mend) from None
    return finish(redis, state)
