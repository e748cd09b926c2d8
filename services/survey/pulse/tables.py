"""The pulse's tables.

Who was asked stands in `pulse_tickets`, what was answered in `pulse_answers`, and nothing leads from the one to the
other: no common id, no time, no order of rows (see `store.add_answer`). Both are emptied when the round closes.
"""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from services.common.tables import Moment
from services.survey.tables import metadata

people = Table(
    "pulse_people",
    metadata,
    Column("email", String(320), primary_key=True),
    Column("team_id", String(200), nullable=False),
    Column("language", String(8)),
    comment="Whom the next round asks.",
)

rounds = Table(
    "pulse_rounds",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("opened_at", Moment, nullable=False),
    Column("closes_at", Moment, nullable=False),
    Column("reminded_at", Moment),
    Column("closed_at", Moment),
    Column("cleared", Text, comment="What was told, and the groups of people that it tells apart (JSON)."),
)

tickets = Table(
    "pulse_tickets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("round_id", ForeignKey("pulse_rounds.id"), nullable=False, index=True),
    Column("person_id", String(64), nullable=False, comment="The SHA-256 of the address: rosters are compared by it."),
    Column("team_id", String(200), nullable=False),
    Column("email", String(320), nullable=False, comment="Empty once the person is erased."),
    Column("language", String(8)),
    Column("used", Boolean, nullable=False, default=False, comment="Without a time: that would lead to the answer."),
    UniqueConstraint("round_id", "person_id"),
    comment="Who may answer an open round.",
)

answers = Table(
    "pulse_answers",
    metadata,
    Column("id", String(40), primary_key=True, comment="Random: it says nothing of who, or when."),
    Column("round_id", ForeignKey("pulse_rounds.id"), nullable=False, index=True),
    Column("team_id", String(200), nullable=False),
    Column("scores", JSON, nullable=False),
    Column("comment", Text, nullable=False),
    comment="What an open round was answered.",
    sqlite_with_rowid=False,  # else SQLite would keep the order in which they came
)

comments = Table(
    "pulse_comments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("round_id", ForeignKey("pulse_rounds.id"), nullable=False, index=True),
    Column("team_id", String(200), nullable=False),
    Column("text", Text, nullable=False),
    comment="Words of closed rounds that the team's reader may see.",
    sqlite_with_rowid=False,
)
