"""The rules of boards, shown to bite: each mutation of a board or of the catalogue is found, board and panel named."""

import copy
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import msgspec
import pytest

import services
from deploy.grafana.lint.boards import lint, read_boards
from deploy.grafana.lint.catalogue import SERVICES, catalogue
from deploy.grafana.lint.promql import named
from deploy.grafana.lint.views import Board, queries
from services.kpi_stream.kpis import all_kpis

BOARDS = read_boards(Path("deploy/grafana/dashboards"))
CATALOGUE = catalogue(all_kpis().values(), "EUR")
SALES, REPS, PLATFORM = "cadran-sales-en", "cadran-reps-en", "cadran-platform-en"


def found(boards: dict[str, Any], known: Any = CATALOGUE) -> list[str]:
    return [str(finding) for finding in lint(boards, known, all_kpis())]


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    return next(panel for panel in board["panels"] if panel["title"] == title and panel["type"] != "row")  # type: ignore[no-any-return]


def test_nothing_is_wrong_with_the_boards_as_they_are() -> None:
    assert len(BOARDS) == 14
    assert found(BOARDS) == []


def test_no_services_metrics_are_forgotten() -> None:
    found = {
        each
        for module in walk_packages(services.__path__, "services.")
        if module.name.endswith(".metrics")
        for name, each in vars(import_module(module.name)).items()
        if name.endswith("Metrics") and each.__module__ == module.name
    }
    assert found == set(SERVICES)


def test_every_outbox_is_on_the_platforms_board() -> None:
    outboxes = {name for name in CATALOGUE if name.endswith("_outbox_events")}
    asked = " ".join(query.expr for query in queries(msgspec.convert(BOARDS[PLATFORM], Board)))
    assert len(outboxes) > 3
    assert [name for name in outboxes if f"({name})" not in asked] == []


