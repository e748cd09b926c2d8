"""The KPIs' cells recomputed from all events at once, straight from their definitions.

None of the product's folds are used. Written to be read beside docs/kpis.md: sort, group, loop. It knows all events, so
it needs no joins, notices or offsets.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.loyalty_oracle import add_customers
from tests.support.offer_oracle import add_attached, add_offers
from tests.support.price_oracle import add_prices
from tests.support.standing import Cells, EventsByType, day_of, group_events, latest, standing_by_time

KPIS = (
    "new_leads",
    "acquisition_rate",
    "sales",
    "competitor_prices",
    "loyalty",
    "team_satisfaction",
    "add_on_sales",
    "nps",
)
"""The KPIs whose cells are recomputed here."""

EDGES = [0, 1, 7, 14, 30, 60, 90, 180, 365]
STEPS = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 21, 25, 30, 36, 43,
    52, 62, 75, 90, 108, 130, 156, 187, 224, 269, 365,
]  # fmt: skip


def recompute(events: Iterable[Event]) -> Cells:
    """All cells of the KPIs, by day."""
    by_type = group_events(events)
    cells: Cells = defaultdict(int)
    orders = {
        name: OrderView(name, by_type)
        for kind in ("placed", "returned", "cancelled")
        for name in by_type[f"order.{kind}"]
    }
    for order in orders.values():
        order.add_to(cells)
    leads = {
        name for kind in ("created", "assigned", "closed", "reopened", "merged") for name in by_type[f"lead.{kind}"]
    }
    views = {name: LeadView(name, by_type, orders) for name in leads}
    for view in views.values():
        view.add_to(cells, views)
    add_answers(cells, by_type)
    add_rounds(cells, by_type)
    add_prices(cells, by_type)
    add_customers(cells, by_type, orders)
    add_offers(cells, by_type, orders)
    add_attached(cells, orders)
    return {cell: value for cell, value in cells.items() if value}


class OrderView:
    """An order, all its events known."""

    def __init__(self, name: str, by_type: EventsByType) -> None:
        self.name = name
        self.placed = latest(by_type["order.placed"][name])
        by_return: dict[str, list[Event]] = defaultdict(list)
        for event in by_type["order.returned"][name]:
            by_return[event.data.return_id].append(event)
        self.returns = [found for _, own in sorted(by_return.items()) if (found := latest(own))]
        cancels = by_type["order.cancelled"][name]
        ranked = max(
            cancels,
            key=lambda e: (10**20 if e.data.revision is None else e.data.revision, e.time, e.id, e.digest),
            default=None,
        )
        holds = ranked is not None and (
            self.placed is None or ranked.data.revision is None or ranked.data.revision >= self.placed.data.revision
        )
        self.cancel = ranked if holds else None

    def line_rep(self, i: int) -> str:
        assert self.placed is not None
        return self.placed.data.lines[i].rep_id or self.placed.data.rep_id or "unassigned"

    @property
    def line_nets(self) -> list[int]:
        return [line.gross_minor - line.discount_minor for line in self.placed.data.lines] if self.placed else []

    @property
    def returned(self) -> int:
        return sum(r.data.amount_minor for r in self.returns if r.data.currency == self.placed.data.currency)

    @property
    def given_back(self) -> list[int]:
        """By line, of the returns in the order's currency: what another is worth nobody knows."""
        own = [self._over_lines(r) for r in self.returns if r.data.currency == self.placed.data.currency]
        return [sum(parts[i] for parts in own) for i in range(len(self.line_nets))]

    @property
    def living(self) -> bool:
        if self.placed is None or self.cancel is not None:
            return False
        net, back = sum(self.line_nets), self.returned
        return not (0 < net <= back or back <= net < 0 or (net == 0 and back != 0))

    @property
    def net(self) -> int:
        return sum(self.line_nets) - self.returned

    @property
    def rep(self) -> str | None:
        """Through whom a lead was won: the order's rep, else the only rep of its lines."""
        reps = {self.line_rep(i) for i in range(len(self.line_nets))}
        named = self.placed.data.rep_id
        return named or (next(iter(reps)) if len(reps) == 1 and reps != {"unassigned"} else None)

    def add_to(self, cells: Cells) -> None:
        if self.placed is None:
            for back in self.returns:
                data = back.data
                places = self._places(data.channel, None, data.region)
                for cut, member in [*places, ("rep", data.rep_id or "unassigned")]:
                    cells[Cell("returned_minor", data.currency, cut, member, day_of(back.time))] += data.amount_minor
            return
        data, day = self.placed.data, day_of(self.placed.time)
        places = [*self._places(data.channel, data.store_id, data.region)]
        places += [("promotion", p) for p in sorted(set(data.promotion_ids))]
        for cut, member in places:
            self._add_sale(cells, cut, member, day, range(len(data.lines)))
        for rep in {self.line_rep(i) for i in range(len(data.lines))}:
            own = [i for i in range(len(data.lines)) if self.line_rep(i) == rep]
            self._add_sale(cells, "rep", rep, day, own)
        for back in self.returns:
            parts = self._over_lines(back)
            self._add_back(cells, places, back.data.currency, parts, day_of(back.time), day)
        if self.cancel is not None:
            left = max(0, sum(self.line_nets) - self.returned)
            weights = [net - back for net, back in zip(self.line_nets, self.given_back, strict=True)]
            self._add_back(cells, places, data.currency, split(left, weights), day_of(self.cancel.time), day)

    def _add_sale(self, cells: Cells, cut: str, member: str, day: date, lines: Iterable[int]) -> None:
        data = self.placed.data
        cells[Cell("orders", data.currency, cut, member, day)] += int(self.cancel is None)
        for i in lines:
            line = data.lines[i]
            cells[Cell("units", data.currency, cut, member, day)] += line.quantity
            cells[Cell("gross_minor", data.currency, cut, member, day)] += line.gross_minor
            cells[Cell("discount_minor", data.currency, cut, member, day)] += line.discount_minor

    def _add_back(
        self, cells: Cells, places: list[tuple[str, str]], currency: str, parts: list[int], on: date, order_day: date
    ) -> None:
        for i, part in enumerate(parts):
            for cut, member in [*places, ("rep", self.line_rep(i))]:
                cells[Cell("returned_minor", currency, cut, member, on)] += part
                cells[Cell("returned_order_day_minor", currency, cut, member, order_day)] += part

    def _over_lines(self, back: Event) -> list[int]:
        """What falls on the same lines is added up, then spread: `None` stands for whatever offer or sku."""
        nets, lines = self.line_nets, self.placed.data.lines
        amounts: dict[tuple[str | None, str | None], int] = defaultdict(int)
        whole = [(None, None, back.data.amount_minor)]
        for sku, offer, amount in [(r.sku, r.offer_id, r.amount_minor) for r in back.data.lines] or whole:
            known_offer = offer if any(line.offer_id == offer for line in lines) else None
            among = [line for line in lines if known_offer in (None, line.offer_id)]
            known_sku = sku if any(line.sku == sku for line in among) else None
            amounts[known_offer, known_sku] += amount
        parts = [0] * len(nets)
        for (offer, sku), amount in amounts.items():
            targets = [i for i, line in enumerate(lines) if offer in (None, line.offer_id) and sku in (None, line.sku)]
            for i, part in zip(targets, split(amount, [nets[i] for i in targets]), strict=True):
                parts[i] += part
        return parts

    @staticmethod
    def _places(channel: str | None, store: str | None, region: str | None) -> list[tuple[str, str]]:
        c, s, r = channel or "unknown", store or "unknown", region or "unknown"
        return [
            ("all", ""),
            ("channel", c),
            ("store", s),
            ("region", r),
            ("channel,region", f"{c} x {r}"),
            ("channel,store", f"{c} x {s}"),
        ]


