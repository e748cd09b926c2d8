"""*Direction*: all KPIs on one screen, each against its target and the period before."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.models.dashboard import GridPos

from services.kpi_stream.exporter.scrape import AS_OF, LAG
from services.kpi_stream.grafana import panels, words
from services.kpi_stream.grafana.edition import Edition
from services.kpi_stream.grafana.figures import headline
from services.kpi_stream.grafana.frame import frame, window_variable
from services.kpi_stream.grafana.layout import Grid
from services.kpi_stream.grafana.panels import Face, Made
from services.kpi_stream.grafana.tiles import tiles
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.text import Text

TITLE = Text(en="Cadran: direction", fr="Cadran : direction")


def direction(kpis: Sequence[Kpi], edition: Edition) -> Dashboard:
    board = frame("direction", edition.say(TITLE), edition).with_variable(window_variable(edition))
    grid = Grid()
    board = board.with_panel(as_of(edition, grid.place(12, 3))).with_panel(lag(edition, grid.place(12, 3)))
    for panel in tiles([headline(kpi, edition) for kpi in kpis], grid):
        board = board.with_panel(panel)
    return board


def as_of(edition: Edition, place: GridPos) -> Made:
    say = edition.say
    face = Face("as of", say(words.AS_OF), say(words.AS_OF_HELP), "dateTimeAsLocal", say(words.NO_DATA))
    return panels.plain(face, f"1000 * min({AS_OF.name})", place)


def lag(edition: Edition, place: GridPos) -> Made:
    say = edition.say
    face = Face("lag", say(words.LAG), say(words.LAG_HELP), "short", say(words.NO_DATA))
    return panels.single(face, LAG.name, place)
