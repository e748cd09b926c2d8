"""The panels that KPIs declare for their parts, and the trends that every headline has."""

from collections.abc import Callable, Mapping

from grafana_foundation_sdk.models.dashboard import GridPos

from services.kpi_stream.grafana import panels, words
from services.kpi_stream.grafana.figures import Figure
from services.kpi_stream.grafana.panels import DASHED, Column, Face, Line, Made
from services.kpi_stream.grafana.tiles import links
from services.kpi_stream.kpis.kpi import Panel, Unit

WIDTH, HEIGHT = 12, 8
BAND = 20
EDGE = {"custom.lineWidth": 0, "color": {"mode": "fixed", "fixedColor": "blue"}}


def bars(panel: Panel, figure: Figure, place: GridPos) -> Made:
    return panels.bars(_face(panel, figure), Line(figure.expr(), figure.legend()), place)


def trend(panel: Panel, figure: Figure, place: GridPos) -> Made:
    return panels.trend(_face(panel, figure), [Line(figure.expr(), figure.legend())], place)


def table(panel: Panel, figure: Figure, place: GridPos) -> Made:
    """Value and target side by side, with the pace where there is one; whoever is furthest ahead first."""
    say = figure.edition.say
    columns = [Column(figure.expr(), say(words.VALUE)), Column(figure.expr("_target"), say(words.TARGET))]
    if figure.has_pace:
        columns.append(Column(figure.expr("_pace_ratio"), say(words.PACE), figure.edition.unit(Unit.RATIO)))
    first = say(words.PACE if figure.has_pace else words.VALUE)
    members = {field: say(words.MEMBERS[field]) for field in figure.cut.fields}
    face = _face(panel, figure)._replace(links=links(figure, "__data.fields"))
    return panels.table_of(face, columns, members, first, place)


MAKERS: Mapping[str, Callable[[Panel, Figure, GridPos], Made]] = {"bars": bars, "table": table, "trend": trend}
"""By the kind of panel."""


def headline_trend(figure: Figure, place: GridPos) -> Made:
    """The value, its target and, of shares and of scores of answers, its margin."""
    say = figure.edition.say
    about = figure.about()
    lines = [Line(figure.expr(), say(words.VALUE)), Line(figure.expr("_target"), say(words.TARGET), DASHED)]
    if figure.has_margin:
        low = say(words.LOW)
        fill = {"custom.fillBelowTo": low, "custom.fillOpacity": BAND}
        lines += [Line(figure.expr("_low"), low, EDGE), Line(figure.expr("_high"), say(words.HIGH), EDGE | fill)]
        about = f"{about} {say(words.MARGIN_HELP)}"
    title = f"{say(figure.kpi.title)}, {say(words.OVER_TIME)}"
    face = Face(f"trend of {figure.name}", title, about, figure.unit, figure.silence(), links(figure))
    return panels.trend(face, lines, place)


def _face(panel: Panel, figure: Figure) -> Face:
    key = f"{panel.kind} {figure.name}"
    return Face(key, figure.title(panel), figure.about(), figure.unit, figure.silence(), links(figure))
