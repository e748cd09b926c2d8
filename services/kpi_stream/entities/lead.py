"""The lead: whose it is, how it stands, and since when.

Fed by the `lead.*` events, by the orders that name it, and by the leads that were merged into it.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.leads import LeadAssigned, LeadClosed, LeadCreated, LeadMerged, LeadReopened
from services.kpi_stream.entities.notices import Heard, Notice, hear, told
from services.kpi_stream.entities.order import UNASSIGNED
from services.kpi_stream.entities.order_notices import OrderSnapshot
from services.kpi_stream.entities.statements import Stated, grown, joined, microseconds, stated, with_statement

VERSION = 3


class Created(msgspec.Struct, frozen=True, array_like=True):
    """What a lead was when it was created."""

    rep: str
    source: str | None
    kind: str
    region: str | None
    amount: int | None
    currency: str | None


class Closing(msgspec.Struct, frozen=True, array_like=True):
    """How a lead was closed."""

    outcome: str
    rep: str | None
    amount: int | None
    currency: str | None


class LentHistory(msgspec.Struct, frozen=True, array_like=True):
    """What a merged lead lends: closings, reopenings, orders, and the ids that they have passed, oldest first."""

    path: tuple[str, ...]
    closings: Mapping[int, Closing]
    reopened: tuple[int, ...]
    orders: Mapping[str, OrderSnapshot]


class Lead(msgspec.Struct, frozen=True, array_like=True):
    """A lead as its events and notices, in whatever order, have made it. Times are microseconds since 1970."""

    created: Stated[Created] | None = None
    assigned: Mapping[int, Stated[str]] = {}
    closings: Mapping[int, Stated[Closing]] = {}
    reopened: Mapping[int, Stated[None]] = {}
    merged: Stated[str] | None = None
    merge_targets: tuple[str, ...] = ()
    orders: Mapping[str, Heard[OrderSnapshot]] = {}
    lent: Mapping[str, Heard[tuple[LentHistory, ...]]] = {}


def fold(lead: Lead, event: Event, zone: ZoneInfo) -> Lead:  # noqa: ARG001
    """The lead, one event taken in."""
    at = microseconds(event.time)
    replace = msgspec.structs.replace
    match event.data:
        case LeadCreated() as data:
            created = Created(
                data.rep_id or UNASSIGNED, data.source, data.kind, data.region, data.amount_minor, data.currency
            )
            return replace(lead, created=joined(lead.created, stated(event, created)))
        case LeadAssigned() as data:
            return replace(lead, assigned=with_statement(lead.assigned, at, stated(event, data.rep_id)))
        case LeadClosed() as data:
            closing = Closing(data.outcome, data.rep_id, data.amount_minor, data.currency)
            return replace(lead, closings=with_statement(lead.closings, at, stated(event, closing)))
        case LeadReopened():
            return replace(lead, reopened=with_statement(lead.reopened, at, stated(event, None)))
        case LeadMerged() as data:
            merged = joined(lead.merged, stated(event, data.into_lead_id))
            return replace(lead, merged=merged, merge_targets=grown(lead.merge_targets, data.into_lead_id))
    raise TypeError(f"a lead has no {event.type}")


def hear_order(lead: Lead, notice: Notice[OrderSnapshot], zone: ZoneInfo) -> Lead:  # noqa: ARG001
    """The lead, told by an order how it stands."""
    return msgspec.structs.replace(lead, orders=hear(lead.orders, notice))


def hear_merged(lead: Lead, notice: Notice[tuple[LentHistory, ...]], zone: ZoneInfo) -> Lead:  # noqa: ARG001
    """The lead, lent the history of one that was merged into it."""
    return msgspec.structs.replace(lead, lent=hear(lead.lent, notice))


def merge_notices(lead_id: str, lead: Lead) -> dict[str, tuple[LentHistory, ...] | None]:
    """What a lead lends to every lead that it was ever said to be; nothing to those it is no longer said to be.

    It passes on what others lent to it, but never back: what has passed this lead before stops here.
    """
    if not lead.merge_targets or lead.merged is None:
        return {}
    own = _lent(_own_history(lead_id, lead))
    passed_on = tuple(
        msgspec.structs.replace(item, path=(*item.path, lead_id))
        for items in told(lead.lent).values()
        for item in items
        if lead_id not in item.path
    )
    return {to: (own, *passed_on) if to == lead.merged.value else None for to in lead.merge_targets}


def _lent(history: LentHistory) -> LentHistory:
    """A history as others inherit it: that a lead was invalid, as its system said by deleting it for the merge, is not
    true of the one that is left."""
    closings = {at: closing for at, closing in history.closings.items() if closing.outcome != "invalid"}
    return msgspec.structs.replace(history, closings=closings)


def _own_history(lead_id: str, lead: Lead) -> LentHistory:
    """What was said of a lead itself, by time, and by the orders that name it."""
    closings = {at: closing.value for at, closing in lead.closings.items()}
    return LentHistory((lead_id,), closings, tuple(sorted(lead.reopened)), told(lead.orders))


class Win(msgspec.Struct, frozen=True, gc=False):
    """A win: when, through whom, and what it brought (minor units; both empty when nothing is known)."""

    at: int
    rep: str
    amount: int | None
    currency: str | None


class Loss(msgspec.Struct, frozen=True, gc=False):
    """A loss: when, through whom, and what went with it."""

    at: int
    rep: str
    amount: int | None
    currency: str | None


class Kind(IntEnum):
    """What a statement about a lead says; of two at the same time the greater stands."""

    REOPENED = 0
    LOST = 1
    WON = 2
    INVALID = 3


_OUTCOMES = {"lost": Kind.LOST, "won": Kind.WON, "invalid": Kind.INVALID}


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One statement of a lead's history; `by_order` sorts an order after a closing of the same instant."""

    at: int
    kind: Kind
    by_order: str
    rep: str | None
    amount: int | None
    currency: str | None


