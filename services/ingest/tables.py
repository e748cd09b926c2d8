"""The tables of the gateway's own database. `migrations/` makes them, and a test holds the two together."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, MetaData, String, Table, Text

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


def _account() -> list[Column[str]]:
    """A vendor and the account of it; made anew for each table."""
    return [Column("vendor", String(40), primary_key=True), Column("account", String(100), primary_key=True)]


deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("vendor", String(40), nullable=False),
    Column("account", String(100), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("topic", String(200), nullable=False, comment="What the vendor calls it."),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(500), nullable=False, comment="Why it was refused or ignored. Nothing of its content."),
    Column("made", String(500), nullable=False, comment="What became of it: `order.placed x 1`."),
    Index("ix_deliveries_account", "vendor", "account", "id"),
    comment="The last deliveries of each account: what came, and what became of it.",
    sqlite_autoincrement=True,
)

wanted = Table(
    "wanted_objects",
    metadata,
    *_account(),
    Column("kind", String(40), primary_key=True),
    Column("object_id", String(200), primary_key=True),
    Column("due_at", Moment, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("asked_anew", Integer, nullable=False, comment="Grows when it is named again: what is asked may be older."),
    comment="Objects that deliveries name: the vendor's API is asked for them.",
)

syncs = Table(
    "syncs",
    metadata,
    *_account(),
    Column("since", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=True),
    Column("due_at", Moment, nullable=False, comment="When the next page is asked for."),
    Column("cursor", Text, nullable=False, comment="Where to go on; the vendor's own."),
    Column("objects", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=True),
    Column("events", BigInteger, nullable=False),
    Column("left_out", BigInteger, nullable=False, comment="Objects that could not be read."),
    Column("fault", String(500), nullable=False, comment="Why it does not go on at this moment."),
    comment="The last pull of everything that changed, of each account.",
)

redactions = Table(
    "redactions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("vendor", String(40), nullable=False),
    Column("account", String(100), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("topic", String(200), nullable=False),
    Column("customers", Integer, nullable=False, comment="How many were to be forgotten."),
    Column("erased", Integer, nullable=False, comment="Rows of theirs that were erased here."),
    comment="Demands to forget people, and that they were obeyed. Whom is not kept.",
    sqlite_autoincrement=True,
)
