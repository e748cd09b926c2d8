"""The tables of the gateway's own database. `migrations/` makes them, and a test holds the two together."""

from pathlib import Path

from sqlalchemy import Column, Double, ForeignKey, MetaData, String, Table

from services.common.tables import NAMING, OUTBOX, Moment, Schema

SCHEMA = Schema("ingest", Path(__file__).parent / "migrations")

metadata = MetaData(naming_convention=NAMING)

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("share", Double, nullable=False, comment="To contact, of those who are drawn from now on."),
    Column("seed", String(100), nullable=False, comment="Never changes: who was drawn can be worked out again."),
    Column("created_at", Moment, nullable=False),
    comment="Campaigns with a random hold-out.",
)

assignments = Table(
    "assignments",
    metadata,
    Column("campaign_id", String(100), ForeignKey("campaigns.campaign_id"), primary_key=True),
    Column("customer_id", String(200), primary_key=True, comment="A pseudonym."),
    Column("group", String(10), nullable=False, comment="`contact` or `holdout`."),
    Column("share", Double, nullable=False, comment="In force when it was drawn."),
    Column("assigned_at", Moment, nullable=False),
    comment="What was drawn: once for each customer of a campaign, for good.",
    sqlite_with_rowid=False,
)

outbox = OUTBOX.to_metadata(metadata)
