"""What the service keeps: whom it asked about what, and what was answered."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from services.common.errors import Conflict
from services.common.events.fields import PLAIN, Id, Name

COMMENT_MAX = 4000
"""Characters of a comment: two pages. A longer one is told to be shortened, never cut."""

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}$(?!\n)", description="An ISO 639-1 code.", examples=["fr"])]
Email = Annotated[str, msgspec.Meta(max_length=320, description="An e-mail address.", examples=["anna@example.org"])]
PersonName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=PLAIN, description="A person's name.", examples=["Anna Li"])
]


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an answer is counted by."""

    touchpoint: Name
    customer_id: Id | None = None
    channel: Name | None = None
    store_id: Name | None = None
    region: Name | None = None
    rep_id: Name | None = None


class By(StrEnum):
    """How an invitation reaches a person: by our letter, or by a link that whoever asks for it hands on."""

    MAIL = "mail"
    LINK = "link"


class Asking(About, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whom to ask about what. `by` is mail where an address is given, else a link."""

    email: Email | None = None
    by: By | None = None
    language: Language | None = None

    @property
    def about(self) -> About:
        return About(**{name: getattr(self, name) for name in About.__struct_fields__})

    @property
    def is_by_mail(self) -> bool:
        return self.by is By.MAIL or (self.by is None and self.email is not None)


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer who can be written to."""

    customer_id: Id
    email: Email
    name: PersonName | None = None
    language: Language | None = None


class Standing(StrEnum):
    """Where an invitation stands. Answered is answered, whatever came after."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Closed(Conflict):
    """An invitation that cannot be answered any more."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"this invitation is {standing}", mend="nothing is to be done")
        self.standing = standing


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
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    bounce: str | None = None

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
