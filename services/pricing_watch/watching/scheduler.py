"""Reads every page when it is due: durable, spread by host, shared with other processes without a page read twice.

A process claims a host, not a page, and renews the claim while it works: so only one at a time asks a host anything,
and the host's delays are kept, over a change of processes too. What was due while nobody was there is read once, at
the hosts' pace. A process that is killed loses its claims a little later; what it had fetched and not kept is fetched
again. One that was only held up finds that the page is no longer its own, and keeps nothing.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Unavailable
from services.common.logging import get_logger
from services.common.windows import Clock
from services.pricing_watch import store
from services.pricing_watch.fetching.faults import FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.judging.judgement import Judged
from services.pricing_watch.metrics import PricingMetrics
from services.pricing_watch.watching import host_store
from services.pricing_watch.watching.intake import Intake, Pair, Seen, find, load
from services.pricing_watch.watching.looking import FAILED, Looking, Read, faulty

log = get_logger(__name__)

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 8.0
LOOK_SECONDS = 1.0
MOST_HOSTS = 64
IN_A_ROW = 20
"""Pages of a host that are read before others have their turn."""


class Taken(NamedTuple):
    """Was the page still this process's to keep, and what was judged?"""

    is_mine: bool
    judged: Judged | None = None


class Scheduler:
    """Reads pages for ever: `run`. `name` is this process's own, other than any other's."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        read: Read,
        intake: Intake,
        *,
        name: str,
        clock: Clock,
        written: Callable[[], None],
        metrics: PricingMetrics,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._looking = Looking(database, fetcher, read)
        self._intake = intake
        self._name = name
        self._clock = clock
        self._written = written
        self._metrics = metrics
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Say that something may be due now."""
        self._changed.set()

    async def read_soon(self, sku: str, competitor: str) -> None:
        """Read a page before it is due, in its host's turn.

        :raises NotFound: when the pair is not watched.
        """
        await self._database.write(partial(self._advance, sku=sku, competitor=competitor))
        self.changed()

    def _advance(self, connection: Connection, sku: str, competitor: str) -> None:
        state = find(connection, sku, competitor).state
        store.plan(connection, state.pair_id, min(state.due_at, self._clock()), state.attempts)

    async def run(self) -> None:
        """Work until cancelled; then what was begun is let go."""
        renewing = asyncio.create_task(self._renew_always())
        try:
            while True:
                self._changed.clear()
                await self._take_hosts()
                await self._tell()
                await self._wait()
        finally:
            hosts, tasks = list(self._at_work), [renewing, *self._at_work.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*map(self._let_go, hosts), return_exceptions=True)

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):  # not wait_for, which may swallow being cancelled
                await self._changed.wait()

    async def _take_hosts(self) -> None:
        free = MOST_HOSTS - len(self._at_work)
        if free <= 0:
            return
        for host in await self._database.read(partial(host_store.due_hosts, now=self._clock(), limit=free)):
            if host not in self._at_work:
                task = asyncio.create_task(self._read_host(host))
                self._at_work[host] = task
                task.add_done_callback(partial(self._done, host))

    def _done(self, host: str, task: asyncio.Task[None]) -> None:
        self._at_work.pop(host, None)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("reading a host's pages failed", host=host, exc_info=error)
        else:
            self._changed.set()  # there is room for another host

    async def _read_host(self, host: str) -> None:
        """Read some of a host's pages, one after the other, as long as it is not to be left alone."""
        now = self._clock()
        claim = partial(host_store.claim, host=host, mine=self._name, now=now, until=now + LEASE)
        if not await self._database.write(claim):
            return
        for _ in range(IN_A_ROW):
            pair = await self._database.write(partial(self._next, host=host))
            if pair is None or not await self._read(pair):
                break
        await self._let_go(host)

    async def _read(self, pair: Pair) -> bool:
        """Read a page and keep what came of it; false when its host is to be left alone for now."""
        try:
            seen = await self._looking.look(pair)
        except FetchFault as fault:
            is_long_due = self._clock() - pair.state.due_at >= pair.interval
            if fault.host == pair.state.host and not is_long_due:
                return False
            seen = faulty(fault)._replace(may_pass=not is_long_due)
        except Unavailable:
            raise
        except Exception:  # one page must not hold up its host's others
            log.exception("a page could not be looked through", pair=pair.state.pair_id)
            seen = FAILED
        await self._keep(pair, seen)
        return True

    async def _keep(self, pair: Pair, seen: Seen) -> None:
        try:
            taken = await self._database.write(partial(self._take, pair=pair, seen=seen))
        except Unavailable:
            raise
        except Exception:
            log.exception("a reading could not be kept", pair=pair.state.pair_id)
            seen = FAILED
            taken = await self._database.write(partial(self._take, pair=pair, seen=seen))
        if not taken.is_mine:
            log.info("a page was changed, or taken by another process, while it was read", pair=pair.state.pair_id)
            return
        self._written()
        self._metrics.readings.labels(seen.outcome).inc()
        if taken.judged is not None and taken.judged.told is not None:
            self._metrics.verdicts.labels(taken.judged.told.value).inc()

    def _take(self, connection: Connection, pair: Pair, seen: Seen) -> Taken:
        is_mine = host_store.is_mine(connection, pair.state.host, self._name)
        if not is_mine or not store.is_due_as_before(connection, pair.state):
            return Taken(is_mine=False)
        return Taken(True, self._intake.take(connection, pair, seen, self._clock()))

    def _next(self, connection: Connection, host: str) -> Pair | None:
        now = self._clock()
        free_at = now + timedelta(seconds=self._fetcher.delay_of(host)) if host else now
        if not host_store.keep(connection, host, self._name, now + LEASE, free_at):
            return None
        while (state := store.next_due(connection, host, now)) is not None:
            pair = load(connection, state)
            if pair is not None:
                return pair
            store.forget_page(connection, state.pair_id)
        return None

    async def _let_go(self, host: str) -> None:
        """Give a host up; whoever claims it next must not come too soon."""
        now = self._clock()
        free_at = now + timedelta(seconds=self._fetcher.rest_of(host)) if host else now
        await self._database.write(partial(host_store.let_go, host=host, mine=self._name, now=now, free_at=free_at))

    async def _renew_always(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            names, until = list(self._at_work), self._clock() + LEASE
            try:
                await self._database.write(partial(host_store.renew, names=names, mine=self._name, until=until))
            except Unavailable as error:
                log.warning("claims cannot be renewed", error=error.message)

    async def _tell(self) -> None:
        due, oldest = await self._database.read(partial(store.backlog, now=self._clock()))
        self._metrics.due.set(due)
        self._metrics.overdue_seconds.set((self._clock() - oldest).total_seconds() if oldest else 0)
        self._metrics.hosts.set(len(self._at_work))
