"""A KPI as a tile: the value with its sparkline, and below it what it stands against."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from grafana_foundation_sdk.models.dashboard import GridPos

from services.kpi_stream.grafana import panels, words
from services.kpi_stream.grafana.figures import Figure
from services.kpi_stream.grafana.layout import COLUMNS, Grid
from services.kpi_stream.grafana.panels import Face, Made
from services.kpi_stream.kpis.kpi import Unit
from services.kpi_stream.kpis.text import Text

WIDTH, VALUE_HEIGHT, READING_HEIGHT = 6, 5, 3

Place = Callable[[GridPos], Made]
"""Makes a panel at a place."""


def tiles(figures: Sequence[Figure], grid: Grid) -> Iterator[Made]:
    """Tiles side by side, as many as there is room for, and the rest below."""
    left = iter(figures)
    while beside := list(islice(left, COLUMNS // WIDTH)):
        grid.new_row()
        for figure in beside:
            yield value(figure, figure.edition.say(figure.kpi.title), grid.place(WIDTH, VALUE_HEIGHT))
        grid.new_row()
        for figure in beside:
            made = readings(figure)
            for reading in made:
                yield reading(grid.place(WIDTH // len(made), READING_HEIGHT))


def value(figure: Figure, title: str, place: GridPos) -> Made:
    face = Face(f"value {figure.name}", title, figure.about(), figure.unit, figure.silence(), links(figure))
    return panels.single(face, figure.expr(), place)


def readings(figure: Figure) -> list[Place]:
    """Target, pace and change, as far as there are any."""
    made = [lambda place: target(figure, place)]
    if figure.has_pace:
        made.append(lambda place: pace(figure, place))
    if not figure.cut.brief:
        made.append(lambda place: change(figure, place))
    return made


def target(figure: Figure, place: GridPos) -> Made:
    face = _face(figure, "target", words.TARGET, words.TARGET_HELP, figure.unit, words.NONE)
    return panels.plain(face, figure.expr("_target"), place)


def pace(figure: Figure, place: GridPos) -> Made:
    unit = figure.edition.unit(Unit.RATIO)
    return panels.judged(
        _face(figure, "pace", words.PACE, words.PACE_HELP, unit, words.NONE), figure.expr("_pace_ratio"), place
    )


def change(figure: Figure, place: GridPos) -> Made:
    expr, unit = figure.change()
    return panels.plain(_face(figure, "change", words.CHANGE, words.CHANGE_HELP, unit, words.NO_DATA), expr, place)


def links(figure: Figure, member: str = "__field.labels") -> list[tuple[str, str]]:
    return [(figure.edition.say(words.EXPLAIN), figure.explanation(member))]


def _face(figure: Figure, what: str, title: Text, about: Text, unit: str, no_value: Text) -> Face:
    say = figure.edition.say
    return Face(f"{what} {figure.name}", say(title), say(about), unit, say(no_value), links(figure))
