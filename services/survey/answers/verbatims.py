"""What was answered in words, for those who may read it. See `database.py` for how the functions are called."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Select, and_, case, func, or_, select, tuple_

from services.common.events.answers import ScoreClass
from services.survey.tables import answers, contacts, invitations


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which verbatims. `before`: the id of one; those that are older than it."""

    score_class: ScoreClass | None = None
    touchpoint: str | None = None
    before: str | None = None


class Verbatim(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that says something, or asks to be called. Name, address and id are there if it asks for that."""

    response_id: str
    answered_at: datetime
    score: int
    comment: str
    touchpoint: str
    channel: str | None
    store_id: str | None
    region: str | None
    may_call: bool
    customer_id: str | None
    name: str | None
    email: str | None


def find(connection: Connection, wanted: Filter, limit: int) -> Sequence[Verbatim]:
    """The verbatims that a filter lets through, the newest first."""
    query = _query().where(or_(answers.c.comment != "", answers.c.may_call))
    if wanted.score_class is not None:
        query = query.where(answers.c.score.in_(wanted.score_class.scores))
    if wanted.touchpoint is not None:
        query = query.where(answers.c.touchpoint == wanted.touchpoint)
    if wanted.before is not None:
        place = (answers.c.answered_at, answers.c.response_id)
        other = answers.alias()
        mark = select(other.c.answered_at, other.c.response_id).where(other.c.response_id == wanted.before)
        query = query.where(tuple_(*place) < mark.scalar_subquery())
    rows = connection.execute(query.limit(limit)).mappings()
    return [Verbatim(**row) for row in rows]


def touchpoints(connection: Connection) -> Sequence[str]:
    """All that was ever answered about, in order."""
    return list(connection.execute(select(answers.c.touchpoint).distinct().order_by(answers.c.touchpoint)).scalars())


def _query() -> Select[tuple[object, ...]]:
    """Who does not want to be called is not told: a person is joined to an answer that asks for it, and to no other."""
    asks = answers.c.may_call
    contact = and_(asks, contacts.c.customer_id == answers.c.customer_id)
    invitation = and_(asks, invitations.c.id == answers.c.response_id)
    email = func.coalesce(contacts.c.email, invitations.c.email)
    return (
        select(*(answers.c[name] for name in _PLAIN), case((asks, answers.c.customer_id)).label("customer_id"))
        .add_columns(contacts.c.name, email.label("email"))
        .select_from(answers.outerjoin(contacts, contact).outerjoin(invitations, invitation))
        .order_by(answers.c.answered_at.desc(), answers.c.response_id.desc())
    )


_PLAIN = (
    "response_id",
    "answered_at",
    "score",
    "comment",
    "touchpoint",
    "channel",
    "store_id",
    "region",
    "may_call",
)
