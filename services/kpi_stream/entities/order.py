"""The order: what was placed, given back and cancelled. Fed by `order.placed`, `order.returned`, `order.cancelled`."""

from collections.abc import Mapping
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.fields import REVISION_MAX
from services.common.events.orders import OrderCancelled, OrderPlaced, OrderReturned
from services.common.money import share
from services.kpi_stream.entities.statements import Stated, grown, joined, rank_of, with_statement

VERSION = 1
UNASSIGNED = "unassigned"


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line: amounts in minor units, net of discount where it says so; a rep where it names another than its order."""

    sku: str
    quantity: int
    gross: int
    discount: int
    rep: str | None = None

    @property
    def net(self) -> int:
        return self.gross - self.discount


class Placed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was ordered, where, through whom."""

    channel: str
    currency: str
    lines: tuple[Line, ...]
    rep: str | None
    store: str | None
    region: str | None
    lead: str | None
    promotions: tuple[str, ...]

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    def rep_of(self, line: Line) -> str:
        """To whose credit a line is."""
        return line.rep or self.rep or UNASSIGNED

    @property
    def reps(self) -> tuple[str, ...]:
        """The reps of the lines, each once."""
        own = self.rep or UNASSIGNED
        return tuple(dict.fromkeys([line.rep or own for line in self.lines]))


class ReturnedLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line given back."""

    sku: str
    amount: int


class Returned(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Goods given back; where the order is unknown, the return's own channel, rep and region count."""

    currency: str
    amount: int
    lines: tuple[ReturnedLine, ...]
    channel: str | None
    rep: str | None
    region: str | None


class Order(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """An order as its events, in whatever order, have made it."""

    placed: Stated[Placed] | None = None
    returns: Mapping[str, Stated[Returned]] = {}
    cancelled: Stated[None] | None = None
    leads: tuple[str, ...] = ()

    @property
    def is_cancelled(self) -> bool:
        """A cancel holds unless only a strictly greater revision than its own stands."""
        return self.cancelled is not None and (self.placed is None or self.cancelled.rank[0] >= self.placed.rank[0])

    @cached_property
    def returned_by_line(self) -> dict[str, tuple[int, ...]]:
        """For each return, how much of it falls on each line of the order, in minor units."""
        lines = self.placed.value.lines if self.placed else ()
        return {name: _over_lines(stated.value, lines) for name, stated in sorted(self.returns.items())}

    @property
    def returned(self) -> int:
        """What all returns give back, in minor units of the order's currency, whatever their time."""
        currency = self.placed.value.currency if self.placed else None
        return sum(s.value.amount for s in self.returns.values() if s.value.currency == currency)

    @property
    def left(self) -> int:
        """What a cancel gives back: what no return has, in minor units."""
        return max(0, self.placed.value.net - self.returned) if self.placed else 0

    @property
    def left_by_line(self) -> tuple[int, ...]:
        """What a cancel gives back, by line: in proportion to what is left of each."""
        if self.placed is None:
            return ()
        lines = self.placed.value.lines
        gone = [sum(parts) for parts in zip(*self.returned_by_line.values(), strict=True)] or [0] * len(lines)
        return tuple(share(self.left, [line.net - part for line, part in zip(lines, gone, strict=True)]))

    @property
    def is_living(self) -> bool:
        """Neither cancelled nor wholly given back."""
        if self.placed is None or self.is_cancelled:
            return False
        return not (self.returned > 0 and self.returned >= self.placed.value.net)

    @property
    def net(self) -> int:
        """What the order brought, in minor units: net of discounts and returns."""
        if self.placed is None or self.is_cancelled:
            return 0
        return self.placed.value.net - self.returned


def _over_lines(returned: Returned, lines: tuple[Line, ...]) -> tuple[int, ...]:
    """Spread a return over an order's lines: each returned line over those of its sku, by net; the rest over all."""
    total = [0] * len(lines)
    if not lines:
        return ()
    stated = returned.lines or (ReturnedLine("", returned.amount),)
    for part in stated:
        same = [i for i, line in enumerate(lines) if line.sku == part.sku] if returned.lines else []
        targets = same or range(len(lines))
        for i, amount in zip(targets, share(part.amount, [lines[i].net for i in targets]), strict=True):
            total[i] += amount
    return tuple(total)


def fold(order: Order, event: Event, zone: ZoneInfo) -> Order:  # noqa: ARG001
    """The order, one event taken in."""
    match event.data:
        case OrderPlaced() as data:
            placed = joined(order.placed, Stated(rank_of(event), _placed(data)))
            leads = grown(order.leads, data.lead_id) if data.lead_id else order.leads
            return Order(placed, order.returns, order.cancelled, leads)
        case OrderReturned() as data:
            returns = with_statement(order.returns, data.return_id, Stated(rank_of(event), _returned(data)))
            return msgspec.structs.replace(order, returns=returns)
        case OrderCancelled() as data:
            # Without a revision a cancel stands above every revision there can be.
            revision = REVISION_MAX + 1 if data.revision is None else data.revision
            return msgspec.structs.replace(
                order, cancelled=joined(order.cancelled, Stated(rank_of(event, revision), None))
            )
    raise TypeError(f"an order has no {event.type}")


def _placed(data: OrderPlaced) -> Placed:
    rep = data.rep_id
    lines = [
        Line(
            line.sku,
            line.quantity,
            line.gross_minor,
            line.discount_minor,
            None if line.rep_id == rep else line.rep_id,
        )
        for line in data.lines
    ]
    return Placed(
        channel=data.channel,
        currency=data.currency,
        lines=tuple(lines),
        rep=rep,
        store=data.store_id,
        region=data.region,
        lead=data.lead_id,
        promotions=tuple(dict.fromkeys(data.promotion_ids)) if data.promotion_ids else (),
    )


def _returned(data: OrderReturned) -> Returned:
    lines = tuple(ReturnedLine(line.sku, line.amount_minor) for line in data.lines)
    return Returned(data.currency, data.amount_minor, lines, data.channel, data.rep_id, data.region)


class OrderSnapshot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order tells a lead: since when it counts, through whom, and what it brought. Only living orders count."""

    living: bool
    at: int
    rep: str | None
    currency: str
    net: int


def lead_notices(order_id: str, order: Order) -> dict[str, OrderSnapshot | None]:  # noqa: ARG001
    """What the order tells every lead that any of its records has named; nothing to those it no longer means."""
    if not order.leads:
        return {}
    snapshot = _snapshot(order)
    current = order.placed.value.lead if order.placed else None
    return {lead: snapshot if lead == current else None for lead in order.leads}


def _snapshot(order: Order) -> OrderSnapshot | None:
    if order.placed is None:
        return None
    placed = order.placed.value
    rep = placed.rep or (placed.reps[0] if len(placed.reps) == 1 and placed.reps[0] != UNASSIGNED else None)
    return OrderSnapshot(order.is_living, order.placed.at, rep, placed.currency, order.net)
