"""What the service keeps: whom it asked about what, and what was answered."""

from datetime import datetime
from enum import StrEnum

import msgspec

from services.common.events.fields import Id, Name

COMMENT_MAX = 4000
"""Characters of a comment: two pages. A longer one is told to be shortened, never cut."""


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an answer is counted by."""

    touchpoint: Name
    customer_id: Id | None = None
    channel: Name | None = None
    store_id: Name | None = None
    region: Name | None = None
    rep_id: Name | None = None


class Standing(StrEnum):
    """Where an invitation stands. Answered is answered, whatever came after."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One person asked once."""

    id: str
    about: About
    email: str | None
    language: str | None
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    answered_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        if self.answered_at is not None:
            return Standing.ANSWERED
        if self.withdrawn_at is not None:
            return Standing.WITHDRAWN
        return Standing.EXPIRED if now >= self.expires_at else Standing.OPEN


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What someone answered. `comment` and `may_call` never leave the service's database."""

    response_id: str
    about: About
    score: int
    answered_at: datetime
    comment: str = ""
    may_call: bool = False
    language: str | None = None