def _order(turn: Turn) -> tuple[int, int, str, str, int]:
    """By time, then kind; the rest only makes the order total, so that equal facts give equal results."""
    return turn.at, turn.kind, turn.by_order, turn.rep or "", turn.amount or 0


class Standing(NamedTuple):
    """How a lead stands: at most one of `win` and `loss`, neither while it is open. `counts`: it is a lead at all."""

    counts: bool
    win: Win | None
    loss: Loss | None


def cycle_of(lead_id: str, lead: Lead) -> frozenset[str]:
    """The leads that were merged in a circle with this one, itself among them; empty when there is no circle."""
    return frozenset(
        member
        for items in told(lead.lent).values()
        for item in items
        if lead_id in item.path
        for member in item.path[item.path.index(lead_id) :]
    )


def is_merged(lead_id: str, lead: Lead) -> bool:
    """Was it said to be another lead? Leads merged in a circle, or into themselves, count as not merged."""
    return lead.merged is not None and lead.merged.value != lead_id and not cycle_of(lead_id, lead)


def first_rep(lead: Lead) -> str:
    """Whose a new lead is: the first rep by time who is not `unassigned`."""
    return next((rep for _, rep in _owners(lead) if rep != UNASSIGNED), UNASSIGNED)


def owner(lead: Lead) -> str:
    """Whose the lead is now."""
    owners = _owners(lead)
    return owners[-1][1] if owners else UNASSIGNED


def owner_at(lead: Lead, at: int) -> str:
    """Whose the lead was at a time; before the first statement, whose it was first said to be."""
    owners = _owners(lead)
    before = [rep for time, rep in owners if time <= at]
    return before[-1] if before else owners[0][1] if owners else UNASSIGNED


def _owners(lead: Lead) -> list[tuple[int, str]]:
    """Who owned it from when, by time; an assignment at the moment of creation comes after it."""
    created = [(lead.created.at, lead.created.value.rep)] if lead.created else []
    assigned = [(at, stated.value) for at, stated in lead.assigned.items()]
    return sorted(created + assigned, key=lambda since: since[0])


def standing(lead_id: str, lead: Lead) -> Standing:
    """How the lead stands, after the last statement among closings, reopenings and its living orders."""
    turns = sorted(_turns(lead_id, lead), key=_order)
    last = turns[-1] if turns else None
    counts = not is_merged(lead_id, lead) and not (last and last.kind is Kind.INVALID)
    if not counts or last is None:
        return Standing(counts, None, None)
    if last.kind is Kind.WON:
        return Standing(True, _win(lead, turns), None)
    if last.kind is Kind.LOST:
        loss = Loss(last.at, last.rep or owner_at(lead, last.at), last.amount, last.currency)
        return Standing(True, None, loss)
    return Standing(True, None, None)


def _win(lead: Lead, turns: list[Turn]) -> Win:
    """The earliest win since the last reopening or loss: a repeat order does not move it.

    A closing without an amount takes that of the first living order of the same stretch.
    """
    broken = max((i for i, turn in enumerate(turns) if turn.kind in (Kind.REOPENED, Kind.LOST)), default=-1)
    wins = [turn for turn in turns[broken + 1 :] if turn.kind is Kind.WON]
    first = wins[0]
    priced = next((turn for turn in [first, *(w for w in wins if w.by_order)] if turn.amount is not None), first)
    return Win(first.at, first.rep or owner_at(lead, first.at), priced.amount, priced.currency)


def histories(lead_id: str, lead: Lead) -> Iterator[LentHistory]:
    """The lead's own history, and those lent to it."""
    yield _own_history(lead_id, lead)
    circle = cycle_of(lead_id, lead)
    for sender, items in told(lead.lent).items():
        if sender not in circle:
            yield from items


def _turns(lead_id: str, lead: Lead) -> Iterator[Turn]:
    """All statements of the lead's history, its own and those lent to it."""
    for history in histories(lead_id, lead):
        for at, closing in history.closings.items():
            yield Turn(at, _OUTCOMES[closing.outcome], "", closing.rep, closing.amount, closing.currency)
        for at in history.reopened:
            yield Turn(at, Kind.REOPENED, "", None, None, None)
        for order_id, snapshot in history.orders.items():
            if snapshot.living:
                yield Turn(snapshot.at, Kind.WON, order_id, snapshot.rep, snapshot.net, snapshot.currency)
