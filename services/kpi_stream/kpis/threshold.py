"""When people are to be told of a number: a declaration, by a KPI module or in `thresholds.yml`."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from services.common.windows import WindowName
from services.kpi_stream.kpis.text import Text


class Of(StrEnum):
    """What of a number is judged."""

    VALUE = "value"
    TARGET = "target"
    """Rates and scores: how far they are from their target, in the good direction."""
    PACE = "pace"
    """Counts and sums: attainment of the target over the share of opening time that has gone."""
    CHANGE = "change"
    """Since the previous period: of counts and sums the ratio an opening hour, of rates and scores the difference."""


class Side(StrEnum):
    """On which side of its level a number is not as it should be. At the level it is as it should be."""

    BELOW = "below"
    ABOVE = "above"


class Hours(StrEnum):
    """When an alert may begin, be told again, or end."""

    OPENING = "opening"
    ALWAYS = "always"


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A number's level, and what else must hold before anybody is told.

    It fires where the number has been beyond `level` for so long (`lasts`), rests on at least `least`, is sure, and the
    company (or the channel or region that the member is) is open. It ends where the number is back at `clear`, or on
    the good side of it. While its data cannot be trusted, or all is closed, nothing begins and nothing ends.

    `metric`: a number beside the headline, by its name; empty: the headline. `share_of`: another, which it is divided
    by. `least_of`: the number that says on how many it rests; empty: the headline's n. `sure`: the whole 95 % interval
    must be beyond the level. `only`: some members of the cut `by`; empty: all. Levels are ratios 0-1 or in the
    number's own unit, money in major units.
    """

    name: str
    window: WindowName
    side: Side
    level: float
    clear: float
    of: Of = Of.VALUE
    metric: str = ""
    share_of: str = ""
    by: str = "all"
    only: tuple[str, ...] = ()
    least: float = 0
    least_of: str = ""
    sure: bool = True
    lasts: timedelta
    hours: Hours = Hours.OPENING
    severity: Severity = Severity.WARNING
    team: str = "direction"
    title: Text
    advice: Text
    """What may be done about it."""
