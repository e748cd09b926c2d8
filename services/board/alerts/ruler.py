"""A number against its level as a picture: where all of it lies on a line. Pure: `ruler.html` is the SVG."""

from collections.abc import Iterator
from typing import NamedTuple

from services.board.charts import scale
from services.board.told import Answer

WIDTH = 320
ROOM = 0.15
"""Left free at both ends, as a share of all that is shown."""
WORD = 104
"""What the longest word below the line takes."""


class Mark(NamedTuple):
    """A level on the line, and where its word has its middle: always within the picture."""

    x: float
    word: float


class Ruler(NamedTuple):
    """`beyond`: from where to where it is not as it should be. `clear`: none where it is the level."""

    level: Mark
    clear: Mark | None
    value: float | None
    interval: tuple[float, float] | None
    beyond: tuple[float, float]


def ruler(alert: Answer, member: Answer) -> Ruler:
    """A member's number, its interval, and the level."""
    places = list(_shown(alert, member))
    least, most = min(places), max(places)
    room = ROOM * (most - least) or 0.1 * abs(most) or 1.0
    x = scale(least - room, most + room, 0, WIDTH)
    level = _mark(x(alert["level"]))
    return Ruler(
        level=level,
        clear=None if alert["clear"] == alert["level"] else _mark(x(alert["clear"])),
        value=None if member["value"] is None else round(x(member["value"]), 1),
        interval=_ends(x(member["low"]), x(member["high"])) if _has_interval(member) else None,
        beyond=(0.0, level.x) if alert["side"] == "below" else (level.x, float(WIDTH)),
    )


def _shown(alert: Answer, member: Answer) -> Iterator[float]:
    yield alert["level"]
    yield alert["clear"]
    for name in ("value", "low", "high"):
        if member[name] is not None:
            yield member[name]


def _has_interval(member: Answer) -> bool:
    return member["low"] is not None and member["high"] is not None


def _ends(low: float, high: float) -> tuple[float, float]:
    return round(low, 1), round(high, 1)


def _mark(x: float) -> Mark:
    return Mark(round(x, 1), round(min(max(x, WORD / 2), WIDTH - WORD / 2), 1))
