"""The tables of the survey service's own database; the pulse's are in `pulse/tables.py`.

`migrations/` makes them, and a test holds the two together.
"""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from services.common.tables import NAMING, OUTBOX, Moment, Schema

SCHEMA = Schema("survey", Path(__file__).parent / "migrations")

metadata = MetaData(naming_convention=NAMING)


def _cuts() -> list[Column[str]]:
    """What an answer is counted by; a name that is not known is null."""
    return [
        Column("touchpoint", String(200), nullable=False),
        Column("customer_id", String(200), index=True),
        Column("channel", String(200)),
        Column("store_id", String(200)),
        Column("region", String(200)),
        Column("rep_id", String(200)),
    ]


contacts = Table(
    "contacts",
    metadata,
    Column("customer_id", String(200), primary_key=True),
    Column("email", String(320), nullable=False, index=True),
    Column("name", String(200)),
    Column("language", String(8)),
    Column("created_at", Moment, nullable=False),
    comment="Who can be asked.",
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(40), primary_key=True),
    *_cuts(),
    Column("email", String(320), index=True, comment="Where it is known."),
    Column("language", String(8)),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("opened_at", Moment),
    Column("answered_at", Moment),
    Column("withdrawn_at", Moment),
    Column("delivered_at", Moment, comment="When a mail server took the letter, or the link was handed out."),
    Column("bounced_at", Moment, comment="When it was known that the letter does not arrive."),
    Column("bounce", String(100), comment="Why, as a mail server's codes; never its words, which may hold an address."),
    comment="Who was asked, once each.",
)

letters = Table(
    "letters",
    metadata,
    Column("purpose", String(20), primary_key=True),
    Column("id", String(40), primary_key=True, comment="The invitation's or the ticket's."),
    Column("due_at", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_until", Moment, comment="Until then, a process is at it."),
    comment="Letters that have not left yet.",
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("digest", String(64), primary_key=True, comment="The SHA-256 of an address or a customer's id."),
    Column("created_at", Moment, nullable=False),
    comment="Who does not want to be asked. Kept when the person is erased, so that it stays so.",
)

order_plans = Table(
    "order_plans",
    metadata,
    Column("order_id", String(200), primary_key=True, comment="An order is asked about once."),
    Column("revision", BigInteger, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    *_cuts(),
    Column("outcome", String(20), comment="Null until it is due; then `asked`, or why not."),
    comment="Orders to ask about, kept as long as a replay could tell of them again.",
)

cancelled_orders = Table(
    "cancelled_orders",
    metadata,
    Column("order_id", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False, comment="The greatest that is void."),
    Column("cancelled_at", Moment, nullable=False),
    comment="Orders that are void, kept as long as one of them could be asked about.",
)

answers = Table(
    "answers",
    metadata,
    Column("response_id", String(200), primary_key=True, comment="The invitation's id, where there was one."),
    *_cuts(),
    Column("score", Integer, nullable=False),
    Column("comment", Text, nullable=False, default=""),
    Column("may_call", Boolean, nullable=False, default=False),
    Column("language", String(8)),
    Column("answered_at", Moment, nullable=False, index=True),
    CheckConstraint("score between 0 and 10", name="score"),
    comment="What was answered, in their own words.",
)

outbox = OUTBOX.to_metadata(metadata)
