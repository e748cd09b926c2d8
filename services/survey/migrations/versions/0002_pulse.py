"""The pulse: roster, rounds, tickets, answers, comments."""

import sqlalchemy as sa
from alembic import op

from services.common.tables import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _pulse_people()
    _pulse_rounds()
    _pulse_answers()
    _pulse_comments()
    _pulse_tickets()


def _pulse_people() -> None:
    op.create_table(
        "pulse_people",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("team_id", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_pulse_people")),
        comment="Whom the next round asks.",
    )


def _pulse_rounds() -> None:
    op.create_table(
        "pulse_rounds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("closes_at", Moment(), nullable=False),
        sa.Column("reminded_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column(
            "cleared",
            sa.Text(),
            nullable=True,
            comment="What was told, and the groups of people that it tells apart (JSON).",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_rounds")),
    )


def _pulse_answers() -> None:
    op.create_table(
        "pulse_answers",
        sa.Column("id", sa.String(length=40), nullable=False, comment="Random: it says nothing of who, or when."),
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column("team_id", sa.String(length=200), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["pulse_rounds.id"], name=op.f("fk_pulse_answers_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_answers")),
        comment="What an open round was answered.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_pulse_answers_round_id"), "pulse_answers", ["round_id"], unique=False)


def _pulse_comments() -> None:
    op.create_table(
        "pulse_comments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column("team_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["pulse_rounds.id"], name=op.f("fk_pulse_comments_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_comments")),
        comment="Words of closed rounds that the team's reader may see.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_pulse_comments_round_id"), "pulse_comments", ["round_id"], unique=False)


def _pulse_tickets() -> None:
    op.create_table(
        "pulse_tickets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column(
            "person_id",
            sa.String(length=64),
            nullable=False,
            comment="The SHA-256 of the address: rosters are compared by it.",
        ),
        sa.Column("team_id", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False, comment="Empty once the person is erased."),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("used", sa.Boolean(), nullable=False, comment="Without a time: that would lead to the answer."),
        sa.ForeignKeyConstraint(["round_id"], ["pulse_rounds.id"], name=op.f("fk_pulse_tickets_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_tickets")),
        sa.UniqueConstraint("round_id", "person_id", name=op.f("uq_pulse_tickets_round_id_person_id")),
        comment="Who may answer an open round.",
    )
    op.create_index(op.f("ix_pulse_tickets_round_id"), "pulse_tickets", ["round_id"], unique=False)
