"""What takes webhooks, on a database, with the invented vendor's account."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Table, select

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.database import Database
from services.common.events import Event, decode
from services.common.http import install_error_handlers
from services.ingest import tables
from services.ingest.connectors.accounts import AccountReader, Configured, FollowedAccounts
from services.ingest.connectors.api import connector_routes
from services.ingest.connectors.asking.completing import Completing
from services.ingest.connectors.asking.syncing import Syncing
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Connector
from services.ingest.connectors.intake import Intake
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.reading.names import Pseudonyms
from services.ingest.connectors.service import Webhooks
from services.ingest.connectors.signing.signatures import sha256_hex
from tests.ingest.connectors.invented import INVENTED, SIGNATURE, Sale
from tests.support.clock import START, Clock
from tests.support.stories import KEY, SECRET

MAX_BYTES = 100_000
MOST_WAITING = 50
LOOK = 0.05
"""Seconds between two looks at the file of accounts."""
AT = START - timedelta(hours=1)


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


class Connectors:
    """All that connectors are made of, with one account; `api_url` is where its vendor's API listens."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        api_url: str = "http://127.0.0.1:9",
        *,
        connector: Connector = INVENTED,
        token: str = "token",
        **words: object,
    ) -> None:
        self.database = database
        self.vendor = connector.vendor
        self.clock = Clock()
        self.registry = CollectorRegistry()
        self.secret_file, self.token_file = folder / "secret", folder / "token"
        self.secret_file.write_text(SECRET)
        self.token_file.write_text(token)
        self.file = folder / "accounts.yml"
        self.write(secret_file=str(self.secret_file), token_file=str(self.token_file), api=api_url, **words)
        self.reader = AccountReader({self.vendor: connector}, Pseudonyms(KEY))
        self.accounts = FollowedAccounts(self.file, self.reader, look_seconds=LOOK)
        self.accounts.load()
        metrics = ConnectorMetrics(self.registry)
        self.intake = Intake(
            database,
            zone=ZoneInfo("Europe/Paris"),
            clock=self.clock,
            most_waiting=MOST_WAITING,
            written=lambda: None,
            metrics=metrics,
        )
        asking: dict[str, Any] = {"open_api": self.open_api, "clock": self.clock, "metrics": metrics}
        self.completing = Completing(self.accounts, database, self.intake, **asking)
        self.syncing = Syncing(self.accounts, database, self.intake, **asking)
        self.webhooks = Webhooks(self.accounts, database, self.intake, metrics)
        self.keys = KeyRing(folder / "keys.json")
        self.audit = AuditLog(folder / "audit.log")

    def write(self, **words: object) -> None:
        """Have the file hold the one account with these words."""
        self.write_all(paris=words)

    def write_all(self, **accounts: object) -> None:
        """Have the file hold these accounts."""
        self.file.write_bytes(msgspec.yaml.encode({"accounts": {self.vendor: accounts}}))

    def open_api(self, account: Configured) -> VendorApi:
        return VendorApi(account.connector.facts.title, account.terms(), sleep=no_sleep, timeout=1.0)

    @property
    def account(self) -> Configured:
        found = self.accounts.find(self.vendor, "paris")
        assert found is not None
        return found

    def client(self, *scopes: Scope) -> httpx.AsyncClient:
        app = FastAPI()
        install_error_handlers(app)
        app.include_router(
            connector_routes(
                self.webhooks,
                self.syncing,
                self.keys,
                self.audit,
                clock=self.clock,
                public_url="https://cadran.example.org",
                max_bytes=MAX_BYTES,
            )
        )
        headers = {"Authorization": f"Bearer {self.keys.create('test', scopes, '')}"} if scopes else {}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway/v1", headers=headers)

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        return await self.database.read(
            lambda connection: [dict(row) for row in connection.execute(select(table)).mappings()]
        )

    async def events(self) -> list[Event]:
        """Every event that was written down."""
        return [decode(row["value"]) for row in await self.rows(tables.outbox)]

    def counted(self, outcome: str, account: str = "paris", vendor: str = "invented") -> float:
        labels = {"vendor": vendor, "account": account, "outcome": outcome}
        return self.registry.get_sample_value("cadran_connector_deliveries_total", labels) or 0.0


def signed(body: object, secret: str = SECRET) -> dict[str, Any]:
    """What a request of the invented vendor is made of."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    headers: Mapping[str, str] = {SIGNATURE: sha256_hex(secret, content)}
    return {"content": content, "headers": headers}


def sale(name: str, cents: int = 1000, **more: Any) -> Sale:
    return Sale(name, AT, AT, cents, **more)
