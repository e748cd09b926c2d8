"""A trend drawn: where lines, bands, ticks and words lie in a picture of some size. Pure: `trend.html` is the SVG."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from services.board.charts import Scale, listed, reach, round_steps, scale
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


def plot(trend: Trend, base: float, width: int, height: int) -> Plot | None:
    """A trend in a picture of a size; `None` where fewer than two points are known.

    The axis holds the base (0, of an index 100), so that a bar or a line is as high as its number. What is not known
    breaks the line, and what is not over yet is led to by a broken one.
    """
    if len(trend.known) < 2:
        return None
    low, high = reach(_drawn(trend), base)
    steps = [base + step for step in round_steps(low - base, high - base, about=MOST_TICKS)]
    x = scale(0, len(trend.points) - 1, LEFT, width - RIGHT)
    y = scale(steps[0], steps[-1], height - BOTTOM, TOP)
    places = [(x(i), point) for i, point in enumerate(trend.points)]
    closed = [(at, None if point.is_open else point.value) for at, point in places]
    return Plot(
        width=width,
        height=height,
        ticks=tuple(Tick(round(y(step), 1), step, step == base) for step in steps),
        marks=tuple(_marks(places, y, (width - LEFT - RIGHT) // WORD)),
        lines=tuple(listed([(at, y(v)) for at, v in run]) for run in _runs(closed) if len(run) > 1),
        open_line=_open_line(places, y),
        before=tuple(
            listed([(at, y(v)) for at, v in run])
            for run in _runs([(at, point.before if trend.has_before else None) for at, point in places])
        ),
        bands=tuple(_bands(places, y)),
        target=None if trend.target is None else round(y(trend.target), 1),
    )


def _drawn(trend: Trend) -> Iterator[float | None]:
    """All values that are drawn."""
    for point in trend.points:
        yield from (point.value, point.low, point.high)
        if trend.has_before:
            yield point.before
    yield trend.target


Place = tuple[float, Point]


def _marks(places: Sequence[Place], y: Scale, most_words: int) -> Iterator[Mark]:
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


def _open_line(places: Sequence[Place], y: Scale) -> str:
    """From the last point that is over to the one that is not."""
    last = places[-2:]
    if not last[-1][1].is_open:
        return ""
    known = [(x, y(point.value)) for x, point in last if point.value is not None]
    return listed(known) if len(known) > 1 else ""


def _bands(places: Sequence[Place], y: Scale) -> Iterator[str]:
    """Between the ends of the intervals, there and back."""
    for has_ends, stretch in groupby(places, key=lambda place: place[1].low is not None and place[1].high is not None):
        run = list(stretch)
        if has_ends and len(run) > 1:
            there = [(x, y(point.high)) for x, point in run if point.high is not None]
            back = [(x, y(point.low)) for x, point in reversed(run) if point.low is not None]
            yield listed([*there, *back])
