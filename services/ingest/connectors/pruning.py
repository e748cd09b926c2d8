"""Forgetting old deliveries: what is listed is the last of each account."""

import asyncio
from functools import partial

from services.common.database import Database
from services.ingest.connectors import store
from services.ingest.connectors.accounts import FollowedAccounts

EVERY_SECONDS = 60.0


class Pruning:
    """Forgets for ever: `run`."""

    def __init__(self, accounts: FollowedAccounts, database: Database) -> None:
        self._accounts = accounts
        self._database = database

    async def run(self) -> None:
        while True:
            for vendor, account in self._accounts.all():
                await self._database.write(partial(store.prune_deliveries, vendor=vendor, account=account))
            await asyncio.sleep(EVERY_SECONDS)
