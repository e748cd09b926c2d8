"""Notices: how one entity tells another what it needs to know, across topics.

An order tells the leads it names how it stands; a merged lead lends its history to the one it was merged into. A
notice bears the offset of the last record folded into its sender; of one sender the greatest offset stands. A sender
that no longer means a receiver sends empty content, which stays for ever: so an older notice that a zombie sends
cannot come back.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Generic, TypeVar

import msgspec

C = TypeVar("C")

MOST = 10_000
"""Of no one customer or offer more is told: what is named more often is many under one name. It becomes a state that
takes nothing in any more: as what is kept only grows, the same ones do, whatever the order of arrival."""


class Heard(msgspec.Struct, Generic[C], frozen=True, array_like=True):
    """What an entity was last told by another: the sender's offset, and the content (none: no longer meant)."""

    offset: int
    content: C | None


class Notice(msgspec.Struct, Generic[C], frozen=True, array_like=True):
    """A message from one entity to another."""

    to: str
    sender: str
    offset: int
    content: C | None


def hear(known: Mapping[str, Heard[C]], notice: Notice[C]) -> Mapping[str, Heard[C]]:
    """What is known from each sender, one notice taken in; the same object when it is not newer."""
    before = known.get(notice.sender)
    if before is not None and before.offset >= notice.offset:
        return known
    return {**known, notice.sender: Heard(notice.offset, notice.content)}


def told(known: Mapping[str, Heard[C]]) -> dict[str, C]:
    """What senders say now, without those that no longer mean this entity; in the order of their names."""
    return {sender: heard.content for sender, heard in sorted(known.items()) if heard.content is not None}


def tell(former: Iterable[str], named: Mapping[str, C | None]) -> dict[str, C | None]:
    """What a sender tells those that it names now; nothing to those that it has named and no longer means."""
    return {**dict.fromkeys(former), **named}


def no_longer_named(
    known: tuple[str, ...], outdone: Collection[str | None], standing: Collection[str | None]
) -> tuple[str, ...]:
    """Whom a sender has named and does not name now: those `known`, and those of a statement that is outdone.

    With those that its standing statement names they are all whom it ever named: a set that only grows. Sorted, so that
    equal sets pack to equal bytes.
    """
    named = {*known, *(name for name in outdone if name)}
    return tuple(sorted(named.difference(standing)))
