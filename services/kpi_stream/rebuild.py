"""Rebuild: replay all topics into a new state beside the live one, compare, and switch to it in one write.

The replay is an ordinary worker on another state version, in a consumer group of its own. Until the switch everybody
goes on with the old state; an interrupted rebuild leaves it as it was.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from redis import Redis

from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.common.windows import named_window
from services.kpi_stream.exporter.freshness import LogEnds
from services.kpi_stream.exporter.moment import Moment, Observatory
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import rows
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Kpi, Number
from services.kpi_stream.live_state import drop, new_version, prepare
from services.kpi_stream.state_version import StateVersion

REBUILD_WORKER = 900
POLL_SECONDS = 0.5


class Caught(NamedTuple):
    """How far a replay has come, in records."""

    done: int
    total: int


@contextmanager
def draft_state(redis: Redis, settings: Settings) -> Iterator[StateVersion]:
    """A new state, dropped again unless it became the live one."""
    state = new_version(settings)
    prepare(redis, state)
    try:
        yield state
    except BaseException:
        drop(redis, state)
        raise


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
            [sys.executable, "-m", "services.kpi_stream.main"], env=environment, stderr=log, stdout=log
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


async def catching_up(
    worker: "subprocess.Popen[bytes]", observatory: Observatory, ends: LogEnds, state: StateVersion
) -> AsyncIterator[Caught]:
    """How far the replay is, until it stands at the end of every log: then nothing more is told either.

    :raises ConfigurationError: when the worker ends before.
    """
    while True:
        if worker.poll() is not None:
            raise ConfigurationError(f"the replaying worker ended with status {worker.returncode}", mend="see its log")
        nexts, _ = await observatory.reader.positions(state)
        if ends.ends and nexts.keys() <= ends.ends.keys():
            done = sum(min(n, ends.ends[tp]) for tp, n in nexts.items())
            total = sum(ends.ends[tp] for tp in nexts)
            yield Caught(done, total)
            if done == total:
                return
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
