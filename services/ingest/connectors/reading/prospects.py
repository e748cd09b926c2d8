"""What a CRM tells of a lead or deal, in words that give the same in any order of arrival.

A CRM tells of a prospect as it is now. Whose it was when it was created, or won, is what the *earliest* telling after
that moment says: so `lead.created` bears no rep, and each moment's owner is a `lead.assigned` of its own, ranked by how
early it was seen. What is known exactly outranks all that.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from services.common.errors import Invalid
from services.common.events.fields import NAME_LENGTH
from services.common.events.leads import LeadAssigned, LeadClosed, LeadCreated, LeadMerged, LeadReopened
from services.ingest.connectors.connector import Said, Wanted
from services.ingest.connectors.reading.payloads import from_milliseconds, milliseconds

Standing = Literal["open", "won", "lost", "invalid"]

EXACT = 2**52
"""The revision of what is known exactly. It is far above any milliseconds since 1970."""
UNASSIGNED = "unassigned"
"""Whose it is that is nobody's. No rep at all: it is not known whose it is."""
RESTORED = "@"
"""Stands in what is wanted between the id of an object and when it was restored (milliseconds)."""


class Prospect(NamedTuple):
    """A lead or deal as it was at `updated`. `rep`: whose it was then, or nobody's; none: not known.
    `since`: when it came to stand as it does."""

    lead_id: str
    kind: Literal["lead", "opportunity"]
    added: datetime
    updated: datetime
    rep: str | None
    standing: Standing = "open"
    since: datetime | None = None
    source: str | None = None
    region: str | None = None
    customer: str | None = None
    amount: int | None = None
    currency: str | None = None

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed, at the latest; none while it is open."""
        return None if self.standing == "open" else self.since or self.updated


class Handover(NamedTuple):
    """From `at` on it was `to`'s, before that `former`'s: a rep's, or nobody's; none: not known."""

    at: datetime
    former: str | None
    to: str | None


class Turn(NamedTuple):
    """From `at` on it stood so."""

    at: datetime
    standing: Standing


def seen(moment: datetime) -> int:
    """The revision of what a telling of that moment says of an earlier one: of several the earliest stands."""
    return EXACT - 1 - milliseconds(moment)


def state(prospect: Prospect) -> Iterator[Said]:
    """That it exists, and how it stands; the latest telling stands."""
    created = LeadCreated(
        source=_short(prospect.source),
        kind=prospect.kind,
        amount_minor=prospect.amount,
        currency=_currency(prospect),
        customer_id=prospect.customer,
        region=_short(prospect.region),
        revision=milliseconds(prospect.updated),
    )
    yield Said("lead.created", prospect.lead_id, prospect.added, created)
    if prospect.closed_at:
        yield _stands(prospect, prospect.standing, prospect.closed_at)


def _stands(prospect: Prospect, standing: Standing, at: datetime) -> Said:
    """That it stood so from then on, with what it is worth by its last telling."""
    revision = milliseconds(prospect.updated)
    if standing == "open":
        return reopened(prospect.lead_id, at, revision)
    closed = LeadClosed(outcome=standing, amount_minor=prospect.amount, currency=_currency(prospect), revision=revision)
    return Said("lead.closed", prospect.lead_id, at, closed)


def _currency(prospect: Prospect) -> str | None:
    return prospect.currency if prospect.amount is not None else None


def _short(name: str | None) -> str | None:
    """A name as the contract has it: a source that a person has written at length is no reason to lose a lead."""
    return (name or "")[:NAME_LENGTH].strip() or None


def reopened(lead_id: str, at: datetime, revision: int) -> Said:
    return Said("lead.reopened", lead_id, at, LeadReopened(revision=revision))


def merged(lead_id: str, into: str, at: datetime) -> Said:
    return Said("lead.merged", lead_id, at, LeadMerged(into_lead_id=into, revision=milliseconds(at)))


def invalid(lead_id: str, at: datetime) -> Said:
    """It was deleted: it was none."""
    return Said("lead.closed", lead_id, at, LeadClosed(outcome="invalid", revision=milliseconds(at)))


def restored(prospect: Prospect, at: datetime, turns: Sequence[Turn] = ()) -> Said:
    """How it stands when it is back after it was deleted: as before. So a won one keeps the day of its win.

    `turns`: how it stood since when, oldest first, where the vendor tells: before the first of them it was open.
    """
    before = [turn.standing for turn in turns if turn.at <= at]
    standing = before[-1] if before else "open" if turns else prospect.standing
    return _stands(prospect, standing, at)


def wanted_restored(kind: str, identifier: str, at: datetime) -> Wanted:
    """To be asked for: how a restored object stood is known to the vendor's API alone."""
    return Wanted(kind, f"{identifier}{RESTORED}{milliseconds(at)}")


