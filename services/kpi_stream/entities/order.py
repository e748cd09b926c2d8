"""The order: what was placed, given back and cancelled. Fed by `order.placed`, `order.returned`, `order.cancelled`."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.fields import REVISION_MAX
from services.common.events.orders import OrderCancelled, OrderPlaced, OrderReturned
from services.common.money import share
from services.kpi_stream.entities.notices import no_longer_named
from services.kpi_stream.entities.statements import Stated, joined, stated, with_statement

VERSION = 4
UNASSIGNED = "unassigned"


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line: amounts in minor units, net of discount where it says so; a rep where it names another than its order.

    `offer`: the offer that brought it.
    """

    sku: str
    quantity: int
    gross: int
    discount: int
    rep: str | None = None
    offer: str | None = None

    @property
    def net(self) -> int:
        return self.gross - self.discount


class Placed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was ordered, where, by whom and through whom."""

    channel: str
    currency: str
    lines: tuple[Line, ...]
    rep: str | None
    store: str | None
    region: str | None
    lead: str | None
    customer: str | None
    promotions: tuple[str, ...]

    @property
    def offers(self) -> frozenset[str]:
        """The offers that its lines name."""
        return frozenset([line.offer for line in self.lines if line.offer])

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
    offer: str | None = None


class Returned(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Goods given back; where the order is unknown, the return's own channel, rep and region count."""

    currency: str
    amount: int
    lines: tuple[ReturnedLine, ...]
    channel: str | None
    rep: str | None
    region: str | None


class Former(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Whom some statement of an order named, and the one that stands does not: they are told so, for ever."""

    leads: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


NOBODY = Former()


class Order(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """An order as its events, in whatever order, have made it."""

    placed: Stated[Placed] | None = None
    returns: Mapping[str, Stated[Returned]] = {}
    cancelled: Stated[None] | None = None
    former: Former | None = None

    @property
    def is_cancelled(self) -> bool:
        """A cancel holds unless only a strictly greater revision than its own stands."""
        return self.cancelled is not None and (self.placed is None or self.cancelled.rank[0] >= self.placed.rank[0])

    @cached_property
    def returned_by_line(self) -> dict[str, tuple[int, ...]]:
        """For each return, how much of it falls on each line of the order, in minor units."""
        if self.placed is None or not self.returns:
            return {}
        lines = self.placed.value.lines
        places = _places_of(lines)
        return {name: _over_lines(stated.value, lines, places) for name, stated in sorted(self.returns.items())}

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
    def given_back_by_line(self) -> tuple[int, ...]:
        """What all returns give back by line, in minor units of the order's currency."""
        if self.placed is None:
            return ()
        own = [
            parts
            for name, parts in self.returned_by_line.items()
            if self.returns[name].value.currency == self.placed.value.currency
        ]
        return tuple([sum(parts) for parts in zip(*own, strict=True)] or [0] * len(self.placed.value.lines))

    @property
    def left_by_line(self) -> tuple[int, ...]:
        """What a cancel gives back, by line: in proportion to what is left of each."""
        if self.placed is None:
            return ()
        lines = self.placed.value.lines
        kept = [line.net - part for line, part in zip(lines, self.given_back_by_line, strict=True)]
        return tuple(share(self.left, kept))

    @property
    def is_living(self) -> bool:
        """Neither cancelled nor wholly given back."""
        if self.placed is None or self.is_cancelled:
            return False
        if not self.returns or not self.returned:
            return True
        # Wholly given back: nothing is left, or what is left is of the other sign.
        net = self.placed.value.net
        return net * (net - self.returned) > 0

    @property
    def net(self) -> int:
        """What the order brought, in minor units: net of discounts and returns."""
        if self.placed is None or self.is_cancelled:
            return 0
        return self.placed.value.net - self.returned


_PlaceKey = tuple[str, str]
"""An offer and a sku, either of them empty for any: it names lines of an order."""


def _places_of(lines: Iterable[Line]) -> Mapping[_PlaceKey, Sequence[int]]:
    """The places of lines by what names them."""
    found: dict[_PlaceKey, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        for offer in {line.offer or "", ""}:
            for sku in (line.sku, ""):
                found[offer, sku].append(i)
    return found


def _over_lines(
    returned: Returned, lines: Sequence[Line], places: Mapping[_PlaceKey, Sequence[int]]
) -> tuple[int, ...]:
    """Spread a return over an order's lines, by net: all that falls on the same ones is added up before."""
    amounts: dict[_PlaceKey, int] = defaultdict(int)
    for part in returned.lines or (ReturnedLine("", returned.amount),):
        amounts[_place_of(part, places)] += part.amount
    total = [0] * len(lines)
    for key, amount in amounts.items():
        targets = places[key]
        for i, own in zip(targets, share(amount, [lines[i].net for i in targets]), strict=True):
            total[i] += own
    return tuple(total)


def _place_of(part: ReturnedLine, places: Container[_PlaceKey]) -> _PlaceKey:
    """The lines that a returned line may be: those of its offer, of its sku where an offer brought several; else those
    of its sku, else all.
    """
    offer = part.offer or ""
    return next(key for key in ((offer, part.sku), (offer, ""), ("", part.sku), ("", "")) if key in places)


def fold(order: Order, event: Event, zone: ZoneInfo) -> Order:  # noqa: ARG001
    """The order, one event taken in."""
    match event.data:
        case OrderPlaced() as data:
            said = stated(event, _placed(data))
            placed = joined(order.placed, said)
            former = order.former
            if order.placed is not None:
                outdone = said if placed is order.placed else order.placed
                former = _former(order.former, outdone.value, placed.value)
            return Order(placed, order.returns, order.cancelled, former)
        case OrderReturned() as data:
            returns = with_statement(order.returns, data.return_id, stated(event, _returned(data)))
            return msgspec.structs.replace(order, returns=returns)
        case OrderCancelled() as data:
            # Without a revision a cancel stands above every revision there can be.
            revision = REVISION_MAX + 1 if data.revision is None else data.revision
            return msgspec.structs.replace(order, cancelled=joined(order.cancelled, stated(event, None, revision)))
    raise TypeError(f"an order has no {event.type}")


def _former(known: Former | None, outdone: Placed, placed: Placed) -> Former | None:
    """Whom the order has named and does not name now, one statement of it being outdone."""
    known = known or NOBODY
    former = Former(
        no_longer_named(known.leads, {outdone.lead}, {placed.lead}),
        no_longer_named(known.customers, {outdone.customer}, {placed.customer}),
        no_longer_named(known.offers, outdone.offers, placed.offers),
    )
    return None if former == NOBODY else former


def _placed(data: OrderPlaced) -> Placed:
    rep = data.rep_id
    lines = [
        Line(
            line.sku,
            line.quantity,
            line.gross_minor,
            line.discount_minor,
            None if line.rep_id == rep else line.rep_id,
            line.offer_id,
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
        customer=data.customer_id,
        promotions=tuple(dict.fromkeys(data.promotion_ids)) if data.promotion_ids else (),
    )


def _returned(data: OrderReturned) -> Returned:
    lines = tuple(ReturnedLine(line.sku, line.amount_minor, line.offer_id) for line in data.lines)
    return Returned(data.currency, data.amount_minor, lines, data.channel, data.rep_id, data.region)