def expr(title: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(board: dict[str, Any]) -> None:
        target = panel(board, title)["targets"][0]
        assert old in target["expr"]
        target["expr"] = target["expr"].replace(old, new)

    return change


def at(title: str, *path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(board: dict[str, Any]) -> None:
        inside = panel(board, title)
        for key in path[:-1]:
            inside = inside[key]  # type: ignore[call-overload]
        inside[path[-1]] = value  # type: ignore[index]

    return change


def link(title: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(board: dict[str, Any]) -> None:
        link = panel(board, title)["fieldConfig"]["defaults"]["links"][0]
        assert old in link["url"]
        link["url"] = link["url"].replace(old, new)

    return change


def whole(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return change


def variable(board: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in board["templating"]["list"] if each["name"] == name)  # type: ignore[no-any-return]


MUTATIONS = [
    (
        SALES,
        expr("Net sales", "net_sales", "net_sale"),
        "panel 'Net sales'",
        "no metric is called cadran_net_sale_euros",
    ),
    (SALES, expr("Net sales", "window=", "windw="), "panel 'Net sales'", "has no label windw"),
    (
        SALES,
        expr("Net sales by channel", "channel=~", "chanel=~"),
        "panel 'Net sales by channel'",
        "has no label chanel",
    ),
    (SALES, expr("Net sales", "$window", "$windw"), "", "panel 'Net sales' uses the variable windw"),
    (SALES, expr("Net sales", "}", ""), "panel 'Net sales'", "could not parse expression"),
    (
        SALES,
        at("Net sales", "fieldConfig", "defaults", "unit", value="curencyEUR"),
        "panel 'Net sales'",
        "'curencyEUR'",
    ),
    (SALES, at("Net sales", "fieldConfig", "defaults", "noValue", value=""), "panel 'Net sales'", "set noValue"),
    (SALES, at("Net sales", "description", value=""), "panel 'Net sales'", "has no description"),
    (SALES, at("Basket", "title", value=""), "panel ''", "has no title"),
    (SALES, at("Net sales", "descripton", value="x"), "panel 'Net sales'", "has the unknown key descripton"),
    (SALES, at("Net sales", "options", "graphMod", value="area"), "panel 'Net sales'", "unknown key options.graphMod"),
    (SALES, at("Net sales", "options", "graphMode", value="zone"), "panel 'Net sales'", "has graphMode 'zone'"),
    (SALES, at("Net sales", "type", value="statt"), "panel 'Net sales'", "has the unknown type 'statt'"),
    (SALES, at("Net sales", "gridPos", "x", value=22), "", "panel 'Net sales' stands at x 22 with width 4"),
    (SALES, at("Basket", "gridPos", "x", value=0), "", "panel 'Basket' covers Net sales"),
    (SALES, at("Net sales", "id", value=0), "", "panels ['Net sales'] have the id 0"),
    (SALES, at("Net sales", "datasource", "uid", value="prometheus"), "panel 'Net sales'", "asks another data source"),
    (SALES, at("Net sales", "targets", value=[]), "panel 'Net sales'", "asks nothing"),
    (SALES, at("Net sales", "targets", 0, "refId", value=""), "panel 'Net sales'", "each query needs one of its own"),
    (SALES, at("Net sales", "targets", 0, "instant", value=True), "panel 'Net sales'", "asks once"),
    (SALES, at("Net sales", "options", "showPercentChange", value=True), "panel 'Net sales'", "percent change"),
    (
        SALES,
        at("Net sales", "options", "reduceOptions", "calcs", value=["mean"]),
        "panel 'Net sales'",
        "set lastNotNull",
    ),
    (
        SALES,
        at("Net sales by channel", "targets", 0, "legendFormat", value="{{chanel}}"),
        "panel 'Net sales by channel'",
        "shows the label chanel",
    ),
    (SALES, at("Net sales", "description", value="ask jane@example.org about it"), "", "holds an address"),
    (SALES, link("Net sales", "/sales?", "/sale?"), "panel 'Net sales'", "shows sales and explains sale"),
    (SALES, link("Net sales", "${window}", "7d"), "panel 'Net sales'", "shows the window $window and explains 7d"),
    (SALES, link("Net sales", "lang=en", "lang=fr"), "panel 'Net sales'", "explains in 'fr'"),
    (SALES, link("Net sales by channel", "by=channel", "by=chanel"), "panel 'Net sales by channel'", "no cut of it"),
    (
        SALES,
        link("Net sales by channel", "labels.channel", "labels.chanel"),
        "panel 'Net sales by channel'",
        "shows the label chanel",
    ),
    (
        SALES,
        at("Net sales", "fieldConfig", "defaults", "links", value=[]),
        "panel 'Net sales'",
        "shows sales and has 0 links",
    ),
    (REPS, link("Net sales by rep (this month)", "fields.rep", "fields.repp"), "panel 'Net sales by rep", "label repp"),
    (PLATFORM, expr("Batches given up", "rate(", "last_over_time("), "panel 'Batches given up'", "put it into rate()"),
    (
        PLATFORM,
        expr("Batches given up", "$__rate_interval", "1m"),
        "panel 'Batches given up'",
        "use [$__rate_interval]",
    ),
    (PLATFORM, expr("Records applied", "by (topic)", "by (topik)"), "panel 'Records applied'", "groups by topik"),
    (SALES, whole(lambda b: b["links"].clear()), "", "needs a link to the boards"),
    (SALES, whole(lambda b: b["links"][0].update(keepTime=False)), "", "keeps time and variables"),
    (SALES, whole(lambda b: b.update(editable=True)), "", "can be edited"),
    (SALES, whole(lambda b: b.update(refresh="5s")), "", "is renewed every 5s"),
    (SALES, whole(lambda b: b.update(uid="sales")), "", "has the uid sales"),
    (SALES, whole(lambda b: b["panels"].pop()), "", "does not show the same in all languages"),
    (SALES, whole(lambda b: variable(b, "channel").update(refresh=1)), "", "'channel' is not renewed"),
    (SALES, whole(lambda b: variable(b, "channel")["datasource"].update(uid="x")), "", "'channel' asks another"),
    (SALES, whole(lambda b: variable(b, "channel").update(name="chanel")), "", "'chanel' is used nowhere"),
    (
        SALES,
        whole(lambda b: variable(b, "channel")["query"].update(query="label_values(cadran_net_sales_euros, channel)")),
        "variable 'channel'",
        "offers the values of no label: channel",
    ),
    (
        SALES,
        whole(lambda b: b["annotations"]["list"][0].update(expr="cadran_promotion_activ == 1")),
        "annotation 'Promotions'",
        "no metric is called cadran_promotion_activ",
    ),
    (
        SALES,
        whole(lambda b: b["annotations"]["list"][0]["datasource"].update(uid="x")),
        "",
        "'Promotions' asks another",
    ),
]


@pytest.mark.parametrize(("board", "change", "place", "text"), MUTATIONS, ids=[text for *_, text in MUTATIONS])
def test_a_slip_is_found_and_its_place_named(
    board: str, change: Callable[[dict[str, Any]], Any], place: str, text: str
) -> None:
    boards = copy.deepcopy(BOARDS)
    change(boards[board])
    assert any(board.rpartition("-")[0] in each and place in each and text in each for each in found(boards)), found(
        boards
    )


@pytest.mark.parametrize(
    "metric", ["cadran_nps_low", "cadran_rep_net_sales_euros_pace_ratio", "cadran_promotion_active"]
)
def test_a_metric_that_is_told_no_longer_is_missed(metric: str) -> None:
    known = {name: each for name, each in CATALOGUE.items() if name != metric}
    missed = found(BOARDS, known)
    assert missed
    assert all(f"no metric is called {metric}" in each or "label" in each for each in missed)


def used() -> set[str]:
    """Every metric that any board asks for."""
    asked = [query.expr for board in BOARDS.values() for query in queries(msgspec.convert(board, Board))]
    return {metric for expr in asked for selector in named(expr).selectors for metric in selector.metrics}


def test_whichever_metric_were_told_no_longer_would_be_missed() -> None:
    """All that boards ask for are taken out at once, and each is missed by its name."""
    missed = found(BOARDS, {name: each for name, each in CATALOGUE.items() if name not in used()})
    said = "\n".join(missed)
    assert len(used()) > 100
    assert [metric for metric in used() if f"no metric is called {metric}\n" not in said + "\n"] == []


def test_a_board_that_is_missing_in_one_language_is_missed() -> None:
    boards = {name: board for name, board in BOARDS.items() if name != SALES}
    assert found(boards) == ["cadran-sales: is not there in en"]


def test_no_metric_has_a_label_of_a_customer() -> None:
    labels = {label for known in CATALOGUE.values() for label in known.labels}
    assert labels == {
        "job", "instance", "window", "rep", "owner", "team", "source", "region", "kind", "channel", "store",
        "competitor", "touchpoint", "promotion", "technique", "base", "offered", "medium", "campaign", "kpi", "group",
        "type", "outcome", "code", "mode", "topic", "stage", "le", "step", "reason", "verdict",
        "alertname", "alertstate", "vendor", "account",
    }  # fmt: skip
