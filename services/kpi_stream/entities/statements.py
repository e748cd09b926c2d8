"""Statements and how they are joined: whatever the order of arrival and however often each comes, one result.

Of two statements about the same thing the greater rank stands: greater revision, then later time, then greater id, then
greater digest of the content; of two sendings of one statement that which was heard first. Being the maximum of a total
order, the join is associative, commutative and idempotent.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from services.common.events import Event

T = TypeVar("T")

Rank = tuple[int, int, str, bytes]
"""Revision, time (microseconds since 1970, UTC), event id, digest of the data: in bytes, which are half as long as the
digits that it travels in, and rank alike."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """The instant so many microseconds after 1970 began, exactly."""
    return _EPOCH + microseconds * _MICROSECOND


class Stated(msgspec.Struct, Generic[T], frozen=True, array_like=True, gc=False):
    """Something that was said, with its rank among what is said about the same thing.

    `delay`: how long after it happened it was heard, in whole seconds (`delay_of`); 0 where nobody is to learn that.
    """

    rank: Rank
    value: T
    delay: int = 0

    @property
    def at(self) -> int:
        """When it holds from, in microseconds since 1970."""
        return self.rank[1]


def rank_of(event: Event, revision: int | None = None) -> Rank:
    """An event's rank; the revision may be given where the data's own does not rank it."""
    stated = event.data.revision if revision is None else revision
    return (stated, microseconds(event.time), event.id, bytes.fromhex(event.digest))


def delay_of(event: Event, at: int) -> int:
    """Seconds from when an event happened (`at`, in microseconds since 1970) to when the gateway took it in.

    Both cut to whole ones, so that adding them up gives the second in which it was heard.
    """
    return microseconds(event.receivedat) // 1_000_000 - at // 1_000_000


def stated(event: Event, value: T, revision: int | None = None) -> Stated[T]:
    """What an event says, and when it was heard; the revision may be given, as to `rank_of`."""
    rank = rank_of(event, revision)
    return Stated(rank, value, delay_of(event, rank[1]))


class Ranked(Protocol):
    """Whatever stands by a rank and was heard some time after."""

    @property
    def rank(self) -> Any: ...
    @property
    def delay(self) -> int: ...


def stands_above(one: Ranked, other: Ranked) -> bool:
    """Is one of greater rank than the other, or the same and heard earlier?"""
    return bool(one.rank > other.rank or (one.rank == other.rank and one.delay < other.delay))


def joined(one: Stated[T] | None, other: Stated[T]) -> Stated[T]:
    """What stands of two statements about the same thing."""
    return other if one is None or stands_above(other, one) else one


K = TypeVar("K")


def with_statement(known: Mapping[K, Stated[T]], key: K, statement: Stated[T]) -> Mapping[K, Stated[T]]:
    """The statements by key, one more taken in; the same object when nothing changes."""
    standing = joined(known.get(key), statement)
    return known if known.get(key) is standing else {**known, key: standing}


def grown(names: tuple[str, ...], *more: str | None) -> tuple[str, ...]:
    """A set that only grows, kept sorted so that equal sets pack to equal bytes."""
    added = {name for name in more if name and name not in names}
    return tuple(sorted({*names, *added})) if added else names
