"""What was stated of a target or a promotion, by whom, and what stands. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from services.common.events import Event
from services.common.events.reference import PromotionSet, TargetSet
from services.common.events.stating import state

SOURCE = "/board"
KINDS = {TargetSet: "target", PromotionSet: "promotion"}
"""What is edited; the event of a kind is called `target.set`."""

Data = TargetSet | PromotionSet
D = TypeVar("D", bound=Data)


class Statement(NamedTuple, Generic[D]):
    """One statement. `person`: who made it on the board, nobody where it was sent as an event; `is_counted`: the read
    API knows it."""

    time: datetime
    event_id: str
    data: D
    person: str | None
    is_counted: bool


class Change(NamedTuple, Generic[D]):
    """A statement, and what stood before it."""

    statement: Statement[D]
    before: D | None


def joined(counted: Iterable[Statement[D]], edited: Iterable[Statement[D]]) -> list[Statement[D]]:
    """All that was stated of one subject, the newest last: what the read API tells, and what was edited here.

    What was edited here stands at once, though Kafka may not have it yet.
    """
    known = {each.event_id: each for each in counted}
    for edit in edited:
        known[edit.event_id] = edit._replace(is_counted=edit.event_id in known)
    return sorted(known.values(), key=lambda each: (each.time, each.event_id))


def standing(statements: Sequence[Statement[D]], until: datetime | None = None) -> Statement[D] | None:
    """The last statement; with `until`, the last one made by then, as it is that a closed period keeps."""
    made = [each for each in statements if until is None or each.time <= until]
    return made[-1] if made else None


def changes(statements: Sequence[Statement[D]]) -> list[Change[D]]:
    """A subject's history, the newest last."""
    befores = [None, *(each.data for each in statements)]
    return [Change(statement, before) for statement, before in zip(statements, befores, strict=False)]


def kind_of(event: Event) -> str:
    return event.type.removesuffix(".set")


def event_id(kind: str, subject: str, form: str) -> str:
    """The id of the event that a form makes of a subject: sent twice, it is the same."""
    return f"{kind}.set:{_of(subject, form)}:0"


def event_of(data: Data, subject: str, form: str, *, now: datetime, zone: ZoneInfo) -> Event:
    """The event of a statement, made now. It names the board, and not who made it.

    :raises Invalid: naming the field, when the contract does not take it.
    """
    name = f"{KINDS[type(data)]}.set"
    return state(SOURCE, name, subject, now.astimezone(UTC), data, zone=zone, now=now, of=_of(subject, form))


def _of(subject: str, form: str) -> str:
    return blake2b(f"{form}\0{subject}".encode(), digest_size=16).hexdigest()
