"""By how much a count or a sum moved an opening hour, between two periods that are compared. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache

from services.common.calendar import BusinessCalendar, Place, Span
from services.kpi_stream.kpis.kpi import Compared, Estimate, Kpi, Related, Subject, Unit
from services.kpi_stream.kpis.statistics import Interval, none_of, quasi_poisson
from services.kpi_stream.kpis.world import World


def hourly_change(
    kpi: Kpi, subject: Subject, cut_alike: Compared, compared: Sequence[Estimate], world: World
) -> Related | None:
    """What an opening hour brought over what one brought before, less 1; `n` is the smaller of the two counts.

    None where nothing was counted or brought before, or either side was never open. What falls below 0 has no interval.
    """
    now, before = compared
    if now.events is None or not before.events or now.value is None or before.value is None or before.value <= 0:
        return None
    place = world.calendar.told_apart(subject.place)
    open_now, open_before = (
        _opening_time(spans["window"], world.calendar, place) for spans in (cut_alike.current, cut_alike.previous)
    )
    if not open_now or not open_before:
        return None
    ratio = float(now.value) / float(before.value) * (open_before / open_now)
    if now.events:
        own = quasi_poisson(ratio, kpi.dispersion, now.events, before.events)
    else:
        own = none_of(before.events * (open_now / open_before), kpi.dispersion)
    return Related(
        ratio - 1,
        Unit.RATIO,
        n=min(now.events, before.events),
        interval=Interval(own.low - 1, own.high - 1, own.level, own.method) if own else None,
    )


@lru_cache(maxsize=4096)
def _opening_time(span: Span, calendar: BusinessCalendar, place: Place) -> timedelta:
    return calendar.opening_time(span, place)
