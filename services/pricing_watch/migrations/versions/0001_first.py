"""The first tables."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    _hosts()
    _outbox()
    _products()
    _readings()
    _pages()


def _hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("claimed_by", sa.String(length=100), nullable=False),
        sa.Column("claimed_until", Moment(), nullable=False),
        sa.Column("free_at", Moment(), nullable=False, comment="When the host may be asked again."),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
        comment="Which process reads a host's pages: one at a time, so that its delays are kept.",
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="Events that Kafka has not acknowledged yet, written together with what they tell.",
        sqlite_autoincrement=True,
    )


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("sku", sa.String(length=100), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False, comment="`file` or `api`: where it is edited."),
        sa.Column("product", sa.LargeBinary(), nullable=False, comment="As it stands in the watch list (JSON)."),
        sa.Column(
            "told_at", Moment(), nullable=False, comment="The time of the last event about it: the next is later."
        ),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_products")),
        comment="What is watched.",
    )


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pair_id", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False, comment="`read`, `given`, or why there is nothing."),
        sa.Column("verdict", sa.String(length=20), nullable=True, comment="What was believed after it."),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True, comment="Comparable with ours: taxed, for our pack."),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("page_hash", sa.String(length=64), nullable=True, comment="The SHA-256 of the page, where one came."),
        sa.Column(
            "reading",
            sa.LargeBinary(),
            nullable=True,
            comment="What the page said, with all candidates (JSON); null: as the one before.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        comment="Every reading, with its evidence.",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_readings_at"), "readings", ["at"], unique=False)
    op.create_index(op.f("ix_readings_pair_id_id"), "readings", ["pair_id", "id"], unique=False)


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("pair_id", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=False),
        sa.Column("competitor", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False, comment="Whose turn a reading waits for, if any."),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="Tries since the last reading that counted."),
        sa.Column("etag", sa.String(length=1024), nullable=True),
        sa.Column("last_modified", sa.String(length=1024), nullable=True),
        sa.Column("belief", sa.LargeBinary(), nullable=False, comment="What is believed of its price (JSON)."),
        sa.Column(
            "verdict", sa.String(length=20), nullable=True, comment="The verdict of what is believed, to be counted by."
        ),
        sa.Column(
            "evidence_id", sa.BigInteger(), nullable=True, comment="The last reading that keeps what the page said."
        ),
        sa.Column("reader", sa.Integer(), nullable=True, comment="The version of the reader that read it."),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_pages_sku")),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_pages")),
        comment="The pairs of a product and a competitor's page, and when each is read next.",
    )
    op.create_index(op.f("ix_pages_host_due_at"), "pages", ["host", "due_at"], unique=False)
    op.create_index(op.f("ix_pages_sku"), "pages", ["sku"], unique=False)
