"""Pulling what webhooks may have missed: all that changed since a time, page by page, resumed where it stopped."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError, Conflict, Invalid, Unavailable
from services.common.logging import get_logger
from services.common.windows import Clock
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured, FollowedAccounts, OpenApi
from services.ingest.connectors.asking.turns import Turns
from services.ingest.connectors.connector import Page
from services.ingest.connectors.intake import Intake
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.records import Sync

log = get_logger(__name__)

LOOK_SECONDS = 5.0
LEASE = timedelta(minutes=2)
"""For so long others leave a pull alone that one has claimed; it is claimed anew with every page."""
PAUSE = timedelta(minutes=1)
"""Until a pull is tried again that does not go on."""
FIRST = timedelta(days=7)
"""How far back the first pull goes that nobody has asked for."""
OVERLAP = timedelta(hours=1)
"""Pulled again of what the one before had: clocks differ, and lists lag."""
INTERVALS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
}


class Syncing:
    """Pulls for ever: `run`."""

    def __init__(
        self,
        accounts: FollowedAccounts,
        database: Database,
        intake: Intake,
        *,
        open_api: OpenApi,
        clock: Clock,
        metrics: ConnectorMetrics,
    ) -> None:
        self._accounts = accounts
        self._database = database
        self._intake = intake
        self._open_api = open_api
        self._clock = clock
        self._metrics = metrics
        self._asked = asyncio.Event()

    async def begin(self, account: Configured, since: datetime) -> Sync:
        """Begin a pull; one that is under way is given up for it. What that, or the schedule, had still to ask for is
        asked for as well.

        :raises Conflict: when this vendor's API cannot be asked.
        :raises Invalid: when the time lies ahead.
        """
        if account.connector.pages is None:
            raise Conflict(f"{account.connector.facts.title} cannot be asked", mend="import its export instead")
        if not account.token():
            raise Conflict("its API cannot be asked without a token", field="token_file", mend="set it in the accounts")
        now = self._clock()
        if since > now:
            raise Invalid("lies in the future", field="since", mend="send when the changes began that may be missing")
        await self._begin(account, min(since, await self._owed_since(account, since)), now)
        found = await self.standing(account)
        if found is None:
            raise Conflict("another pull was begun at the same moment", mend="look at how it stands")
        return found

    async def standing(self, account: Configured) -> Sync | None:
        """The last pull of an account."""
        return await self._database.read_in_time(partial(store.sync_of, vendor=account.vendor, account=account.name))

    async def run(self) -> None:
        async with Turns(self._go_on) as turns:
            while True:
                self._asked.clear()
                for account in self._accounts.all().values():
                    if account.connector.pages and account.token():
                        turns.begin(account)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._asked.wait()

    async def _begin(self, account: Configured, since: datetime, now: datetime) -> None:
        begin = partial(store.begin_sync, vendor=account.vendor, account=account.name, since=since, now=now)
        await self._database.write_in_time(begin)
        self._asked.set()

    async def _go_on(self, account: Configured) -> None:
        """Begin a pull that is due, and go on with one that is under way, as far as it goes."""
        now = self._clock()
        last = await self.standing(account)
        if last is None or last.finished_at is not None:
            await self._begin_if_due(account, last, now)
        claim = partial(store.claim_sync, vendor=account.vendor, account=account.name, now=now, lease=LEASE)
        sync = await self._database.write(claim)
        if sync is None:
            return
        try:
            await self._pull(account, sync)
        except Exception as error:
            fault = str(error) if isinstance(error, CadranError) else type(error).__name__
            await self._change(account, sync, fault=fault[:500], due_at=self._clock() + PAUSE)
            raise

    async def _owed_since(self, account: Configured, otherwise: datetime) -> datetime:
        """Since when changes are still to be asked for, whatever else is."""
        last = await self.standing(account)
        if last is not None and last.finished_at is None:
            return last.since
        if last is not None and account.words.sync_every:
            return last.started_at - OVERLAP
        return otherwise

    async def _begin_if_due(self, account: Configured, last: Sync | None, now: datetime) -> None:
        every = INTERVALS.get(account.words.sync_every)
        if every is None:
            return
        if last is None:
            await self._begin(account, now - FIRST, now)
        elif last.started_at + every <= now:
            await self._begin(account, last.started_at - OVERLAP, now)

    async def _pull(self, account: Configured, sync: Sync) -> None:
        pages = account.connector.pages
        if pages is None:
            return
        async with (
            self._open_api(account) as api,
            aclosing(pages(api, sync.since, sync.cursor, account.words, account.names)) as found,
        ):
            async for page in found:
                sync = await self._take(account, sync, page)
                if not page.cursor:
                    break
        self._metrics.synced.labels(account.vendor, account.name).set(sync.started_at.timestamp())

    async def _take(self, account: Configured, sync: Sync, page: Page) -> Sync:
        if page.cursor and page.cursor == sync.cursor:
            raise Unavailable("its API names the same page again", mend="it is asked again later")
        now = self._clock()
        found = [self._intake.checked(reading, account) for reading in page.readings]
        progress = {
            "cursor": page.cursor,
            "finished_at": None if page.cursor else now,
            "objects": sync.objects + len(found),
            "total": page.total,
            "events": sync.events + sum(len(each.events) for each in found),
            "left_out": sync.left_out + sum(bool(each.fault) for each in found),
            "fault": "",
        }
        # A page, and that it is done with, together: who is killed between two pages goes on with the next.
        changes = {**progress, "due_at": now + LEASE}
        await self._intake.take(account, found, partial(_go_on_from, account=account, sync=sync, changes=changes))
        return msgspec.structs.replace(sync, **progress)

    async def _change(self, account: Configured, sync: Sync, **changes: object) -> None:
        await self._database.write(
            lambda connection: store.change_sync(connection, account.vendor, account.name, sync.started_at, **changes)
        )


def _go_on_from(connection: Connection, *, account: Configured, sync: Sync, changes: Mapping[str, object]) -> None:
    """
    :raises Conflict: when it is no longer this pull that goes on: then nothing of the page is kept.
    """
    if not store.change_sync(connection, account.vendor, account.name, sync.started_at, **changes):
        raise Conflict("another pull was begun")
