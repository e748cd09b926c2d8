"""The alerts that KPIs declare, by Prometheus's own tool: they parse, fire when they should, and never of few."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.lint.catalogue import catalogue
from services.kpi_stream.alerts import write_rules
from services.kpi_stream.kpis import all_kpis

RULES = Path("deploy/prometheus/rules/kpis.yml")

ENOUGH = {
    'cadran_price_index{window="today"}': 103.0,
    'cadran_price_index_n{window="today"}': 40,
    'cadran_price_coverage_ratio{window="today"}': 0.9,
    'cadran_price_watched_pairs{window="today"}': 50,
    'cadran_price_trusted_pairs{window="today"}': 45,
    'cadran_price_falls{window="today"}': 3,
    'cadran_price_rises{window="today"}': 9,
    'cadran_price_oldest_reading_seconds{window="today"}': 14 * 86400,
}


def test_the_file_is_fresh_and_promtool_finds_no_fault(tmp_path: Path) -> None:
    assert write_rules(all_kpis().values(), tmp_path / "kpis.yml").read_text() == RULES.read_text()
    checked = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_name_is_one_that_the_exporter_gives() -> None:
    used = {
        name for kpi in all_kpis().values() for alert in kpi.alerts for name in re.findall(r"cadran_\w+", alert.expr)
    }
    assert used <= catalogue(all_kpis().values(), "EUR").keys()


@pytest.mark.parametrize(
    ("now", "fires"),
    [
        ({}, None),
        ({'cadran_price_index{window="today"}': 105.0}, None),  # equality is no excess
        ({'cadran_price_index{window="today"}': 105.1}, "OurPricesAreHigh"),
        ({'cadran_price_index{window="today"}': 150, 'cadran_price_index_n{window="today"}': 29}, None),
        ({'cadran_price_falls{window="today"}': 9}, None),
        ({'cadran_price_falls{window="today"}': 10}, "CompetitorsCutPrices"),
        ({'cadran_price_rises{window="today"}': 10}, "CompetitorsRaisedPrices"),
        ({'cadran_price_rises{window="today"}': 20, 'cadran_price_trusted_pairs{window="today"}': 29}, None),
        ({'cadran_price_coverage_ratio{window="today"}': 0.69}, "FewPricesAreKnown"),
        (
            {'cadran_price_coverage_ratio{window="today"}': 0.1, 'cadran_price_watched_pairs{window="today"}': 29},
            None,
        ),
        ({'cadran_price_oldest_reading_seconds{window="today"}': 15 * 86400}, "APriceIsOld"),
    ],
)
def test_an_alert_fires_when_it_should_and_no_other_does(
    tmp_path: Path, now: dict[str, float], fires: str | None
) -> None:
    series = [{"series": name, "values": f"{value}+0x720"} for name, value in {**ENOUGH, **now}.items()]
    alerts = {alert.name: kpi for kpi in all_kpis().values() for alert in kpi.alerts}
    expected: list[dict[str, Any]] = [
        {
            "eval_time": "12h",
            "alertname": name,
            "exp_alerts": [] if name != fires else [_fired(name, {**ENOUGH, **now})],
        }
        for name in alerts
    ]
    case = {"interval": "1m", "input_series": series, "alert_rule_test": expected}
    path = tmp_path / "case.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES.resolve())], "tests": [case]}))
    tested = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def _fired(name: str, values: dict[str, float]) -> dict[str, Any]:
    index = values['cadran_price_index{window="today"}']
    texts = {
        "OurPricesAreHigh": (
            f"We are {index:.1f} against 100 of the competitors.",
            f"Nous sommes à {index:.1f} contre 100 chez les concurrents.",
        ),
        "CompetitorsCutPrices": (
            "22.22% of the trusted prices fell today.",
            "22.22% des prix fiables ont baissé aujourd’hui.",
        ),
        "CompetitorsRaisedPrices": (
            "22.22% of the trusted prices rose today.",
            "22.22% des prix fiables ont monté aujourd’hui.",
        ),
        "FewPricesAreKnown": (
            "Only 69% of the watched prices can be trusted.",
            "Seuls 69% des prix suivis sont fiables.",
        ),
        "APriceIsOld": (
            "The oldest price that is still trusted was read 15d 0h 0m 0s ago.",
            "Le plus vieux prix encore tenu pour fiable a été lu il y a 15d 0h 0m 0s.",
        ),
    }
    english, french = texts[name]
    return {
        "exp_labels": {"kpi": "competitor_prices", "severity": "warning", "window": "today"},
        "exp_annotations": {"summary": english, "summary_fr": french},
    }
