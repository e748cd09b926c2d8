"""What connectors keep: deliveries, wanted objects, pulls, redactions."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _deliveries()
    _wanted_objects()
    _syncs()
    _redactions()


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("vendor", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False, comment="What the vendor calls it."),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column(
            "reason",
            sa.String(length=500),
            nullable=False,
            comment="Why it was refused or ignored. Nothing of its content.",
        ),
        sa.Column("made", sa.String(length=500), nullable=False, comment="What became of it: `order.placed x 1`."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        comment="The last deliveries of each account: what came, and what became of it.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_account", "deliveries", ["vendor", "account", "id"])


def _wanted_objects() -> None:
    op.create_table(
        "wanted_objects",
        sa.Column("vendor", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "asked_anew",
            sa.Integer(),
            nullable=False,
            comment="Grows when it is named again: what is asked may be older.",
        ),
        sa.PrimaryKeyConstraint("vendor", "account", "kind", "object_id", name=op.f("pk_wanted_objects")),
        comment="Objects that deliveries name: the vendor's API is asked for them.",
    )
    op.create_index(op.f("ix_wanted_objects_due_at"), "wanted_objects", ["due_at"])


def _syncs() -> None:
    op.create_table(
        "syncs",
        sa.Column("vendor", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=False, comment="When the next page is asked for."),
        sa.Column("cursor", sa.Text(), nullable=False, comment="Where to go on; the vendor's own."),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False, comment="Objects that could not be read."),
        sa.Column("fault", sa.String(length=500), nullable=False, comment="Why it does not go on at this moment."),
        sa.PrimaryKeyConstraint("vendor", "account", name=op.f("pk_syncs")),
        comment="The last pull of everything that changed, of each account.",
    )


def _redactions() -> None:
    op.create_table(
        "redactions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("vendor", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False, comment="How many were to be forgotten."),
        sa.Column("erased", sa.Integer(), nullable=False, comment="Rows of theirs that were erased here."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
        comment="Demands to forget people, and that they were obeyed. Whom is not kept.",
        sqlite_autoincrement=True,
    )
