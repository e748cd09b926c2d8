"""The board's colours: readable in light and dark, and told apart by those who see no red or no green.

Contrast: WCAG 2.2, 1.4.3. Colour blindness: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based
Model for Simulation of Color Vision Deficiency" (2009), severity 1.0. Distance: CIE 1976, of which 2.3 is just noticed.
"""

import re
from itertools import combinations
from math import dist
from pathlib import Path

import pytest

import services.board
from services.board.letter import pictures

BOARD = Path(services.board.__file__).parent
COLOUR = r"#\w{6}\b|#\w{3}\b"


def named(text: str) -> dict[str, str]:
    return dict(re.findall(rf"--(\w+): ({COLOUR})", text))


LIGHT, DARK = map(named, (BOARD / "static" / "board.css").read_text().split("@media")[:2])
LEAST_CONTRAST, LEAST_CONTRAST_OF_SHAPES = 4.5, 3.0
LEAST_DISTANCE = 20.0

Linear = tuple[float, float, float]
SEEN_AS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)
    ),
}  # fmt: skip


def linear(colour: str) -> Linear:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: Linear) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: Linear) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB, under D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        _root(sum(a * b for a, b in zip(row, colour, strict=True)) / w) for row, w in zip(rows, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116


def seen(colour: str, kind: str) -> Linear:
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear(colour), strict=True)))) for row in SEEN_AS[kind]
    )
    return red, green, blue


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "paper"])
@pytest.mark.parametrize("text", ["ink", "soft", "good", "bad", "old", "main"])
def test_texts_are_readable(theme: dict[str, str], ground: str, text: str) -> None:
    assert contrast(theme[text], theme[ground]) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_warning_and_a_chosen_link_are_readable(theme: dict[str, str]) -> None:
    assert contrast(theme["paper"], theme["mark"]) >= LEAST_CONTRAST
    assert contrast(theme["paper"], theme["main"]) >= LEAST_CONTRAST
    assert contrast(theme["mark"], theme["line"]) >= LEAST_CONTRAST_OF_SHAPES


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", SEEN_AS)
def test_better_and_worse_done_and_due_are_told_apart_by_everyone(theme: dict[str, str], kind: str) -> None:
    """What is old or rests on few is not told by its grey alone: lines are broken, letters slanted; words say so."""
    for pair in (("good", "bad"), ("main", "mark")):
        one, other = (lab(seen(theme[name], kind)) for name in pair)
        assert dist(one, other) >= LEAST_DISTANCE, pair


def test_the_week_and_the_letter_have_the_colours_of_the_board() -> None:
    """Each file stands alone, as a letter and a PDF must; on paper and in a mailbox the ground is the paper."""
    light, dark = (BOARD / "static" / "week.css").read_text().split("prefers-color-scheme", 1)
    for week, theme in ((named(light), {**LIGHT, "ground": LIGHT["paper"]}), (named(dark), DARK)):
        assert week.items() <= theme.items()
    drawn = {"paper": pictures.PAPER, "ink": pictures.INK, "soft": pictures.SOFT, "line": pictures.LINE}
    assert {**drawn, "main": pictures.NOW, "mark": pictures.TARGET}.items() <= LIGHT.items()
    letter = re.findall(COLOUR, (BOARD / "letter" / "templates" / "letter.html").read_text())
    assert set(letter) <= {*LIGHT.values(), *DARK.values()}


def test_both_themes_colour_the_same() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert all(LIGHT[a] != LIGHT[b] for a, b in combinations(("good", "bad", "main", "mark", "old"), 2))
