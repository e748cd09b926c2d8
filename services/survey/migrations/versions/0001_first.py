"""The first tables: contacts, invitations, answers, outbox."""

import sqlalchemy as sa
from alembic import op

from services.survey.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column(
            "response_id", sa.String(length=200), nullable=False, comment="The invitation's id, where there was one."
        ),
        sa.Column("touchpoint", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("store_id", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("rep_id", sa.String(length=200), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("may_call", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.CheckConstraint("score between 0 and 10", name=op.f("ck_answers_score")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_answers")),
        comment="What was answered, in their own words.",
    )
    op.create_index(op.f("ix_answers_answered_at"), "answers", ["answered_at"], unique=False)
    op.create_index(op.f("ix_answers_customer_id"), "answers", ["customer_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("customer_id", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_contacts")),
        comment="Who can be asked.",
    )
    op.create_index(op.f("ix_contacts_email"), "contacts", ["email"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("touchpoint", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("store_id", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("rep_id", sa.String(length=200), nullable=True),
        sa.Column(
            "email",
            sa.String(length=320),
            nullable=True,
            comment="Null: whoever asked for the invitation sends the link.",
        ),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        comment="Who was asked, once each.",
    )
    op.create_index(op.f("ix_invitations_customer_id"), "invitations", ["customer_id"], unique=False)
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"], unique=False)
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
