"""*Reps*: who is ahead, and one rep's own line. What KPIs show by rep stands here."""

from collections.abc import Sequence
from dataclasses import replace

from grafana_foundation_sdk.builders.dashboard import Dashboard

from services.kpi_stream.grafana import panels, parts, words
from services.kpi_stream.grafana.edition import Edition
from services.kpi_stream.grafana.figures import declared
from services.kpi_stream.grafana.frame import frame, member_variable
from services.kpi_stream.grafana.layout import COLUMNS, Grid
from services.kpi_stream.grafana.tiles import tiles
from services.kpi_stream.kpis.cuts import REP
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.text import Text

TITLE = Text(en="Cadran: reps", fr="Cadran : commerciaux")


def reps(kpis: Sequence[Kpi], edition: Edition) -> Dashboard:
    """A board of the month: Prometheus has no other window of reps."""
    found = [(p, declared(kpi, p, edition)) for kpi in kpis for p in kpi.panels if p.cut == REP.name]
    own = [replace(figure, chosen=f'{REP.name}="${REP.name}"') for _, figure in found]
    grid, say = Grid(), edition.say
    board = (
        frame("reps", say(TITLE), edition)
        .with_variable(member_variable(REP.name, [figure.name for figure in own], edition))
        .with_row(panels.row("leaderboards", say(words.LEADERBOARDS), grid.place(COLUMNS, 1)))
    )
    for panel, figure in found:
        made = parts.MAKERS[panel.kind](panel, figure, grid.place(parts.WIDTH, parts.HEIGHT))
        board = board.with_panel(made)
    grid.new_row()
    board = board.with_row(panels.row("one rep", say(words.ONE_REP), grid.place(COLUMNS, 1)))
    for tile in tiles(own, grid):
        board = board.with_panel(tile)
    grid.new_row()
    for figure in own:
        board = board.with_panel(parts.headline_trend(figure, grid.place(parts.WIDTH, parts.HEIGHT)))
    return board
