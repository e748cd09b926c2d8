"""The cells of competitors' prices recomputed day by day: how each pair stood at each close, looked up from all events.

Nothing is carried from one day to the next but what the cells are told by: the difference to the close before.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context, Decimal
from typing import Any, NamedTuple

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.events import PARIS

EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0}
PRECISE = Context(prec=60)
EventsByType = Mapping[str, Mapping[str, list[Event]]]


class Pair(NamedTuple):
    """A watched pair at the close of a day: what was said last."""

    competitor: str
    own: Any
    reading: Event | None

    @property
    def trusted(self) -> Any:
        reading = self.reading.data if self.reading else None
        return reading if reading and reading.verdict == "trusted" and reading.price_minor > 0 else None

    @property
    def in_index(self) -> bool:
        return bool(self.own and self.trusted and self.trusted.stock in (None, "in_stock", "limited"))

    @property
    def currencies(self) -> tuple[str, str]:
        return self.own.currency, self.trusted.currency

    @property
    def log(self) -> int:
        """ln(ours / theirs) in millionths."""
        ours, theirs = (
            Decimal(each.price_minor).scaleb(-EXPONENTS[each.currency]) for each in (self.own, self.trusted)
        )
        return round(PRECISE.divide(ours, theirs).ln(PRECISE) * 1_000_000)


Close = tuple[date, Pair | None]
"""A day, and how a pair stood at its close."""


def add_prices(cells: dict[Cell, int], by_type: EventsByType) -> None:
    for sku, days, pairs in products(by_type):
        for name in pairs:
            closes = [(day, pair_at(by_type, sku, name, day)) for day in days]
            add_levels(cells, closes)
            add_moves(cells, closes)
            last = closes[-1][1]
            if last and last.trusted and last.reading:
                for cut, member in places(last):
                    cells[Cell("readings", "", cut, member, day_of(last.reading))] += 1


def add_levels(cells: dict[Cell, int], closes: list[Close]) -> None:
    """What each close adds to the one before."""
    before: Pair | None = None
    for day, now in closes:
        for sign, pair in ((-1, before), (1, now)):
            for (measure, cut, member), value in level(pair).items():
                cells[Cell(measure, "", cut, member, day)] += sign * value
        before = now


def add_moves(cells: dict[Cell, int], closes: list[Close]) -> None:
    """From each trusted price to the next one in the same currency, while the pair is watched."""
    believed: Any = None
    for day, now in closes:
        if now is None or now.trusted is None:
            believed = believed if now else None
            continue
        if believed and believed.currency == now.trusted.currency:
            step = now.trusted.price_minor - believed.price_minor
            for cut, member in places(now):
                cells[Cell("rises", "", cut, member, day)] += step > 0
                cells[Cell("falls", "", cut, member, day)] += step < 0
        believed = now.trusted


def places(pair: Pair) -> list[tuple[str, str]]:
    return [("all", ""), ("competitor", pair.competitor)]


def products(by_type: EventsByType) -> Iterable[tuple[str, list[date], set[str]]]:
    """Every product, the days on which anything was said of it, and every pair that was ever listed."""
    kinds = [by_type[name] for name in ("product.watched", "price.own", "price.observed")]
    for sku in {sku for kind in kinds for sku in kind}:
        days = {day_of(event) for kind in kinds for event in kind.get(sku, [])}
        lists = by_type["product.watched"].get(sku, [])
        yield sku, sorted(days), {pair.pair_id for event in lists for pair in event.data.pairs}


def pair_at(by_type: EventsByType, sku: str, name: str, day: date) -> Pair | None:
    """How a pair stood at the close of a day; none where it was not watched."""
    lists = closings(by_type["product.watched"].get(sku, []), day)
    listing = [{pair.pair_id: pair.competitor for pair in each.data.pairs} for each in lists]
    if not listing or name not in listing[-1]:
        return None
    first = max((i + 1 for i, each in enumerate(listing) if name not in each), default=0)
    readings = closings([each for each in by_type["price.observed"].get(sku, []) if each.data.pair_id == name], day)
    valid = [each for each in readings if each.time >= lists[first].time]
    own = closings(by_type["price.own"].get(sku, []), day)
    price = own[-1].data if own and own[-1].data.price_minor > 0 else None
    return Pair(listing[-1][name], price, valid[-1] if valid else None)


def closings(events: Iterable[Event], until: date) -> list[Event]:
    """The last statement of each day up to one."""
    by_day: dict[date, Event] = {}
    for event in sorted(events, key=lambda e: (e.time, e.data.revision, e.id, e.digest)):
        if day_of(event) <= until:
            by_day[day_of(event)] = event
    return [by_day[day] for day in sorted(by_day)]


def level(pair: Pair | None) -> dict[tuple[str, str, str], int]:
    """What a pair adds to the levels: by measure, cut and member."""
    if pair is None:
        return {}
    counts = {
        "watched": 1,
        "trusted": int(pair.trusted is not None),
        "no_own_price": int(pair.own is None),
        "promotions": int(bool(pair.trusted and (pair.trusted.list_price_minor or 0) > pair.trusted.price_minor)),
    }
    by_currencies = {}
    if pair.in_index:
        ours, theirs = pair.currencies
        if ours == theirs and pair.own.price_minor > pair.trusted.price_minor:
            counts |= {"undercuts": 1, "undercut_log": pair.log}
        by_currencies = {"pairs": 1, "log": pair.log}
    found = {}
    for cut, member in places(pair):
        found |= {(measure, cut, member): value for measure, value in {**counts, **by_currencies}.items()}
    for measure, value in by_currencies.items():
        found[measure, "currencies", f"{ours}/{theirs}"] = value
        found[measure, "competitor,currencies", f"{pair.competitor} x {ours} x {theirs}"] = value
    return found


def day_of(event: Event) -> date:
    return event.time.astimezone(PARIS).date()
