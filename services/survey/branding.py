"""What makes a form the company's own: its name, its colour, its logo."""

import re
from pathlib import Path
from typing import NamedTuple

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA), for text of normal size."""


class Branding(NamedTuple):
    """How forms and letters look."""

    name: str
    colour: str
    logo: Path | None


def wrong_colour(colour: str) -> str:
    """Why a colour cannot bear white text, or nothing."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return f"{colour!r} is no colour; an example is #0b6e75"
    contrast = contrast_with_white(colour)
    if contrast < LEAST_CONTRAST:
        return f"white text on {colour} has a contrast of {contrast:.1f}, less than {LEAST_CONTRAST}: take a darker one"
    return ""


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of white on a `#rrggbb`, 1 to 21 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