def split(amount: int, weights: list[int]) -> list[int]:
    """Hand out unit by unit what exact proportions leave over: largest remainder, the first of equals."""
    sign = -1 if amount < 0 else 1
    amount *= sign
    weights = [max(0, w) for w in weights]
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    parts = [amount * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-((amount * weights[i]) % total), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


class LeadView:
    """A lead, all its events and all orders known."""

    def __init__(self, name: str, by_type: EventsByType, orders: dict[str, OrderView]) -> None:
        self.name = name
        self.created = latest(by_type["lead.created"][name])
        self.assigned = standing_by_time(by_type["lead.assigned"][name])
        self.closed = standing_by_time(by_type["lead.closed"][name])
        self.reopened = {event.time for event in by_type["lead.reopened"][name]}
        merged = latest(by_type["lead.merged"][name])
        self.into = merged.data.into_lead_id if merged else None
        self.orders = [o for o in orders.values() if o.placed is not None and o.placed.data.lead_id == name]

    def owners(self) -> list[tuple[datetime, str]]:
        found = [(self.created.time, self.created.data.rep_id or "unassigned")] if self.created else []
        assigned = sorted((time, event.data.rep_id) for time, event in self.assigned.items())
        return sorted(found + assigned, key=lambda pair: pair[0])

    def owner_at(self, time: datetime) -> str:
        owners = self.owners()
        return next((rep for since, rep in reversed(owners) if since <= time), owners[0][1] if owners else "unassigned")

    def circle(self, views: dict[str, "LeadView"]) -> bool:
        """Does following the merges lead back here?"""
        seen, at = set(), self.into
        while at is not None and at not in seen:
            if at == self.name:
                return True
            seen.add(at)
            at = views[at].into if at in views else None
        return False

    def is_merged(self, views: dict[str, "LeadView"]) -> bool:
        return self.into is not None and not self.circle(views)

    def lenders(self, views: dict[str, "LeadView"]) -> list["LeadView"]:
        """The leads that were merged into this one, directly or through others; those of a circle lend nothing."""
        found = [view for view in views.values() if view.into == self.name and view.is_merged(views)]
        return found + [lender for view in found for lender in view.lenders(views)]

    def statements(self, views: dict[str, "LeadView"]) -> list[tuple[datetime, int, int, str, Event | OrderView]]:
        """(time, rank of the kind, order after closing, tie break, what)."""
        found = []
        for view in [self, *self.lenders(views)]:
            for time, event in view.closed.items():
                if view is not self and event.data.outcome == "invalid":
                    continue
                rank = {"lost": 1, "won": 2, "invalid": 3}[event.data.outcome]
                found.append((time, rank, 0, event.data.rep_id or "", event))
            found += [(time, 0, 0, "", None) for time in view.reopened]
            found += [(o.placed.time, 2, 1, o.name, o) for o in view.orders if o.living]
        return sorted(found, key=lambda s: (*s[:4], _amount(s[4])[0] or 0))

    def add_to(self, cells: Cells, views: dict[str, "LeadView"]) -> None:
        statements = self.statements(views)
        last = statements[-1][1] if statements else None
        if self.created is None or self.is_merged(views) or last == 3:
            return
        data, created_day = self.created.data, day_of(self.created.time)
        first_rep = next((rep for _, rep in self.owners() if rep != "unassigned"), "unassigned")
        owner = self.owners()[-1][1]
        shared = [("all", ""), ("owner", owner), ("source", data.source or "unknown")]
        shared += [("region", data.region or "unknown"), ("kind", data.kind)]
        for cut, member in [*shared, ("rep", first_rep)]:
            cells[Cell("leads", "", cut, member, created_day)] += 1
        closing = self._closing(statements, last)
        rep = owner
        if closing is not None:
            rep = closing[1] or self.owner_at(closing[0])
        for cut, member in [*shared, ("rep", rep)]:
            cells[Cell("created", "", cut, member, created_day)] += 1
            if closing is None:
                continue
            time, _, amount, currency, won = closing
            cells[Cell("won" if won else "lost", currency or "", cut, member, day_of(time))] += 1
            cells[
                Cell("won_amount_minor" if won else "lost_amount_minor", currency or "", cut, member, day_of(time))
            ] += amount or 0
            if won:
                days = max(0, (day_of(time) - created_day).days)
                name = next((f"d{edge}" for edge in EDGES if days <= edge), "more")
                cells[Cell(name, "", cut, member, created_day)] += 1
                step = next((last for last in STEPS if days <= last), STEPS[-1])
                cells[Cell(f"u{step}", "", cut, member, day_of(time))] += 1

    def _closing(
        self, statements: list, last: int | None
    ) -> tuple[datetime, str | None, int | None, str | None, bool] | None:
        """When, through whom, amount, currency, won or lost."""
        if last == 1:
            time, _, _, _, event = statements[-1]
            amount, currency = event.data.amount_minor, event.data.currency
            if amount is None:
                amount, currency = self.created.data.amount_minor, self.created.data.currency
            return time, event.data.rep_id, amount, currency, False
        if last != 2:
            return None
        breaks = [i for i, s in enumerate(statements) if s[1] in (0, 1)]
        wins = [s for s in statements[(breaks[-1] + 1 if breaks else 0) :] if s[1] == 2]
        amount, currency = _amount(wins[0][4])
        if amount is None:
            orders = [s[4] for s in wins if isinstance(s[4], OrderView)]
            amount, currency = _amount(orders[0]) if orders else (None, None)
        winner = wins[0][4]
        return wins[0][0], winner.rep if isinstance(winner, OrderView) else winner.data.rep_id, amount, currency, True


def add_answers(cells: Cells, by_type: EventsByType) -> None:
    """Scores on the day of the answer; invitations on their own, and whether an answer ever came."""
    for events in by_type["nps.answered"].values():
        answered = latest(events)
        data = answered.data
        name = "promoters" if data.score > 8 else "detractors" if data.score < 7 else "passives"
        places = [("all", ""), ("touchpoint", data.touchpoint), ("channel", data.channel or "unknown")]
        places += [("store", data.store_id or "unknown"), ("region", data.region or "unknown")]
        for cut, member in [*places, ("rep", data.rep_id or "unassigned")]:
            cells[Cell(name, "", cut, member, day_of(answered.time))] += 1
    for subject, events in by_type["survey.invited"].items():
        invited = latest(events)
        data = invited.data
        if data.survey != "nps":
            continue
        for cut, member in [("all", ""), ("touchpoint", data.touchpoint)]:
            cells[Cell("invited", "", cut, member, day_of(invited.time))] += 1
            if data.delivered:
                cells[Cell("delivered", "", cut, member, day_of(invited.time))] += 1
                cells[Cell("answered", "", cut, member, day_of(invited.time))] += bool(by_type["nps.answered"][subject])


def add_rounds(cells: Cells, by_type: EventsByType) -> None:
    for events in by_type["pulse.published"].values():
        data = latest(events).data
        cut, member = ("all", "") if data.team_id == "all" else ("team", data.team_id)
        cells[Cell("rounds", "", cut, member, data.closed_on)] += 1


def _amount(what: object) -> tuple[int | None, str | None]:
    if isinstance(what, OrderView):
        return what.net, what.placed.data.currency
    data = getattr(what, "data", None)
    return (data.amount_minor, data.currency) if data is not None else (None, None)
