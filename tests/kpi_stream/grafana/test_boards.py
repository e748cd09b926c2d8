"""The boards as they are made: the same each time, Direction on one screen, ids that last."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from services.kpi_stream.grafana.boards import BOARDS, as_json, write_boards
from services.kpi_stream.grafana.edition import LANGUAGES, Edition
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.text import Text

FOLDER = Path("deploy/grafana/dashboards")
ROWS_OF_A_SCREEN = 24
"""1080 pixels, less Grafana's own bars, at 38 pixels a row."""


def made(name: str, language: str = "en", currency: str = "EUR") -> dict[str, Any]:
    return json.loads(as_json(name, list(all_kpis().values()), Edition(language, currency)))  # type: ignore[no-any-return]


def figures(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_the_sdk_is_the_one_that_writes_for_grafana_12_and_13() -> None:
    """Any range of versions would resolve to the builds for Grafana 10."""
    assert version("grafana_foundation_sdk").lstrip("v") == "0.0.21"


def test_what_is_written_twice_is_the_same_and_the_files_are_fresh(tmp_path: Path) -> None:
    first, second = (write_boards(all_kpis().values(), "EUR", tmp_path / name) for name in ("one", "two"))
    assert {path.name for path in first} == {
        f"cadran-{name}-{language}.json" for name in BOARDS for language in LANGUAGES
    }
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes() == (FOLDER / one.name).read_bytes()
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in first}


def test_direction_shows_eight_kpis_on_one_screen() -> None:
    """Each with its value and its sparkline, target and change; those that are set against time with their pace."""
    board = made("direction")
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) <= ROWS_OF_A_SCREEN
    titles = [panel["title"] for panel in board["panels"]]
    assert [titles.count(kpi.title.en) for kpi in all_kpis().values()] == [1] * 8
    assert (titles.count("Target"), titles.count("Change"), titles.count("Pace")) == (8, 8, 2)
    assert titles.count("Data as of") == 1
    sparklines = [p for p in figures(board) if p["options"]["graphMode"] == "area"]
    assert len(sparklines) == 8 + 1


def test_ids_last_whatever_else_comes_onto_a_board() -> None:
    """Alerts and links name a panel by its id."""
    kpis = list(all_kpis().values())
    another = replace(
        kpis[0],
        id="another",
        number=0,
        title=Text("Another", "Autre"),
        metrics=(replace(kpis[0].metrics[0], name="another"),),
        panels=(),
    )
    for name in ("direction", "sales"):
        before = {panel["id"]: panel["title"] for panel in made(name)["panels"]}
        board = json.loads(as_json(name, [another, *kpis], Edition("en", "EUR")))
        after = {panel["id"]: panel["title"] for panel in board["panels"]}
        assert len(after) > len(before)
        assert before.items() <= after.items()


def test_the_margin_of_the_nps_is_a_band_between_its_ends() -> None:
    trend = next(panel for panel in figures(made("customers")) if panel["title"] == "Net promoter score, over time")
    by_legend = {target["legendFormat"]: target["expr"] for target in trend["targets"]}
    assert by_legend["Margin: from"] == 'cadran_nps_low{window="$window"}'
    assert by_legend["Margin: to"] == 'cadran_nps_high{window="$window"}'
    filled = [p for o in trend["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "custom.fillBelowTo"]
    assert filled == [{"id": "custom.fillBelowTo", "value": "Margin: from"}]


def test_what_was_not_told_of_people_is_not_called_missing() -> None:
    team = [p for p in figures(made("team")) if p["title"] not in ("Target", "Change")]
    assert {panel["fieldConfig"]["defaults"]["noValue"] for panel in team} == {"not told"}


def test_trends_are_plain_gauges_over_thirty_days() -> None:
    """So that a past which is written into Prometheus afterwards fills them."""
    for name in (name for name in BOARDS if name != "platform"):
        board = made(name)
        assert board["time"] == {"from": "now-30d", "to": "now"}
        asked = [t["expr"] for p in figures(board) if p["type"] == "timeseries" for t in p["targets"]]
        assert not [expr for expr in asked if "(" in expr or "[" in expr]


@pytest.mark.parametrize(("currency", "name"), [("USD", "cadran_net_sales_dollars"), ("SEK", "cadran_net_sales_sek")])
def test_another_currency_is_another_metric_and_another_unit(currency: str, name: str) -> None:
    panel = next(panel for panel in figures(made("direction", currency=currency)) if panel["title"] == "Net sales")
    assert panel["targets"][0]["expr"].startswith(name + "{")
    assert panel["fieldConfig"]["defaults"]["unit"] == f"currency{currency}"
