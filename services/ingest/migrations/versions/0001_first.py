"""The first tables."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("share", sa.Double(), nullable=False, comment="To contact, of those who are drawn from now on."),
        sa.Column(
            "seed",
            sa.String(length=100),
            nullable=False,
            comment="Never changes: who was drawn can be worked out again.",
        ),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
        comment="Campaigns with a random hold-out.",
    )
    op.create_table(
        "assignments",
        sa.Column("campaign_id", sa.String(length=100), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=False, comment="A pseudonym."),
        sa.Column("group", sa.String(length=10), nullable=False, comment="`contact` or `holdout`."),
        sa.Column("share", sa.Double(), nullable=False, comment="In force when it was drawn."),
        sa.Column("assigned_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_assignments_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "customer_id", name=op.f("pk_assignments")),
        comment="What was drawn: once for each customer of a campaign, for good.",
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
