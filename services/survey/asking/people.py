"""Who may be asked. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from services.common.errors import CadranError, Conflict, Invalid


class Person(NamedTuple):
    """All that one person is known by: addresses, and the ids of a customer."""

    emails: frozenset[str]
    customer_ids: frozenset[str]

    def digests(self) -> list[str]:
        """Their names as hashes: so a "do not ask me" outlives the names themselves."""
        named = [*(f"email:{email}" for email in self.emails), *(f"customer:{id_}" for id_ in self.customer_ids)]
        return [sha256(name.encode()).hexdigest() for name in sorted(named)]


class Reason(StrEnum):
    """Why someone is not asked."""

    THROTTLED = "throttled"
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    CANCELLED = "cancelled"
    LATE = "late"


class AskedBefore(Conflict):
    """Asked too short a time ago. `retry_after`: seconds until asking is possible."""

    reason = Reason.THROTTLED

    def __init__(self, asked_at: datetime, again_at: datetime, now: datetime) -> None:
        super().__init__(
            f"this person was asked at {asked_at.isoformat(timespec='seconds')}",
            mend=f"ask again from {again_at.isoformat(timespec='seconds')} on",
        )
        self.retry_after = int((again_at - now).total_seconds()) + 1


class OptedOut(Conflict):
    """Someone who said that they do not want to be asked."""

    reason = Reason.OPTED_OUT

    def __init__(self) -> None:
        super().__init__("this person does not want to be asked", mend="leave them out")


class NoContact(Invalid):
    """A customer whose address is not known."""

    reason = Reason.NO_CONTACT

    def __init__(self) -> None:
        super().__init__(
            "no address is known of this customer", field="customer_id", mend="send `email`, or PUT /v1/contacts first"
        )


NotAsked = AskedBefore | OptedOut | NoContact


def reason_of(error: CadranError) -> Reason | None:
    """Why an error means that someone is not asked; nothing when it means something else."""
    return error.reason if isinstance(error, NotAsked) else None


def check_may_ask(last_asked: datetime | None, has_opted_out: bool, *, pause: timedelta, now: datetime) -> None:
    """May this person be asked now? `pause`: the least time between two invitations.

    :raises OptedOut: when they do not want to be.
    :raises AskedBefore: when it is too soon.
    """
    if has_opted_out:
        raise OptedOut
    if last_asked is not None and now < last_asked + pause:
        raise AskedBefore(last_asked, last_asked + pause, now)
