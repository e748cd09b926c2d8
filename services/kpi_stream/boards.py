"""Grafana boards, generated from the KPI modules: classic JSON for file provisioning, one file per language.

Panels have ids of their own and every option set that the SDK would otherwise leave to chance; queries are instant for
tables and bars, ranges for sparklines. Nothing in `deploy/grafana/dashboards` is written by hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as dashboard_models
from grafana_foundation_sdk.models import prometheus as prometheus_models

from services.common.windows import WindowName
from services.kpi_stream.exporter.metrics import metric_name
from services.kpi_stream.kpis.cuts import ALL, Cut
from services.kpi_stream.kpis.kpi import Kpi, Metric, Panel, Text, Unit

LANGUAGES = ("en", "fr")
REFRESH = "10s"
DATASOURCE = "${datasource}"

TITLE = Text(en="Cadran: sales KPIs", fr="Cadran : indicateurs de vente")
NO_DATA = Text(en="no data", fr="pas de donnée")
WINDOW = Text(en="Window", fr="Période")
SOURCE = Text(en="Data source", fr="Source de données")
AS_OF = Text(en="Data as of", fr="Données à jour à")
AS_OF_HELP = Text(
    en="Everything that happened before this moment is in the numbers below.",
    fr="Tout ce qui est arrivé avant ce moment est compté ci-dessous.",
)
LAG = Text(en="Records not applied yet", fr="Enregistrements en attente")
LAG_HELP = Text(
    en="Events that Kafka holds and no worker has applied. Near 0 when all is well.",
    fr="Événements que Kafka détient et qu’aucun processus n’a encore appliqués. Proche de 0 quand tout va bien.",
)
CHANGE = Text(en="Change", fr="Évolution")
CHANGE_HELP = Text(
    en="Against the previous period, both cut at the same point.",
    fr="Par rapport à la période précédente, toutes deux arrêtées au même point.",
)
PACE = Text(en="Pace", fr="Rythme")
PACE_HELP = Text(
    en="Attainment of the target over the share of opening time that has gone; 100 % is on course.",
    fr="Part de l’objectif atteinte sur la part du temps d’ouverture écoulée ; 100 % : dans les temps.",
)
MONTH_ONLY = Text(en="this month", fr="ce mois")
VALUE = Text(en="Value", fr="Valeur")
TARGET = Text(en="Target", fr="Objectif")
ADDS_UP = Text(en="Members add up to the total.", fr="Les membres s’additionnent au total.")
NOT_ADDS_UP = Text(en="Members do not add up to the total.", fr="Les membres ne s’additionnent pas au total.")

UNITS = {
    Unit.COUNT: "short",
    Unit.RATIO: "percentunit",
    Unit.POINTS: "none",
    Unit.SCORE: "none",
    Unit.INDEX: "none",
    Unit.SECONDS: "s",
}


def in_language(text: Text, language: str) -> str:
    return text.fr if language == "fr" else text.en


class Grid:
    """Places panels from left to right in 24 columns, rows below each other."""

    COLUMNS = 24

    def __init__(self) -> None:
        self._x = self._y = self._row_height = 0

    def place(self, width: int, height: int) -> dashboard_models.GridPos:
        if self._x + width > self.COLUMNS:
            self.new_row()
        position = dashboard_models.GridPos(h=height, w=width, x=self._x, y=self._y)
        self._x += width
        self._row_height = max(self._row_height, height)
        return position

    def new_row(self) -> None:
        self._x, self._y, self._row_height = 0, self._y + self._row_height, 0


class BoardMaker:
    """Makes the board of one language."""

    def __init__(self, kpis: Iterable[Kpi], language: str, currency: str) -> None:
        self._kpis = list(kpis)
        self._language = language
        self._currency = currency
        self._ids = count(1)
        self._grid = Grid()

    def make(self) -> str:
        """The board as JSON, the same for the same KPIs."""
        board = (
            dashboard.Dashboard(self._say(TITLE))
            .uid(f"cadran-sales-{self._language}")
            .tags(["cadran", self._language])
            .refresh(REFRESH)
            .time("now-30d", "now")
            .timezone("browser")
            .tooltip(dashboard_models.DashboardCursorSync.CROSSHAIR)
            .readonly()
            .with_variable(dashboard.DatasourceVariable("datasource").label(self._say(SOURCE)).type("prometheus"))
            .with_variable(self._window_variable())
        )
        for panel in self._freshness():
            board = board.with_panel(panel)
        for kpi in self._kpis:
            self._grid.new_row()
            row = dashboard.Row(self._say(kpi.title)).id(next(self._ids)).grid_pos(self._grid.place(Grid.COLUMNS, 1))
            board = board.with_row(row)
            for panel in self._panels(kpi):
                board = board.with_panel(panel)
        return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"

    def _say(self, text: Text) -> str:
        return in_language(text, self._language)

    def _window_variable(self) -> dashboard.CustomVariable:
        names = [name.value for name in WindowName]
        current = dashboard_models.VariableOption(
            selected=True, text=WindowName.MONTH.value, value=WindowName.MONTH.value
        )
        return dashboard.CustomVariable("window").label(self._say(WINDOW)).values(",".join(names)).current(current)

    def _freshness(self) -> Iterator[Any]:
        as_of = self._stat(AS_OF, AS_OF_HELP, "1000 * min(cadran_kpi_as_of_timestamp_seconds)", "dateTimeAsLocal", 12)
        yield as_of.graph_mode(common_models.BigValueGraphMode.NONE)
        yield self._stat(LAG, LAG_HELP, "cadran_exporter_lag_records", "short", 12)

    def _panels(self, kpi: Kpi) -> Iterator[Any]:
        """Single figures first, side by side; then the parts."""
        headline = kpi.metrics[0]
        metrics = {metric.name: metric for metric in kpi.metrics}
        for panel in (panel for panel in kpi.panels if panel.kind == "stat"):
            metric = metrics[panel.metric]
            yield self._stat(panel.title, self._about(kpi, ALL), self._expr(metric, ALL), self._unit(metric.unit), 6)
        yield self._change(headline)
        if headline.unit in (Unit.COUNT, Unit.MONEY):
            yield self._stat(PACE, PACE_HELP, self._expr(headline, ALL, "_pace_ratio"), "percentunit", 6)
        self._grid.new_row()
        for panel in (panel for panel in kpi.panels if panel.kind != "stat"):
            make = self._bars if panel.kind == "bars" else self._table
            yield make(kpi, panel, metrics[panel.metric], kpi.cut(panel.cut) or ALL)

    def _change(self, metric: Metric) -> Any:
        now, before = (self._expr(metric, ALL, suffix) for suffix in ("_compared", "_previous"))
        if metric.unit in (Unit.COUNT, Unit.MONEY):
            return self._stat(CHANGE, CHANGE_HELP, f"{now} / {before} - 1", "percentunit", 6)
        return self._stat(CHANGE, CHANGE_HELP, f"{now} - {before}", self._unit(metric.unit), 6)

    def _expr(self, metric: Metric, cut: Cut, suffix: str = "") -> str:
        window = WindowName.MONTH.value if cut.brief else "$window"
        return f'{metric_name(metric, cut, self._currency, suffix)}{{window="{window}"}}'

    def _unit(self, unit: Unit) -> str:
        return f"currency{self._currency}" if unit is Unit.MONEY else UNITS[unit]

    def _about(self, kpi: Kpi, cut: Cut) -> Text:
        """A panel's description: the question, the formula, who gets the credit, whether members add up."""
        texts = [kpi.question, kpi.formula, kpi.credit]
        if cut.fields:
            adds_up = cut.adds_up and kpi.unit in (Unit.COUNT, Unit.MONEY)
            texts.append(ADDS_UP if adds_up else NOT_ADDS_UP)
        return Text(*(" ".join(in_language(text, language) for text in texts) for language in ("en", "fr")))

    def _query(self, expr: str, legend: str, ref: str = "A") -> prometheus.Dataquery:
        source = common_models.DataSourceRef(type_val="prometheus", uid=DATASOURCE)
        return prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref).datasource(source)

    def _common(self, panel: Any, title: str, description: str, unit: str, *, height: int, span: int) -> Any:
        source = common_models.DataSourceRef(type_val="prometheus", uid=DATASOURCE)
        neutral = dashboard_models.Threshold(value=None, color="text")
        return (
            panel.id(next(self._ids))
            .title(title)
            .description(description)
            .datasource(source)
            .unit(unit)
            .no_value(self._say(NO_DATA))
            .thresholds(dashboard.ThresholdsConfig().mode(dashboard_models.ThresholdsMode.ABSOLUTE).steps([neutral]))
            .grid_pos(self._grid.place(span, height))
        )

    def _stat(self, title: Text, about: Text, expr: str, unit: str, span: int) -> Any:
        panel = (
            stat.Panel()
            .graph_mode(common_models.BigValueGraphMode.AREA)
            .color_mode(common_models.BigValueColorMode.NONE)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
            .with_target(self._query(expr, self._say(title)).range())
        )
        return self._common(panel, self._say(title), self._say(about), unit, height=5, span=span)

    def _bars(self, kpi: Kpi, panel: Panel, metric: Metric, cut: Cut) -> Any:
        legend = " ".join(f"{{{{{name}}}}}" for name in cut.fields)
        made = (
            bargauge.Panel()
            .orientation(common_models.VizOrientation.HORIZONTAL)
            .display_mode(common_models.BarGaugeDisplayMode.BASIC)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
            .with_target(self._query(f"sort_desc({self._expr(metric, cut)})", legend).instant())
        )
        return self._common(
            made, self._title(panel, cut), self._say(self._about(kpi, cut)), self._unit(metric.unit), height=8, span=12
        )

    def _table(self, kpi: Kpi, panel: Panel, metric: Metric, cut: Cut) -> Any:
        """Value and target side by side, a row for every member."""
        columns = (("A", "", VALUE), ("B", "_target", TARGET))
        made = table.Panel().show_header(True).cell_height(common_models.TableCellHeight.SM)
        for ref, suffix, _ in columns:
            query = self._query(self._expr(metric, cut, suffix), "", ref).instant()
            made = made.with_target(query.format(prometheus_models.PromQueryFormat.TABLE))
        hidden = dict.fromkeys(("Time", "window", "__name__", "instance", "job"), True)
        renamed = {f"Value #{ref}": self._say(text) for ref, _, text in columns}
        for transformation in (
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": hidden, "renameByName": renamed, "indexByName": {}}},
            {"id": "sortBy", "options": {"sort": [{"field": self._say(VALUE), "desc": True}]}},
        ):
            made = made.with_transformation(dashboard_models.DataTransformerConfig(**_transformation(transformation)))
        return self._common(
            made, self._title(panel, cut), self._say(self._about(kpi, cut)), self._unit(metric.unit), height=10, span=12
        )

    def _title(self, panel: Panel, cut: Cut) -> str:
        title = self._say(panel.title)
        return f"{title} ({self._say(MONTH_ONLY)})" if cut.brief else title


def _transformation(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"id_val": values["id"], "options": values["options"]}


def write_boards(kpis: Iterable[Kpi], currency: str, folder: Path) -> list[Path]:
    """Write the board of every language; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    declared = list(kpis)
    written = []
    for language in LANGUAGES:
        path = folder / f"cadran-sales-{language}.json"
        path.write_text(BoardMaker(declared, language, currency).make(), encoding="utf-8")
        written.append(path)
    return written
