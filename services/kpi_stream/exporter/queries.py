"""What readers ask: from the parameters of a request to a KPI, a window, a cut and options."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from services.common.errors import Malformed, NotFound
from services.common.windows import Window, days_window, named_window
from services.kpi_stream.kpis.cuts import ALL, Cut
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.world import World

DEFAULT_WINDOW = "mtd"
FIRST_YEAR, LAST_YEAR = 1970, 2100


class Query(NamedTuple):
    """A KPI over a window, by a cut."""

    kpi: Kpi
    cut: Cut
    window: Window
    options: Mapping[str, str]


def find_kpi(kpis: Mapping[str, Kpi], kpi_id: str) -> Kpi:
    """:raises NotFound: naming those there are."""
    if kpi_id not in kpis:
        raise NotFound(f"no KPI is called {kpi_id!r}", mend=f"ask for one of {', '.join(kpis)}")
    return kpis[kpi_id]


def find_cut(kpi: Kpi, by: str | None) -> Cut:
    """:raises Malformed: naming the cuts that the KPI has."""
    if not by:
        return ALL
    cut = kpi.cut(by)
    if cut is None:
        names = ", ".join(cut.name for cut in kpi.cuts if cut is not ALL)
        raise Malformed(f"{kpi.id} has no cut {by!r}", field="by", mend=f"send one of {names}, or leave it out")
    return cut


def find_window(kpi: Kpi, world: World, name: str | None, first: date | None, last: date | None) -> Window:
    """A named window, or days; the month to date where nothing is said.

    :raises Malformed: when the KPI does not declare the window, or both kinds are asked for.
    """
    if first is not None or last is not None:
        if name:
            raise Malformed("stands beside from and to", field="window", mend="send a window, or from and to")
        if first is None or last is None:
            raise Malformed("is missing", field="to" if last is None else "from", mend="send both ends, as 2026-11-01")
        for field, day in (("from", first), ("to", last)):
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                raise Malformed(
                    f"{day} is out of reach", field=field, mend=f"ask for days from {FIRST_YEAR} to {LAST_YEAR}"
                )
        if (last - first).days > kpi.longest:
            mend = f"ask for at most {kpi.longest} of {kpi.id}"
            raise Malformed(f"is {(last - first).days} days after `from`", field="to", mend=mend)
        return days_window(first, last, world.calendar)
    window = named_window(name or DEFAULT_WINDOW, world.now, world.calendar)
    if window.name not in kpi.windows:
        mend = f"send one of {' '.join(kpi.windows)}, or from and to"
        raise Malformed(f"{kpi.id} is not told over {name}", field="window", mend=mend)
    return window


def find_options(kpi: Kpi, given: Mapping[str, str]) -> dict[str, str]:
    """:raises Malformed: for an option or a choice that the KPI does not have."""
    for name, choice in given.items():
        if name not in kpi.options:
            known = ", ".join((*kpi.options, "window", "from", "to", "by"))
            raise Malformed(f"{kpi.id} has no such parameter", field=name, mend=f"it takes {known}")
        if choice not in kpi.options[name]:
            raise Malformed(f"{choice!r} is no choice", field=name, mend=f"send one of {', '.join(kpi.options[name])}")
    return dict(given)


def find_rolling(kpi: Kpi, step: str, days: int | None) -> int:
    """How many days make a point of a daily series: those asked for, else what is usual for the KPI.

    :raises Malformed: when the KPI does not declare them, or a point is a month.
    """
    if days is None:
        return kpi.rolling[0] if step == "day" else 1
    if step != "day" or days not in kpi.rolling:
        mend = f"send one of {', '.join(map(str, kpi.rolling))} with step=day, or leave it out"
        raise Malformed(f"{kpi.id} has no points of {days} days by the {step}", field="rolling", mend=mend)
    return days
