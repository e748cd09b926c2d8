"""What the pulse keeps while a round is open, and after."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from services.common.events.answers import Question
from services.common.events.fields import Name
from services.survey.pulse.clearing import Cleared
from services.survey.records import Email, Language


class Colleague(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask: each in one team."""

    email: Email
    team_id: Name
    language: Language | None = None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One person's right to answer a round once."""

    id: str
    round_id: str
    person_id: str
    team_id: str
    email: str
    language: str | None
    used: bool = False


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round; `cleared` is what was told when it closed."""

    id: str
    opened_at: datetime
    closes_at: datetime
    reminded_at: datetime | None = None
    closed_at: datetime | None = None
    cleared: Cleared | None = None

    def takes_answers(self, now: datetime) -> bool:
        return self.closed_at is None and now < self.closes_at

    def last_day(self, zone: ZoneInfo) -> date:
        """The last day on which it can be answered."""
        return (self.closes_at - timedelta(microseconds=1)).astimezone(zone).date()


class PulseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one person answered: at least one score, 0 to 10."""

    team_id: str
    scores: Mapping[Question, int]
    comment: str
