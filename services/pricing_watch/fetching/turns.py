"""Waiting for a host's turn: who asks the same host stands in one line."""

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.hosts import HostPace, Outcome
from services.pricing_watch.fetching.terms import FetchSettings

BLOCKED = frozenset({401, 403, 429})
FAILED = frozenset({Fault.SERVER, Fault.TIMEOUT, Fault.UNREACHABLE, Fault.TLS})


class Turn:
    """One request to a host. Whoever makes it tells what the host answered."""

    def __init__(self) -> None:
        self.outcome = Outcome.UNKNOWN
        self.retry_after = 0.0

    def answered(self, status: int, retry_after: float | None) -> None:
        self.outcome = Outcome.BLOCKED if status in BLOCKED else Outcome.FAILED if status >= 500 else Outcome.ANSWERED
        self.retry_after = retry_after or 0.0

    def failed(self, kind: Fault) -> None:
        if kind in FAILED:
            self.outcome = Outcome.FAILED


class Line:
    """Those who wait for one host, and its pace."""

    def __init__(self, settings: FetchSettings) -> None:
        self.pace = HostPace(settings)
        self.head = asyncio.Lock()
        self.ended = asyncio.Event()
        self.waiting = 0


class Turns:
    """The lines of all hosts. Of hosts that nobody asks, the longest unused is forgotten when there are too many."""

    def __init__(
        self,
        settings: FetchSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._luck = luck
        self._lines: OrderedDict[str, Line] = OrderedDict()

    def ask_slowly(self, host: str, crawl_delay: float) -> None:
        """Keep to a Crawl-delay from now on."""
        self._line(host).pace.ask_slowly(crawl_delay)

    def rest_of(self, host: str) -> float:
        """Seconds until the host may be asked again, as far as is known: 0 of one that nobody has asked."""
        line, now = self._lines.get(host), self._clock()
        if line is None:
            return 0.0
        ready = line.pace.ready_at(now)
        return line.pace.delay if ready == math.inf else ready - now

    def delay_of(self, host: str) -> float:
        """The least seconds between two requests to the host."""
        line = self._lines.get(host)
        return self._settings.per_host_delay if line is None else line.pace.delay

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[Turn]:
        """Wait for the host's turn, and hold it while one request is made.

        :raises FetchFault: `host_resting` when the host rests or the turn would come too late.
        """
        line = self._line(host)
        line.waiting += 1
        try:
            await self._wait(host, line)
        finally:
            line.waiting -= 1
        turn = Turn()
        try:
            yield turn
        except FetchFault as fault:
            turn.failed(fault.kind)
            raise
        finally:
            line.pace.end(self._clock(), self._luck(), turn.outcome, turn.retry_after)
            line.ended.set()

    async def _wait(self, host: str, line: Line) -> None:
        deadline = self._clock() + self._settings.patience
        expected = (line.waiting - 1) * line.pace.delay
        if expected > self._settings.patience:
            raise _resting(host, expected)
        async with line.head:
            while True:
                now = self._clock()
                rest = line.pace.resting_for(now)
                ready = line.pace.ready_at(now)
                if rest or deadline < ready < math.inf:
                    raise _resting(host, rest or ready - now)
                if ready <= now:
                    line.pace.begin(now, self._luck())
                    return
                line.ended.clear()
                await _wait_for(line.ended, ready - now)

    def _line(self, host: str) -> Line:
        line = self._lines.get(host)
        if line is None:
            self._forget()
            line = self._lines[host] = Line(self._settings)
        self._lines.move_to_end(host)
        return line

    def _forget(self) -> None:
        if len(self._lines) < self._settings.max_hosts:
            return
        now = self._clock()
        for host, line in self._lines.items():
            if not line.waiting and not line.pace.is_busy and line.pace.ready_at(now) <= now:
                del self._lines[host]
                return


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            await event.wait()
    except TimeoutError:
        pass


def _resting(host: str, seconds: float) -> FetchFault:
    return FetchFault(
        Fault.HOST_RESTING, f"{host} is not asked for another {math.ceil(seconds)} s", retry_after=seconds, host=host
    )
