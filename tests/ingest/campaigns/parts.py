"""The campaigns on a database, with a clock that the test sets."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy import Table, select

from services.common.database import Database
from services.common.events import Event, decode
from services.ingest import tables
from services.ingest.campaigns.metrics import CampaignMetrics
from services.ingest.campaigns.records import Campaign, Group, Setup
from services.ingest.campaigns.service import Campaigns
from tests.support.clock import Clock


class Service:
    """What draws, and what it has written down."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.registry = CollectorRegistry()
        self.campaigns = Campaigns(
            database,
            zone=ZoneInfo("Europe/Paris"),
            clock=self.clock,
            written=lambda: None,
            drawn=CampaignMetrics(self.registry).drawn,
        )

    async def set_up(self, campaign_id: str = "autumn", share: float = 0.5, seed: str | None = "s") -> Campaign:
        campaign, _ = await self.campaigns.set_up(campaign_id, Setup(share=share, seed=seed))
        return campaign

    async def groups(self, customers: Sequence[str], campaign_id: str = "autumn") -> list[Group]:
        return [assignment.group for assignment in await self.campaigns.assign(campaign_id, customers)]

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        return await self.database.read(
            lambda connection: [dict(row) for row in connection.execute(select(table)).mappings()]
        )

    async def events(self) -> list[Event]:
        """Every event that was written down."""
        return [decode(row["value"]) for row in await self.rows(tables.outbox)]

    def drawn(self, group: Group) -> float | None:
        return self.registry.get_sample_value("cadran_campaigns_customers_drawn_total", {"group": group.value})


def customers(number: int, start: int = 0) -> list[str]:
    return [f"C-{i}" for i in range(start, start + number)]
