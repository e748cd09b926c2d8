"""Small pictures: figures made into SVG paths, drawn without a script."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 240, 48, 4


class Sparkline(NamedTuple):
    """A trend: the line's points, and the area between it and the base."""

    line: str
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
    line = " ".join(f"{x},{y}" for x, y in points)
    ground = point(0, base)[1]
    return Sparkline(line, f"{points[0][0]},{ground} {line} {points[-1][0]},{ground}")
