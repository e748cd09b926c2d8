"""The boards of a subject: *Sales*, *Customers*, *Competitors*, *Team*. KPIs say what stands on theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from grafana_foundation_sdk.builders.dashboard import Dashboard

from services.kpi_stream.grafana import panels, parts, tiles
from services.kpi_stream.grafana.edition import Edition
from services.kpi_stream.grafana.figures import Figure, declared, headline
from services.kpi_stream.grafana.frame import frame, members_variable, promotions, window_variable
from services.kpi_stream.grafana.layout import COLUMNS, Grid
from services.kpi_stream.grafana.panels import Made
from services.kpi_stream.kpis.cuts import CHANNEL, COMPETITOR, OWN_TEAM, PROMOTION, REGION, REP, STORE
from services.kpi_stream.kpis.kpi import Board, Kpi, Panel
from services.kpi_stream.kpis.text import Text

TITLES = {
    Board.SALES: Text(en="Cadran: sales", fr="Cadran : ventes"),
    Board.CUSTOMERS: Text(en="Cadran: customers", fr="Cadran : clients"),
    Board.COMPETITORS: Text(en="Cadran: competitors", fr="Cadran : concurrents"),
    Board.TEAM: Text(en="Cadran: team", fr="Cadran : équipe"),
}
CHOSEN_BY = (CHANNEL, REGION, STORE, COMPETITOR, OWN_TEAM)
"""Cuts whose members can be chosen, on the boards that show them."""


def subject_board(name: Board, kpis: Sequence[Kpi], edition: Edition) -> Dashboard:
    own = [kpi for kpi in kpis if kpi.board is name]
    board = frame(name.value, edition.say(TITLES[name]), edition).with_variable(window_variable(edition))
    for field, metrics in _choices(own, edition).items():
        board = board.with_variable(members_variable(field, metrics, edition))
    if any(PROMOTION in kpi.cuts for kpi in own):
        board = board.annotation(promotions(edition))
    grid = Grid()
    for kpi in own:
        grid.new_row()
        board = board.with_row(panels.row(kpi.id, edition.say(kpi.title), grid.place(COLUMNS, 1)))
        for panel in _section(kpi, edition, grid):
            board = board.with_panel(panel)
    return board


def _section(kpi: Kpi, edition: Edition, grid: Grid) -> Iterator[Made]:
    """Single figures side by side; then the trend of the headline, and the parts."""
    first, shown = headline(kpi, edition), _shown(kpi, edition)
    for panel, figure in shown:
        if panel.kind == "stat":
            yield tiles.value(figure, figure.title(panel), grid.place(4, 4))
    for reading in tiles.readings(first):
        yield reading(grid.place(4, 4))
    grid.new_row()
    yield parts.headline_trend(first, grid.place(parts.WIDTH, parts.HEIGHT))
    for panel, figure in shown:
        if panel.kind != "stat":
            yield parts.MAKERS[panel.kind](panel, figure, grid.place(parts.WIDTH, parts.HEIGHT))


def _shown(kpi: Kpi, edition: Edition) -> list[tuple[Panel, Figure]]:
    """The KPI's panels, but those by rep, with what they show."""
    found = [(panel, declared(kpi, panel, edition)) for panel in kpi.panels if panel.cut != REP.name]
    return [(panel, _chosen(figure) if figure.cut in CHOSEN_BY else figure) for panel, figure in found]


def _chosen(figure: Figure) -> Figure:
    return replace(figure, chosen=f'{figure.cut.name}=~"${figure.cut.name}"')


def _choices(kpis: Sequence[Kpi], edition: Edition) -> dict[str, list[str]]:
    """By the fields that can be chosen: the metrics that have them."""
    found: dict[str, dict[str, None]] = {}
    for kpi in kpis:
        for _, figure in _shown(kpi, edition):
            if figure.chosen:
                found.setdefault(figure.cut.name, {})[figure.name] = None
    return {field: list(names) for field, names in found.items()}
