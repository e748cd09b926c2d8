"""Statements of targets, as the read API tells them and as people make them."""

from datetime import date, datetime
from typing import Any

from services.board.editing.statements import Statement, event_of
from services.board.editing.targets import Asked
from services.common.events import Event
from services.common.events.reference import TargetSet
from services.common.windows import Period
from tests.support.clock import START
from tests.support.events import PARIS

NOVEMBER = Asked("new_leads", Period.MONTH, date(2026, 11, 1))
ANA = NOVEMBER.subject("rep:ana")
FORM = "f" * 32


def statement(value: float, at: datetime = START, member: str = "rep:ana", **also: Any) -> Statement[TargetSet]:
    """One that was sent as an event, and is known to the read API."""
    id_ = also.pop("event_id", f"e-{at.isoformat()}")
    return Statement(at, id_, NOVEMBER.data(member, value, **also), None, is_counted=True)


def target(value: float, at: datetime, form: str = FORM, member: str = "rep:ana") -> Event:
    """The event of a form."""
    return event_of(NOVEMBER.data(member, value), NOVEMBER.subject(member), form, now=at, zone=PARIS)
