"""A trend drawn: where lines, bands, ticks and words lie in a picture of some size. Pure: `trend.html` is the SVG."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from services.board.charts import round_steps
from services.board.trend import Point, Trend

LEFT, RIGHT, TOP, BOTTOM = 64, 26, 12, 26
"""The room around the lines, for the words of the axes."""
WORD = 62
"""The room that a date takes."""
MOST_TICKS = 5


class Tick(NamedTuple):
    """A word of the axis on the left, at a height."""

    y: float
    value: float
    is_base: bool


class Mark(NamedTuple):
    """A point of the trend. `word`: its date is written below it; `is_alone`: no line leads to it or from it."""

    x: float
    y: float | None
    point: Point
    word: bool
    is_alone: bool


class Plot(NamedTuple):
    """All that is drawn; lines and bands as the points of SVG's polylines and polygons."""

    width: int
    height: int
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    open_line: str
    before: tuple[str, ...]
    bands: tuple[str, ...]
    target: float | None

    @property
    def left(self) -> int:
        return LEFT

    @property
    def right(self) -> int:
        return self.width - RIGHT

    @property
    def floor(self) -> int:
        return self.height - BOTTOM


def plot(trend: Trend, base: float, width: int, height: int) -> Plot | None:
    """A trend in a picture of a size; `None` where fewer than two points are known.

    The axis holds the base (0, of an index 100), so that a bar or a line is as high as its number. What is not known
    breaks the line, and what is not over yet is led to by a broken one.
    """
    if len(trend.known) < 2:
        return None
    steps = [base + step for step in round_steps(*_reach(trend, base), about=MOST_TICKS)]
    x = _scale(0, len(trend.points) - 1, LEFT, width - RIGHT)
    y = _scale(steps[0], steps[-1], height - BOTTOM, TOP)
    places = [(x(i), point) for i, point in enumerate(trend.points)]
    closed = [(at, None if point.is_open else point.value) for at, point in places]
    return Plot(
        width=width,
        height=height,
        ticks=tuple(Tick(round(y(step), 1), step, step == base) for step in steps),
        marks=tuple(_marks(places, y, (width - LEFT - RIGHT) // WORD)),
        lines=tuple(_path([(at, y(v)) for at, v in run]) for run in _runs(closed) if len(run) > 1),
        open_line=_open_line(places, y),
        before=tuple(
            _path([(at, y(v)) for at, v in run])
            for run in _runs([(at, point.before if trend.has_before else None) for at, point in places])
        ),
        bands=tuple(_bands(places, y)),
        target=None if trend.target is None else round(y(trend.target), 1),
    )


def _reach(trend: Trend, base: float) -> tuple[float, float]:
    """From the least to the greatest of all that is drawn, less the base, which is among it."""
    before = [point.before for point in trend.points] if trend.has_before else []
    drawn = [value for point in trend.points for value in (point.value, point.low, point.high)]
    known = [value - base for value in [*drawn, *before, trend.target] if value is not None]
    low, high = min(0.0, *known), max(0.0, *known)
    return (low, high) if low < high else (0.0, 1.0)


def _scale(low: float, high: float, at_low: float, at_high: float) -> Callable[[float], float]:
    return lambda value: at_low + (value - low) / (high - low) * (at_high - at_low)


Place = tuple[float, Point]
Height = Callable[[float], float]


def _marks(places: Sequence[Place], y: Height, most_words: int) -> Iterator[Mark]:
    """Every so many dates are written, the last among them."""
    every = -(-len(places) // max(1, most_words))
    for i, (x, point) in enumerate(places):
        neighbours = [places[j][1].value for j in (i - 1, i + 1) if 0 <= j < len(places)]
        yield Mark(
            x=round(x, 1),
            y=None if point.value is None else round(y(point.value), 1),
            point=point,
            word=(len(places) - 1 - i) % every == 0,
            is_alone=all(value is None for value in neighbours),
        )


def _runs(values: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Stretches in which all is known."""
    stretches = groupby(values, key=lambda pair: pair[1] is not None)
    return [[(x, v) for x, v in stretch if v is not None] for is_known, stretch in stretches if is_known]


def _open_line(places: Sequence[Place], y: Height) -> str:
    """From the last point that is over to the one that is not."""
    last = places[-2:]
    if not last[-1][1].is_open:
        return ""
    known = [(x, y(point.value)) for x, point in last if point.value is not None]
    return _path(known) if len(known) > 1 else ""


def _bands(places: Sequence[Place], y: Height) -> Iterator[str]:
    """Between the ends of the intervals, there and back."""
    for has_ends, stretch in groupby(places, key=lambda place: place[1].low is not None and place[1].high is not None):
        run = list(stretch)
        if has_ends and len(run) > 1:
            there = [(x, y(point.high)) for x, point in run if point.high is not None]
            back = [(x, y(point.low)) for x, point in reversed(run) if point.low is not None]
            yield _path([*there, *back])


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
