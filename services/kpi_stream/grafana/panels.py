"""Panels of Grafana, with every option set that the SDK would otherwise leave to chance.

Queries are instant for tables and bars, ranges for single figures (their sparkline) and trends.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
REF_IDS = "ABCDEFGH"
NEUTRAL = [models.Threshold(value=None, color="text")]
PACE = [
    models.Threshold(value=None, color="orange"),
    models.Threshold(value=0.9, color="text"),
    models.Threshold(value=1, color="blue"),
]
"""Orange and blue: told apart by whoever does not see red and green."""
DASHED = {"custom.lineStyle": {"fill": "dash", "dash": [10, 10]}, "custom.fillOpacity": 0}
Made = Builder[models.Panel]
P = TypeVar("P", stat.Panel, bargauge.Panel, table.Panel, timeseries.Panel)

HIDDEN_COLUMNS = dict.fromkeys(("Time", "window", "__name__", "instance", "job"), True)


class Face(NamedTuple):
    """What a panel says of itself. `key` tells it from the others of its board, for ever: its id is made of it."""

    key: str
    title: str
    about: str
    unit: str
    no_value: str
    links: Sequence[tuple[str, str]] = ()
    """Titles and addresses."""


class Line(NamedTuple):
    """A query of a trend: what its series are called, and what of their style is unusual."""

    expr: str
    legend: str
    style: Mapping[str, Any] = {}


class Column(NamedTuple):
    """A query of a table: its header and, where it is not the panel's, its unit."""

    expr: str
    header: str
    unit: str = ""


def panel_id(key: str) -> int:
    """The same for the same key, whatever else is on the board."""
    return zlib.crc32(key.encode()) % 1_000_000_000 + 1


def row(key: str, title: str, place: models.GridPos) -> dashboard.Row:
    return dashboard.Row(title).id(panel_id(f"row {key}")).grid_pos(place)


def single(face: Face, expr: str, place: models.GridPos) -> stat.Panel:
    """A figure with its sparkline."""
    made = (
        stat.Panel()
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .color_mode(common_models.BigValueColorMode.NONE)
        .reduce_options(_last())
        .with_target(_query(expr, face.title, "A").range())
    )
    return _faced(made, face, place)


def plain(face: Face, expr: str, place: models.GridPos) -> stat.Panel:
    """A figure without a sparkline."""
    return single(face, expr, place).graph_mode(common_models.BigValueGraphMode.NONE)


def judged(face: Face, expr: str, place: models.GridPos) -> stat.Panel:
    """A share of the way against the share of the time: 1 is on course."""
    return plain(face, expr, place).color_mode(common_models.BigValueColorMode.VALUE).thresholds(_thresholds(PACE))


def bars(face: Face, line: Line, place: models.GridPos) -> bargauge.Panel:
    """A bar for every member, the longest first."""
    made = (
        bargauge.Panel()
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .reduce_options(_last())
        .with_target(_query(f"sort_desc({line.expr})", line.legend, "A").instant())
    )
    return _faced(made, face, place)


def trend(face: Face, lines: Iterable[Line], place: models.GridPos) -> timeseries.Panel:
    """Lines over the time range of the board."""
    legend = common.VizLegendOptions().show_legend(True)
    made = (
        timeseries.Panel()
        .legend(
            legend.display_mode(common_models.LegendDisplayMode.LIST).placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_models.TooltipDisplayMode.MULTI)
            .sort(common_models.SortOrder.DESCENDING)
        )
        .line_width(2)
        .show_points(common_models.VisibilityMode.NEVER)
    )
    for ref_id, line in zip(REF_IDS, lines, strict=False):
        made = made.with_target(_query(line.expr, line.legend, ref_id).range())
        if line.style:
            made = made.override_by_query(ref_id, _properties(line.style))
    return _faced(made, face, place)


def table_of(
    face: Face, columns: Sequence[Column], members: Mapping[str, str], sorted_by: str, place: models.GridPos
) -> table.Panel:
    """A row for every member (`members`: the headers of its fields), the greatest of a column first."""
    made = table.Panel().show_header(True).cell_height(common_models.TableCellHeight.SM)
    for ref_id, column in zip(REF_IDS, columns, strict=False):
        made = made.with_target(_query(column.expr, "", ref_id).instant().format(PromQueryFormat.TABLE))
        if column.unit:
            made = made.override_by_name(column.header, _properties({"unit": column.unit}))
    for field, header in members.items():
        made = made.override_by_name(field, _properties({"displayName": header}))
    renamed = {f"Value #{ref_id}": column.header for ref_id, column in zip(REF_IDS, columns, strict=False)}
    steps: Mapping[str, Mapping[str, Any]] = {
        "merge": {},
        "organize": {"excludeByName": HIDDEN_COLUMNS, "renameByName": renamed, "indexByName": {}},
        "sortBy": {"sort": [{"field": sorted_by, "desc": True}]},
    }
    for name, options in steps.items():
        made = made.with_transformation(models.DataTransformerConfig(id_val=name, options=options))
    return _faced(made, face, place)


def _query(expr: str, legend: str, ref_id: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref_id).datasource(SOURCE)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _thresholds(steps: list[models.Threshold]) -> dashboard.ThresholdsConfig:
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _properties(values: Mapping[str, Any]) -> list[models.DynamicConfigValue]:
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in values.items()]


def _faced(panel: P, face: Face, place: models.GridPos) -> P:
    links: list[Builder[models.DashboardLink]] = [
        dashboard.DashboardLink(title).url(address).target_blank(True) for title, address in face.links
    ]
    return (
        panel.id(panel_id(face.key))
        .title(face.title)
        .description(face.about)
        .datasource(SOURCE)
        .unit(face.unit)
        .no_value(face.no_value)
        .thresholds(_thresholds(NEUTRAL))
        .data_links(links)
        .grid_pos(place)
    )
