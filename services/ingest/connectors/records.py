"""What is kept, and told, of accounts: their deliveries and pulls."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What became of a delivery. Of all but the last the vendor is told that all is well: asked again, it would send
    the same, or nothing ever more."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    REFUSED = "refused"
    GREETED = "greeted"
    UNSIGNED = "unsigned"


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a delivery, as its sender is told."""

    outcome: Outcome
    topic: str = ""
    reason: str = ""
    made: str = ""


class DeliveryRecord(msgspec.Struct, frozen=True):
    """A delivery that was taken."""

    id: int
    received_at: datetime
    topic: str
    outcome: Outcome
    reason: str
    made: str


class Sync(msgspec.Struct, frozen=True):
    """A pull of everything that changed since a time: the last one of an account, done or not."""

    since: datetime
    started_at: datetime
    finished_at: datetime | None
    cursor: str
    objects: int
    total: int | None
    events: int
    left_out: int
    fault: str


class WantedObject(msgspec.Struct, frozen=True):
    """An object to be asked for. `asked_anew` tells whether it was named again meanwhile."""

    vendor: str
    account: str
    kind: str
    object_id: str
    tries: int
    asked_anew: int


class Redaction(msgspec.Struct, frozen=True):
    """A demand to forget people, and what it erased here."""

    vendor: str
    account: str
    received_at: datetime
    topic: str
    customers: int
    erased: int
