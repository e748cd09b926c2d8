"""The first tables."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "edits",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False, comment="Who signed in to change it."),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="`target` or `promotion`."),
        sa.Column("subject", sa.String(length=300), nullable=False, comment="Of the event that says so."),
        sa.Column("before", sa.Text(), nullable=True, comment="JSON: what stood until then, if anything did."),
        sa.Column("after", sa.Text(), nullable=False, comment="JSON: the event's data."),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edits")),
        comment="What people changed on the board's pages.",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_edits_kind_subject"), "edits", ["kind", "subject"])
    op.create_table(
        "letters",
        sa.Column("week", sa.Date(), nullable=False, comment="The Monday of the week that it tells of."),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("claimed_until", Moment(), nullable=True, comment="Whoever sends it has it alone until then."),
        sa.Column("settled_at", Moment(), nullable=True, comment="When a mail server took it, or refused it for good."),
        sa.Column("codes", sa.String(length=20), nullable=True, comment="What it was refused with."),
        sa.PrimaryKeyConstraint("week", "recipient", name=op.f("pk_letters")),
        comment="Weekly letters: each leaves once.",
        sqlite_with_rowid=False,
    )
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
