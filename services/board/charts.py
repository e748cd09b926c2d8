"""Small pictures: figures made into SVG paths, drawn without a script."""

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 240, 48, 4


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
    held = (base, *beside, *(value for _, value in known))
    low, high = min(held), max(held)
    reach = (high - low) or 1.0

    def point(i: int, value: float) -> tuple[float, float]:
        x = i / (len(values) - 1) * (WIDTH - 2 * MARGIN) + MARGIN
        y = HEIGHT - MARGIN - (value - low) / reach * (HEIGHT - 2 * MARGIN)
        return round(x, 1), round(y, 1)

    points = [point(i, value) for i, value in known]
    ground = point(0, base)[1]
    area = [(points[0][0], ground), *points, (points[-1][0], ground)]
    return Sparkline(_listed(points[:-1]), _listed(points[-2:]), _listed(area))


def _listed(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


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
        listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polygon points="{listed}" fill="{fill}"/>')

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
