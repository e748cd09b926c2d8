"""Reads every page when it is due: durable, spread by host, shared with other processes without a page read twice.

A process claims a host, not a page, and renews the claim while it works: so only one at a time asks a host anything,
and the host's delays are kept. What was due while nobody was there is read once, at the hosts' pace. A process that is
killed loses its claims a little later; what it had fetched and not kept is fetched again. One that was only held up
finds that the page is no longer its own, and keeps nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import NotFound, Unavailable
from services.common.logging import get_logger
from services.common.windows import Clock
from services.pricing_watch import store
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher, Validators
from services.pricing_watch.metrics import PricingMetrics
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Page, Reading
from services.pricing_watch.watching.intake import READ, Intake, Pair, Seen, load
from services.pricing_watch.watching.watch_list import wanted

log = get_logger(__name__)

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 8.0
LOOK_SECONDS = 1.0
MOST_HOSTS = 64
MOST_READ_AT_ONCE = 2
"""Pages that are looked through at a time: it is work for the processor."""

MAY_PASS = frozenset({Fault.TIMEOUT, Fault.SERVER, Fault.UNREACHABLE, Fault.HOST_RESTING, Fault.BLOCKED})
"""What another try a little later may find gone."""

NOT_GIVEN = "no price was given in time"


class Scheduler:
    """Reads pages for ever: `run`. `name` is this process's own, other than any other's."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        intake: Intake,
        *,
        name: str,
        clock: Clock,
        written: Callable[[], None],
        metrics: PricingMetrics,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._intake = intake
        self._name = name
        self._clock = clock
        self._written = written
        self._metrics = metrics
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._readers = asyncio.Semaphore(MOST_READ_AT_ONCE)

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
        state = store.page(connection, sku, competitor)
        if state is None:
            raise NotFound(f"{competitor!r} is not watched for {sku!r}", field="competitor", mend="watch it first")
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
            await asyncio.gather(*map(self._let_go, hosts))

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
        except TimeoutError:
            return

    async def _take_hosts(self) -> None:
        free = MOST_HOSTS - len(self._at_work)
        if free <= 0:
            return
        find = partial(store.hosts_due, now=self._clock(), mine=self._name, limit=MOST_HOSTS)
        for host in [host for host in await self._database.read(find) if host not in self._at_work][:free]:
            task = asyncio.create_task(self._read_host(host))
            self._at_work[host] = task
            task.add_done_callback(partial(self._done, host))

    def _done(self, host: str, task: asyncio.Task[None]) -> None:
        self._at_work.pop(host, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("reading a host's pages failed", host=host, exc_info=error)

    async def _read_host(self, host: str) -> None:
        """Read a host's pages, one after the other, until none is due."""
        while (pair := await self._database.write(partial(self._next, host=host))) is not None:
            seen = await self._look(pair)
            if not await self._database.write(partial(self._take, pair=pair, seen=seen)):
                log.warning("another process has come between", pair=pair.state.pair_id)
                return
            self._written()
        await self._let_go(host)

    async def _let_go(self, host: str) -> None:
        """Give a host up once it may be asked again: whoever claims it next must not come too soon."""
        until = self._clock() + min(timedelta(seconds=self._fetcher.rest_of(host)), LEASE)
        await self._database.write(partial(store.renew, hosts=(host,), mine=self._name, until=until))

    def _next(self, connection: Connection, host: str) -> Pair | None:
        now = self._clock()
        if not store.claim(connection, host, self._name, now, now + LEASE):
            return None
        while (state := store.next_due(connection, host, now)) is not None:
            pair = load(connection, state)
            if pair is not None:
                return pair
            store.forget_page(connection, state.pair_id)
        return None

    def _take(self, connection: Connection, pair: Pair, seen: Seen) -> bool:
        if not store.is_still_mine(connection, pair.state, self._name):
            return False
        judged = self._intake.take(connection, pair, seen, self._clock())
        self._metrics.readings.labels(seen.outcome).inc()
        if judged is not None and judged.told is not None:
            self._metrics.verdicts.labels(judged.told.value).inc()
        return True

    async def _look(self, pair: Pair) -> Seen:
        """Fetch a page and read it; whatever stands in the way is what came of it."""
        page, state = pair.page, pair.state
        if not page.page:
            return Seen("not_given", NOT_GIVEN)
        validators = Validators(etag=state.etag, last_modified=state.last_modified)
        try:
            fetched = await self._fetcher.fetch(page.page, validators, render=page.render)
        except FetchFault as fault:
            may_pass = fault.kind in MAY_PASS or fault.retry_after is not None
            pause = timedelta(seconds=fault.retry_after or 0)
            return Seen(fault.kind.value, fault.message, may_pass=may_pass, retry_after=pause)
        if fetched.not_modified:
            return await self._unchanged(pair, fetched.validators)
        try:
            async with self._readers:
                reading = await asyncio.to_thread(read_page, fetched.page, wanted(pair.product, page))
        except Exception:  # one page must not hold up its host's others
            log.exception("a page could not be looked through", pair=state.pair_id)
            return Seen("failed", "the page could not be looked through: it was logged")
        return _seen(fetched.page, reading, fetched.validators)

    async def _unchanged(self, pair: Pair, validators: Validators) -> Seen:
        before = await self._database.read(partial(store.last_page_read, pair_id=pair.state.pair_id))
        reading = before.reading if before is not None else None
        page_hash = before.page_hash if before is not None else None
        return Seen(READ, "not modified since the reading before", reading, page_hash, validators)

    async def _renew_always(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            hosts, until = list(self._at_work), self._clock() + LEASE
            try:
                await self._database.write(partial(store.renew, hosts=hosts, mine=self._name, until=until))
            except Unavailable as error:
                log.warning("claims cannot be renewed", error=error.message)

    async def _tell(self) -> None:
        due, oldest = await self._database.read(partial(store.backlog, now=self._clock()))
        self._metrics.due.set(due)
        self._metrics.overdue_seconds.set((self._clock() - oldest).total_seconds() if oldest else 0)
        self._metrics.hosts.set(len(self._at_work))


def _seen(page: Page, reading: Reading, validators: Validators) -> Seen:
    outcome = READ if reading.price_minor is not None else (reading.obstacle or "no_price")
    return Seen(outcome, reading.reason, reading, hashlib.sha256(page.body).hexdigest(), validators)
