"""Completing thin events: objects that deliveries merely name are asked for at the vendor's API."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError, Forbidden, NotFound, Unavailable
from services.common.logging import get_logger
from services.common.windows import Clock
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured, FollowedAccounts, OpenApi
from services.ingest.connectors.connector import Fetch, Reading, Wanted
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.records import WantedObject
from services.ingest.connectors.taking import Checked, checked, keep

log = get_logger(__name__)

AT_ONCE = 20
LEASE = timedelta(minutes=10)
"""For so long others leave alone what one has claimed: an API may be slow."""
LOOK_SECONDS = 5.0
FIRST_PAUSE, MOST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
MOST_TRIES = 20
"""About three days: after that an object stays as thin as it came."""


class Completing:
    """Asks for ever: `run`. `written` is told when events wait in the outbox."""

    def __init__(
        self,
        accounts: FollowedAccounts,
        database: Database,
        *,
        open_api: OpenApi,
        zone: ZoneInfo,
        clock: Clock,
        most_waiting: int,
        written: Callable[[], None],
        metrics: ConnectorMetrics,
    ) -> None:
        self._accounts = accounts
        self._database = database
        self._open_api = open_api
        self._zone = zone
        self._clock = clock
        self._most_waiting = most_waiting
        self._written = written
        self._metrics = metrics
        self._named = asyncio.Event()

    def wanted(self) -> None:
        """Say that objects are to be asked for."""
        self._named.set()

    async def run(self) -> None:
        while True:
            self._named.clear()
            async with asyncio.TaskGroup() as group:
                for account in self._accounts.all().values():
                    if (fetch := account.connector.fetch) and account.token():
                        group.create_task(self._complete(account, fetch))
            self._metrics.wanted.set(await self._database.read(store.count_wanted))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._named.wait()

    async def _complete(self, account: Configured, fetch: Fetch) -> None:
        """Ask for what is due of an account, until nothing is."""
        async with self._open_api(account) as api:
            while claimed := await self._claim(account):
                for wanted in claimed:
                    await self._ask(account, partial(fetch, api), wanted)

    async def _claim(self, account: Configured) -> list[WantedObject]:
        now = self._clock()
        claim = partial(
            store.claim_wanted,
            vendor=account.vendor,
            account=account.name,
            now=now,
            until=now + LEASE,
            limit=AT_ONCE,
        )
        return list(await self._database.write(claim))

    async def _ask(self, account: Configured, fetch: Callable[..., Awaitable[Reading]], wanted: WantedObject) -> None:
        try:
            reading = await fetch(Wanted(wanted.kind, wanted.object_id), account.words, account.names)
        except NotFound:
            await self._database.write(partial(store.had, wanted=wanted))
        except (Unavailable, Forbidden) as error:
            await self._later(account, wanted, error)
        except CadranError as error:
            log.warning("an object cannot be read", vendor=account.vendor, kind=wanted.kind, error=str(error))
            await self._give_up(account, wanted)
        else:
            found = checked(reading, account, self._clock(), self._zone)
            await self._database.write(partial(self._keep, account=account, wanted=wanted, found=found))
            for event in found.events:
                self._metrics.events.labels(account.vendor, account.name, event.type).inc()
            self._written()

    def _keep(self, connection: Connection, *, account: Configured, wanted: WantedObject, found: Checked) -> None:
        keep(connection, account, [found], self._clock(), self._most_waiting)
        store.had(connection, wanted)

    async def _later(self, account: Configured, wanted: WantedObject, error: CadranError) -> None:
        log.warning("an object is asked for again later", vendor=account.vendor, kind=wanted.kind, error=str(error))
        if wanted.tries >= MOST_TRIES:
            await self._give_up(account, wanted)
            return
        pause = min(FIRST_PAUSE * 2 ** min(wanted.tries, 12), MOST_PAUSE)
        await self._database.write(partial(store.put_off, wanted=wanted, due_at=self._clock() + pause))

    async def _give_up(self, account: Configured, wanted: WantedObject) -> None:
        self._metrics.given_up.labels(account.vendor, account.name).inc()
        await self._database.write(partial(store.had, wanted=wanted))
