"""The first tables."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    _answers()
    _cancelled_orders()
    _contacts()
    _invitations()
    _opt_outs()
    _order_plans()
    _outbox()
    _letters()


def _answers() -> None:
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


def _cancelled_orders() -> None:
    op.create_table(
        "cancelled_orders",
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="The greatest that is void."),
        sa.Column("cancelled_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_cancelled_orders")),
        comment="Orders that are void, kept as long as one of them could be asked about.",
    )


def _contacts() -> None:
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


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("touchpoint", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("store_id", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("rep_id", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True, comment="Where it is known."),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.Column(
            "delivered_at",
            Moment(),
            nullable=True,
            comment="When a mail server took the letter, or the link was handed out.",
        ),
        sa.Column("bounced_at", Moment(), nullable=True, comment="When it was known that the letter does not arrive."),
        sa.Column(
            "bounce",
            sa.String(length=100),
            nullable=True,
            comment="Why, as a mail server's codes; never its words, which may hold an address.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        comment="Who was asked, once each.",
    )
    op.create_index(op.f("ix_invitations_customer_id"), "invitations", ["customer_id"], unique=False)
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"], unique=False)


def _opt_outs() -> None:
    op.create_table(
        "opt_outs",
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="The SHA-256 of an address or a customer's id."
        ),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_opt_outs")),
        comment="Who does not want to be asked. Kept when the person is erased, so that it stays so.",
    )


def _order_plans() -> None:
    op.create_table(
        "order_plans",
        sa.Column("order_id", sa.String(length=200), nullable=False, comment="An order is asked about once."),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("touchpoint", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("store_id", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("rep_id", sa.String(length=200), nullable=True),
        sa.Column(
            "outcome", sa.String(length=20), nullable=True, comment="Null until it is due; then `asked`, or why not."
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_plans")),
        comment="Orders to ask about, kept as long as a replay could tell of them again.",
    )
    op.create_index(op.f("ix_order_plans_customer_id"), "order_plans", ["customer_id"], unique=False)
    op.create_index(op.f("ix_order_plans_due_at"), "order_plans", ["due_at"], unique=False)


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


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False, comment="The invitation's or the ticket's."),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", Moment(), nullable=True, comment="Until then, a process is at it."),
        sa.PrimaryKeyConstraint("purpose", "id", name=op.f("pk_letters")),
        comment="Letters that have not left yet.",
    )
    op.create_index(op.f("ix_letters_due_at"), "letters", ["due_at"], unique=False)
