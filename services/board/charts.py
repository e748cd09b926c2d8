"""Small pictures: figures made into SVG paths, drawn without a script."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 240, 48, 4

Scale = Callable[[float], float]
"""From a value to where it lies in a picture."""


class Sparkline(NamedTuple):
    """A trend: the points of its line up to the last step, those of the last step, and the area down to the base."""

    line: str
    last: str
    area: str


def sparkline(values: Sequence[float | None], base: float = 0.0, beside: Sequence[float] = ()) -> Sparkline | None:
    """A trend in a picture that holds its base; days without a value are passed over. `None` with fewer than two.

    `beside`: values of trends that stand beside it, drawn to the same scale.
    """
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    x = scale(0, len(values) - 1, MARGIN, WIDTH - MARGIN)
    y = scale(*reach([*values, *beside], base), HEIGHT - MARGIN, MARGIN)
    points = [(x(i), y(value)) for i, value in known]
    area = [(points[0][0], y(base)), *points, (points[-1][0], y(base))]
    return Sparkline(listed(points[:-1]), listed(points[-2:]), listed(area))


def reach(values: Iterable[float | None], base: float = 0.0) -> tuple[float, float]:
    """From the least to the greatest value that is known, the base included; never nothing."""
    held = [base, *(value for value in values if value is not None)]
    low, high = min(held), max(held)
    return (low, high) if low < high else (base, base + 1.0)


def scale(low: float, high: float, at_low: float, at_high: float) -> Scale:
    """Where values lie of which the least and the greatest lie so."""
    return lambda value: at_low + (value - low) / (high - low) * (at_high - at_low)


def listed(points: Iterable[tuple[float, float]]) -> str:
    """The points of an SVG's polygon or polyline."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def round_steps(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers to draw lines at: 0 and steps of 1, 2 or 5 times a power of ten, so that both ends lie within."""
    reach = (high - low) or 1.0
    rough = reach / about
    power = 10.0 ** next(n for n in count(-12) if 10.0 ** (n + 1) > rough)
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999)
    first = next(n for n in count(0, -1) if n * step <= low)
    last = next(n for n in count(0) if n * step >= high)
    return [n * step for n in range(first, last + 1)]


class Drawing:
    """An SVG as it is drawn: plain attributes, so that it shows alike in a page, a PDF and an e-mail's PNG.

    `about` says in words what it shows.
    """

    def __init__(self, width: int, about: str) -> None:
        self._width = width
        self._about = about
        self._parts: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> None:
        size = f'width="{width:.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}" stroke="{stroke}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = "") -> None:
        ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<line {ends} stroke="{stroke}" stroke-width="{width}"{dashes}/>')

    def dot(self, x: float, y: float, radius: float, fill: str, stroke: str) -> None:
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="2"/>'
        )

    def shape(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        self._parts.append(f'<polygon points="{listed(points)}" fill="{fill}"/>')

    def text(self, x: float, y: float, text: str, fill: str, anchor: str = "start", weight: str = "normal") -> None:
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        self._parts.append(f'<text {place} fill="{fill}" font-weight="{weight}">{escape(text)}</text>')

    def svg(self, height: float) -> str:
        """The picture, so high."""
        size = f'viewBox="0 0 {self._width} {height:.0f}" width="{self._width}" height="{height:.0f}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="DejaVu Sans, Verdana, sans-serif" '
            f'font-size="12"><title>{escape(self._about)}</title>{"".join(self._parts)}</svg>'
        )
