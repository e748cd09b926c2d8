"""Rebuild: replay all topics into a new state beside the live one, compare, and switch to it in one write.

The replay is an ordinary worker on another state version, in a consumer group of its own. Until the switch everybody
goes on with the old state; an interrupted rebuild leaves it as it was.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from services.common.errors import ConfigurationError
from services.common.keys import REBUILDING
from services.common.settings import Settings
from services.common.windows import named_window
from services.kpi_stream.exporter.freshness import LogEnds
from services.kpi_stream.exporter.moment import Moment, Observatory
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import rows
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Kpi, Number
from services.kpi_stream.live_state import abandoned_states, drop, live_state, new_version, prepare
from services.kpi_stream.state_version import StateVersion

REBUILD_WORKER = 900
POLL_SECONDS = 0.5
LOCK_SECONDS = 10
PR_SET_PDEATHSIG = 1


class Caught(NamedTuple):
    """How far a replay has come, in records."""

    done: int
    total: int


@contextmanager
def draft_state(redis: Redis, settings: Settings) -> Iterator[StateVersion]:
    """A new state, dropped again unless it became the live one. Drafts that a killed rebuild left are dropped first.

    :raises ConfigurationError: while another rebuild is at work.
    """
    lock = redis.lock(REBUILDING, timeout=LOCK_SECONDS, blocking=False, thread_local=False)
    if not lock.acquire():
        raise ConfigurationError("another rebuild is at work", mend=f"wait for it; a dead one ends in {LOCK_SECONDS} s")
    try:
        for abandoned in abandoned_states(redis):
            drop(redis, abandoned)
        state = new_version(settings)
        prepare(redis, state)
        try:
            with kept_alive(lock):
                yield state
        finally:
            if live_state(redis) != state:
                drop(redis, state)
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
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing but one system call between fork and exec
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


def _die_with_parent() -> None:
    """Linux ends this process when its parent does, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def catching_up(
    worker: "subprocess.Popen[bytes]", observatory: Observatory, ends: LogEnds, state: StateVersion
) -> AsyncIterator[Caught]:
    """How far the replay is, until it stands at the end of every log, and nobody has told anybody more.

    An entity tells others before its own commit, so the ends are asked for after the positions were read, and both must
    be the same twice.

    :raises ConfigurationError: when the worker ends before.
    """
    before: Caught | None = None
    while True:
        if worker.poll() is not None:
            raise ConfigurationError(f"the replaying worker ended with status {worker.returncode}", mend="see its log")
        nexts, _ = await observatory.reader.positions(state)
        read_at = observatory.clock()
        while ends.checked_at is None or ends.checked_at <= read_at:  # noqa: ASYNC110 - Kafka is asked twice a second
            await asyncio.sleep(POLL_SECONDS / 5)
        caught = Caught(sum(min(n, ends.ends[tp]) for tp, n in nexts.items()), sum(ends.ends[tp] for tp in nexts))
        yield caught
        if caught.done == caught.total and caught == before:
            return
        before = caught
        await asyncio.sleep(POLL_SECONDS)


class Difference(NamedTuple):
    """A headline in the live state and in the rebuilt one."""

    kpi: str
    window: str
    live: Number | None
    rebuilt: Number | None


async def differences(
    observatory: Observatory, kpis: Mapping[str, Kpi], live: Moment, rebuilt: Moment
) -> list[Difference]:
    """The headlines that differ, over every window of every KPI."""
    found = []
    for kpi in kpis.values():
        for name in kpi.windows:
            values = []
            for moment in (live, rebuilt):
                window = named_window(name, moment.world.now, moment.world.calendar)
                answer = await observatory.read(rows(Query(kpi, ALL, window, {}), moment), moment)
                values.append(answer[0].value)
            if values[0] != values[1]:
                found.append(Difference(kpi.id, name, values[0], values[1]))
    return found
