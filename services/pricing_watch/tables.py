"""The tables of pricing_watch's own database. `migrations/` makes them, and a test holds the two together."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

from services.common.tables import NAMING, OUTBOX, Moment, Schema

SCHEMA = Schema("pricing", Path(__file__).parent / "migrations")

metadata = MetaData(naming_convention=NAMING)

products = Table(
    "products",
    metadata,
    Column("sku", String(100), primary_key=True),
    Column("origin", String(10), nullable=False, comment="`file` or `api`: where it is edited."),
    Column("product", LargeBinary, nullable=False, comment="As it stands in the watch list (JSON)."),
    Column("told_at", Moment, nullable=False, comment="The time of the last event about it: the next is later."),
    comment="What is watched.",
)

pages = Table(
    "pages",
    metadata,
    Column("pair_id", String(200), primary_key=True),
    Column("sku", String(100), ForeignKey("products.sku"), nullable=False, index=True),
    Column("competitor", String(100), nullable=False),
    Column("host", String(255), nullable=False, comment="Whose turn a reading waits for, if any."),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0, comment="Tries since the last reading that counted."),
    Column("etag", String(1024)),
    Column("last_modified", String(1024)),
    Column("belief", LargeBinary, nullable=False, comment="What is believed of its price (JSON)."),
    Column("verdict", String(20), comment="The verdict of what is believed, to be counted by."),
    Column("evidence_id", BigInteger, comment="The last reading that keeps what the page said."),
    Column("reader", Integer, comment="The version of the reader that read it."),
    Index(None, "host", "due_at"),
    comment="The pairs of a product and a competitor's page, and when each is read next.",
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("claimed_by", String(100), nullable=False),
    Column("claimed_until", Moment, nullable=False),
    Column("free_at", Moment, nullable=False, comment="When the host may be asked again."),
    comment="Which process reads a host's pages: one at a time, so that its delays are kept.",
)

readings = Table(
    "readings",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("pair_id", String(200), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("outcome", String(30), nullable=False, comment="`read`, `given`, or why there is nothing."),
    Column("verdict", String(20), comment="What was believed after it."),
    Column("reason", Text, nullable=False),
    Column("price_minor", BigInteger, comment="Comparable with ours: taxed, for our pack."),
    Column("currency", String(3)),
    Column("page_hash", String(64), comment="The SHA-256 of the page, where one came."),
    Column("reading", LargeBinary, comment="What the page said, with all candidates (JSON); null: as the one before."),
    Index(None, "pair_id", "id"),
    comment="Every reading, with its evidence.",
    sqlite_autoincrement=True,
)

outbox = OUTBOX.to_metadata(metadata)
