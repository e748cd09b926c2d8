"""Completing thin events: objects that deliveries merely name are asked for at the vendor's API."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial

from services.common.database import Database
from services.common.errors import Invalid, Malformed, NotFound, Unavailable
from services.common.logging import get_logger
from services.common.windows import Clock
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured, FollowedAccounts, OpenApi
from services.ingest.connectors.asking.turns import Turns
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.intake import Intake
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.records import WantedObject

log = get_logger(__name__)

AT_ONCE = 20
LEASE = timedelta(minutes=2)
"""For so long others leave alone what one has claimed. Asked for twice it does no harm."""
LOOK_SECONDS = 2.0
FIRST_PAUSE, MOST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
MOST_TRIES = 20
"""About three days: after that an object stays as thin as it came."""


class Completing:
    """Asks for ever: `run`."""

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

    async def run(self) -> None:
        async with Turns(self._complete) as turns:
            while True:
                self._intake.wanted.clear()
                for account in self._accounts.all().values():
                    if account.connector.fetch and account.token():
                        turns.begin(account)
                self._metrics.wanted.set(await self._database.read(store.count_wanted))
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._intake.wanted.wait()

    async def _complete(self, account: Configured) -> None:
        """Ask for what is due of an account, until nothing is; where it cannot be asked at all, later."""
        left = await self._claim(account)
        if not left:
            return
        try:
            async with self._open_api(account) as api:
                while left:
                    await self._ask(account, api, left[0])
                    del left[0]
                    left = left or await self._claim(account)
        except Exception:
            for wanted in left:
                await self._later(account, wanted)
            raise

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

    async def _ask(self, account: Configured, api: VendorApi, wanted: WantedObject) -> None:
        """Ask for an object.

        :raises Forbidden: when the token does not do; no other object would be had by it either.
        """
        fetch = account.connector.fetch
        if fetch is None:
            return
        try:
            reading = await fetch(api, Wanted(wanted.kind, wanted.object_id), account.words, account.names)
        except NotFound:
            await self._database.write(partial(store.had, wanted=wanted))
        except Unavailable:
            await self._later(account, wanted)
        except (Invalid, Malformed) as error:
            log.warning("an object cannot be read", vendor=account.vendor, kind=wanted.kind, error=str(error))
            await self._give_up(account, wanted)
        else:
            found = self._intake.checked(reading, account)
            await self._intake.take(account, [found], partial(store.had, wanted=wanted))

    async def _later(self, account: Configured, wanted: WantedObject) -> None:
        if wanted.tries >= MOST_TRIES:
            await self._give_up(account, wanted)
            return
        pause = min(FIRST_PAUSE * 2 ** min(wanted.tries, 12), MOST_PAUSE)
        await self._database.write(partial(store.put_off, wanted=wanted, due_at=self._clock() + pause))

    async def _give_up(self, account: Configured, wanted: WantedObject) -> None:
        self._metrics.given_up.labels(account.vendor, account.name).inc()
        await self._database.write(partial(store.had, wanted=wanted))
