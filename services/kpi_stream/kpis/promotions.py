"""The effect of a promotion: what its days brought against the same weekdays just before."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import fmean
from typing import Any, NamedTuple

from services.common.calendar import DAY
from services.common.events.reference import PromotionSet
from services.common.events.subjects import joined
from services.kpi_stream.kpis.kpi import Flag, Related, Totals, Unit
from services.kpi_stream.kpis.requests import Asking, Sum
from services.kpi_stream.kpis.sales_cells import SALES
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import Member

BASELINE_DAYS = 28
BASELINE_LEAST = 2
IMMATURE_DAYS = 30
"""Returns still come in for so long after a promotion ends."""


SECOND = timedelta(seconds=1)


class Effect(NamedTuple):
    """Mean a day over the baseline (minor units), the baseline's mean over the same days, and the range of its days."""

    minor: float
    baseline: float
    lowest: int
    highest: int


def promotion_effect(promotion_id: str, world: World) -> Asking[Related | None]:
    """Mean over the promotion's whole days of (net by order day - mean of that weekday in the four weeks before).

    Baseline days with a promotion of an overlapping scope, and public holidays, are left out. Beside it stands the same
    figure where the promotion did not run. `None` for a promotion that nobody declared.
    """
    promotion = world.book.promotions.get(promotion_id)
    if promotion is None:
        yield from ()
        return None
    days = _whole_days(promotion, world)
    baseline = _baseline_days(promotion, world)
    scope = _scope(promotion)
    everywhere = yield from _net_by_day([("all", "")], [*baseline, *days], world)
    inside = yield from _net_by_day(scope, [*baseline, *days], world)
    if everywhere is None or inside is None:
        return Related(None, Unit.MONEY, flags=(Flag.RATE_MISSING,))
    outside = None if scope == [("all", "")] else [total - part for total, part in zip(everywhere, inside, strict=True)]
    effect = _effect(days, baseline, inside)
    elsewhere = _effect(days, baseline, outside) if outside else None
    return _related(effect, elsewhere, _flags(promotion, effect, world), world)


def _related(effect: Effect | None, elsewhere: Effect | None, flags: tuple[Flag, ...], world: World) -> Related:
    details: dict[str, Any] = {"percent": None, "baseline": None, "elsewhere": None}
    if effect is not None:
        details |= _told(effect, world)
    if elsewhere is not None:
        details["elsewhere"] = {"value": world.major(round(elsewhere.minor)), **_told(elsewhere, world)}
    return Related(world.major(round(effect.minor)) if effect else None, Unit.MONEY, flags=flags, details=details)


def _told(effect: Effect, world: World) -> dict[str, object]:
    baseline = {name: world.major(round(getattr(effect, field))) for name, field in _RANGE}
    return {"percent": effect.minor / effect.baseline if effect.baseline else None, "baseline": baseline}


_RANGE = (("mean", "baseline"), ("lowest", "lowest"), ("highest", "highest"))


def _flags(promotion: PromotionSet, effect: Effect | None, world: World) -> tuple[Flag, ...]:
    zone = world.calendar.zone
    has_days = bool(_whole_days(promotion, world))
    flags = (Flag.NO_BASELINE,) if effect is None and has_days else ()
    return (*flags, Flag.IMMATURE) if world.now < promotion.ends_at(zone) + timedelta(days=IMMATURE_DAYS) else flags


def _effect(days: Sequence[date], baseline: Sequence[date], net: Sequence[int]) -> Effect | None:
    """`net` in minor units: of the baseline's days, then of the promotion's. `None`: a weekday has too few days."""
    by_weekday: dict[int, list[int]] = {}
    for day, amount in zip(baseline, net, strict=False):
        by_weekday.setdefault(day.weekday(), []).append(amount)
    if not days or any(len(by_weekday.get(day.weekday(), ())) < BASELINE_LEAST for day in days):
        return None
    expected = [fmean(by_weekday[day.weekday()]) for day in days]
    actual = net[len(baseline) :]
    used = [amount for weekday in {day.weekday() for day in days} for amount in by_weekday[weekday]]
    return Effect(fmean(actual) - fmean(expected), fmean(expected), min(used), max(used))


def _whole_days(promotion: PromotionSet, world: World) -> list[date]:
    """The days that the promotion ran from midnight to midnight, and that are over."""
    calendar = world.calendar
    start, end = promotion.starts_at(calendar.zone), promotion.ends_at(calendar.zone)
    over = min(end, world.now)
    spans = ((day, calendar.day_span(day)) for day in _days(calendar.day_of(start), calendar.day_of(over)))
    return [day for day, span in spans if span.start >= start and span.end <= over]


def _baseline_days(promotion: PromotionSet, world: World) -> list[date]:
    calendar = world.calendar
    first = calendar.day_of(promotion.starts_at(calendar.zone))
    others = [
        (calendar.day_of(other.starts_at(calendar.zone)), calendar.day_of(other.ends_at(calendar.zone) - SECOND))
        for other in world.book.promotions.values()
        if _overlap(promotion, other)
    ]
    before = _days(first - timedelta(days=BASELINE_DAYS), first - DAY)
    return [
        day
        for day in before
        if not calendar.is_holiday(day) and not any(begins <= day <= ends for begins, ends in others)
    ]


def _overlap(one: PromotionSet, other: PromotionSet) -> bool:
    def meet(a: Sequence[str], b: Sequence[str]) -> bool:
        return not a or not b or bool(set(a) & set(b))

    return meet(one.channels, other.channels) and meet(one.regions, other.regions)


def _scope(promotion: PromotionSet) -> list[Member]:
    """The members whose net adds up to where the promotion runs."""
    if promotion.channels and promotion.regions:
        return [("channel,region", joined(c, r)) for c in promotion.channels for r in promotion.regions]
    if promotion.channels:
        return [("channel", channel) for channel in promotion.channels]
    if promotion.regions:
        return [("region", region) for region in promotion.regions]
    return [("all", "")]


def _net_by_day(members: Sequence[Member], days: Sequence[date], world: World) -> Asking[list[int] | None]:
    """Net by order day in minor units, the members added up, a figure a day; none where an exchange rate is missing."""
    spans = [world.calendar.day_span(day) for day in days]
    totals: Sequence[Totals] = yield [Sum(SALES, cut, member, span) for span in spans for cut, member in members]
    if any(total.rate_missing for total in totals):
        return None
    return [
        sum(
            t["gross_minor"] - t["discount_minor"] - t["returned_order_day_minor"]
            for t in totals[i * len(members) : (i + 1) * len(members)]
        )
        for i in range(len(spans))
    ]


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
