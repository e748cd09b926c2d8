"""The tables of the board's own database. `migrations/` makes them, and a test holds the two together."""

from pathlib import Path

from sqlalchemy import Column, Date, Index, Integer, MetaData, String, Table, Text

from services.common.tables import NAMING, OUTBOX, Moment, Schema

SCHEMA = Schema("board", Path(__file__).parent / "migrations")

metadata = MetaData(naming_convention=NAMING)

edits = Table(
    "edits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("person", String(100), nullable=False, comment="Who signed in to change it."),
    Column("kind", String(20), nullable=False, comment="`target` or `promotion`."),
    Column("subject", String(300), nullable=False, comment="Of the event that says so."),
    Column("before", Text, nullable=True, comment="JSON: what stood until then, if anything did."),
    Column("after", Text, nullable=False, comment="JSON: the event's data."),
    Column("event_id", String(100), nullable=False),
    Index(None, "kind", "subject"),
    comment="What people changed on the board's pages.",
    sqlite_autoincrement=True,
)

letters = Table(
    "letters",
    metadata,
    Column("week", Date, primary_key=True, comment="The Monday of the week that it tells of."),
    Column("recipient", String(254), primary_key=True),
    Column("claimed_until", Moment, nullable=True, comment="Whoever sends it has it alone until then."),
    Column("settled_at", Moment, nullable=True, comment="When a mail server took it, or refused it for good."),
    Column("codes", String(20), nullable=True, comment="What it was refused with."),
    comment="Weekly letters: each leaves once.",
    sqlite_with_rowid=False,
)

outbox = OUTBOX.to_metadata(metadata)
