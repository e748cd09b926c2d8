"""Boards by the rules of Grafana's own linter, and those that a board of KPIs needs beside them."""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from services.kpi_stream.boards import LANGUAGES, BoardMaker
from services.kpi_stream.exporter.metrics import BESIDE, BRIEF_SUFFIXES, exported, metric_name
from services.kpi_stream.kpis import all_kpis

FOLDER = Path("deploy/grafana/dashboards")
PROVISIONING = Path("deploy/grafana/provisioning")
UNITS = {"short", "s", "percentunit", "none", "currencyEUR", "dateTimeAsLocal"}
PLATFORM = {"cadran_kpi_as_of_timestamp_seconds", "cadran_exporter_lag_records"}


def catalogue() -> set[str]:
    """Every name that the exporter may give a series."""
    names = set(PLATFORM)
    for kpi in all_kpis().values():
        for cut in {cut for cut, _ in exported(kpi)}:
            for metric in kpi.metrics:
                suffixes = () if metric.source else BRIEF_SUFFIXES if cut.brief else BESIDE
                names |= {metric_name(metric, cut, "EUR", suffix) for suffix in ("", *suffixes)}
    return names


def board(language: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"cadran-sales-{language}.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture(params=LANGUAGES)
def panels(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return [panel for panel in board(request.param)["panels"] if panel["type"] != "row"]


def test_the_sdk_is_the_one_that_writes_for_grafana_12_and_13() -> None:
    """Any range of versions would resolve to the builds for Grafana 10."""
    assert version("grafana_foundation_sdk").lstrip("v") == "0.0.21"


@pytest.mark.parametrize("language", LANGUAGES)
def test_generation_is_deterministic_and_the_files_are_fresh(language: str) -> None:
    made = [BoardMaker(all_kpis().values(), language, "EUR").make() for _ in range(2)]
    assert made[0] == made[1] == (FOLDER / f"cadran-sales-{language}.json").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_lost_when_the_sdk_reads_a_board_back(language: str) -> None:
    """What the SDK drops it does not know: a misspelt option."""
    register_default_plugins()
    again = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(board(language))))
    assert again == board(language)


def test_panels_have_ids_of_their_own_and_do_not_overlap(panels: list[dict[str, Any]]) -> None:
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells
        cells |= own


def test_every_panel_says_what_it_is(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        assert panel["title"]
        assert len(panel["description"]) > 20
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS
        assert defaults["noValue"]


def test_every_query_goes_to_the_chosen_source_and_names_a_metric_that_there_is(panels: list[dict[str, Any]]) -> None:
    known = catalogue()
    for panel in panels:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert target["refId"]
            assert set(re.findall(r"\bcadran_\w+", target["expr"])) <= known
            assert "_total" not in target["expr"]


def test_tables_and_bars_ask_once_and_sparklines_over_time(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            assert target["instant"] is (panel["type"] != "stat")
        if panel["type"] in ("stat", "bargauge"):
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_variable_that_is_used_is_defined(language: str) -> None:
    whole = board(language)
    defined = {variable["name"] for variable in whole["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(whole["panels"])))
    assert used == defined
    assert whole["editable"] is False
    assert whole["refresh"] == "10s"


def test_both_languages_show_the_same_panels() -> None:
    french, english = (board(language)["panels"] for language in ("fr", "en"))
    shape = [
        [(p["id"], p["type"], p["gridPos"], [t["expr"] for t in p.get("targets", [])]) for p in b]
        for b in (french, english)
    ]
    assert shape[0] == shape[1]
    assert [p["title"] for p in french] != [p["title"] for p in english]


def test_provisioning_names_what_there_is() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    assert source["uid"] == "prometheus"
    assert (
        source["jsonData"]["timeInterval"]
        == yaml.safe_load(Path("deploy/prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    )
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "cadran.yml").read_text())["providers"][0]
    assert provider["options"]["path"] == "/var/lib/dashboards/cadran"