def restored_at(wanted: Wanted) -> tuple[str, datetime | None]:
    """The id of what is wanted, and when it was restored, where that is why.

    :raises Invalid: when that is no moment.
    """
    identifier, _, at = wanted.object_id.partition(RESTORED)
    if not at:
        return identifier, None
    if not at.isdecimal():
        raise Invalid(f"{wanted.object_id[:40]!r} is no id", field="id")
    return identifier, from_milliseconds(int(at), "restored")


def owners(prospect: Prospect, handover: Handover | None = None) -> Iterator[Said]:
    """Whose it was at the moments that count, as one telling has it; `handover`: if it tells of one."""
    before = handover.former if handover else prospect.rep
    moments = {
        at: (before if at < prospect.updated else prospect.rep, seen(prospect.updated)) for at in _known(prospect)
    }
    if handover:
        # One more, lest an owner at creation, seen in the same instant, stands beside it.
        moments[handover.at] = (handover.to, seen(handover.at) + 1)
    yield from _assigned(prospect, moments)


def owners_by(prospect: Prospect, history: Sequence[Handover]) -> Iterator[Said]:
    """Whose it was, from the vendor's whole history of handovers, oldest first."""
    if not history:
        yield from owners(prospect)
        return
    moments = {at: (_owner_at(at, history), EXACT) for at in _known(prospect)}
    moments |= {handover.at: (handover.to, seen(handover.at) + 1) for handover in history}
    yield from _assigned(prospect, moments)


def past(lead_id: str, turns: Sequence[Turn]) -> Iterator[Said]:
    """How it stood before it came to stand as it does, oldest first: the last turn is the prospect's own to tell."""
    for turn in turns[:-1]:
        if turn.standing == "open":
            yield reopened(lead_id, turn.at, milliseconds(turn.at))
        else:
            # Of revision 0: who saw it happen knows more of it, such as the amount.
            yield Said("lead.closed", lead_id, turn.at, LeadClosed(outcome=turn.standing))
    if turns and turns[-1].standing == "open":
        yield reopened(lead_id, turns[-1].at, milliseconds(turns[-1].at))


def since_update(prospect: Prospect) -> Iterator[Said]:
    """Whose it has been since its last update, at the latest: for vendors that do not tell of handovers."""
    if prospect.rep and prospect.updated > prospect.added:
        yield assigned(prospect.lead_id, prospect.updated, prospect.rep, seen(prospect.updated) + 1)


def assigned(lead_id: str, at: datetime, rep: str, revision: int) -> Said:
    return Said("lead.assigned", lead_id, at, LeadAssigned(rep_id=rep, revision=revision))


def _assigned(prospect: Prospect, moments: Mapping[datetime, tuple[str | None, int]]) -> Iterator[Said]:
    for at, (rep, revision) in moments.items():
        if rep:
            yield assigned(prospect.lead_id, at, rep, revision)


def _known(prospect: Prospect) -> Iterator[datetime]:
    """The moments whose owner counts."""
    yield prospect.added
    if prospect.closed_at:
        yield prospect.closed_at


def _owner_at(at: datetime, history: Sequence[Handover]) -> str | None:
    before = [handover.to for handover in history if handover.at <= at]
    return before[-1] if before else history[0].former
