"""What alerts say, as Prometheus itself fills it in."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from tests.kpi_stream.alerting.worlds import KPIS, WORDS, Numbers, Series, fresh

MINUTES = 120
THRESHOLDS = """
teams: {direction: {}, operations: {}}
alerts:
  StoreSalesFall: {kpi: sales, by: store, window: 7d, of: change, below: -7.5 %, least: 50, lasts: 0m, severity: info}
"""
STORE = 'Saint-Étienne "Châteaucreux" & fils'


def told(folder: Path, watched: Watched, series: Series, expected: dict[str, Any]) -> str:
    """What promtool finds wrong with what an alert says; nothing when it says what is expected."""
    labels = {
        "about": "kpi",
        "kpi": watched.kpi.id,
        "severity": str(watched.threshold.severity),
        "recipient": "direction",
        "hours": "opening",
        "window": str(watched.threshold.window),
    }
    alert = {"exp_labels": labels | expected.pop("labels", {}), "exp_annotations": expected}
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": "100m", "alertname": watched.threshold.name, "exp_alerts": [alert]}],
    }
    (folder / "rules.yml").write_text(rules_text(KPIS.values(), [watched], WORDS))
    (folder / "tests.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [test]}, width=100_000))
    done = subprocess.run(["promtool", "test", "rules", folder / "tests.yml"], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def default(name: str) -> Watched:
    return next(Watched(kpi, alert, "EUR") for kpi in KPIS.values() for alert in kpi.alerts if alert.name == name)


def world(watched: Watched, value: float, low: float, high: float, n: float, member: str = "") -> Series:
    numbers = Numbers(watched, member)
    return {
        **fresh(minutes=MINUTES),
        **numbers.value((value, MINUTES), whole=n),
        **numbers.interval([(low, MINUTES)], [(high, MINUTES)]),
        **numbers.rests_on((n, MINUTES)),
    }


def test_a_change_of_a_sum_says_what_how_much_how_sure_and_what_may_be_done(tmp_path: Path) -> None:
    watched = default("SalesFall")
    expected = {
        "title_en": "Sales are lower than in the 30 days before",
        "title_fr": "Les ventes sont plus basses que dans les 30 jours précédents",
        "value_en": "an opening hour, against the period before: -20.34% (threshold: below -1 %)",
        "value_fr": "par heure d’ouverture, par rapport à la période précédente : -20,34 % (seuil : sous -1 %)",
        "sure_en": "95 %: -27.1% to -12.8%; rests on 1234",
        "sure_fr": "95 % : -27,1 % à -12,8 % ; repose sur 1234",
        "do_en": watched.threshold.advice.en,
        "do_fr": watched.threshold.advice.fr,
        "link": "http://board.example/explain/sales?window=30d",
    }
    assert told(tmp_path, watched, world(watched, -0.2034, -0.271, -0.128, 1234), expected) == ""


def test_of_a_member_it_says_which_with_its_own_figures_whatever_its_name_holds(tmp_path: Path) -> None:
    watched = next(
        each
        for each in ThresholdReader(KPIS, "EUR").read("thresholds.yml", THRESHOLDS.encode()).alerts
        if each.threshold.name == "StoreSalesFall"
    )
    quoted = STORE.replace('"', '\\"')
    series = world(watched, -0.3, -0.4, -0.2, 60, f'store="{quoted}"') | world(watched, 0, -0.1, 0.1, 900, 'store="x"')
    expected = {
        "labels": {"store": STORE},
        "title_en": f"Net sales below -7.5 % · {STORE}",
        "title_fr": f"Ventes nettes sous -7,5 % · {STORE}",
        "value_en": "an opening hour, against the period before: -30% (threshold: below -7.5 %)",
        "value_fr": "par heure d’ouverture, par rapport à la période précédente : -30 % (seuil : sous -7,5 %)",
        "sure_en": "95 %: -40% to -20%; rests on 60",
        "sure_fr": "95 % : -40 % à -20 % ; repose sur 60",
        "do_en": watched.threshold.advice.en,
        "do_fr": watched.threshold.advice.fr,
        "link": "http://board.example/explain/sales?window=7d&by=store"
        "&member=Saint-%C3%89tienne+%22Ch%C3%A2teaucreux%22+%26+fils",
    }
    assert told(tmp_path, watched, series, expected) == ""


def test_scores_and_times_are_told_in_their_own_unit(tmp_path: Path) -> None:
    nps, old = default("NpsFalls"), default("APriceIsOld")
    expected = {
        "title_en": "Customers recommend us less",
        "title_fr": "Les clients nous recommandent moins",
        "value_en": "against the period before: -14 (threshold: below -3)",
        "value_fr": "par rapport à la période précédente : -14 (seuil : sous -3)",
        "sure_en": "95 %: -25 to -4; rests on 321",
        "sure_fr": "95 % : -25 à -4 ; repose sur 321",
        "do_en": nps.threshold.advice.en,
        "do_fr": nps.threshold.advice.fr,
        "link": "http://board.example/kpis/nps?window=30d",
    }
    assert told(tmp_path, nps, world(nps, -14, -25, -4, 321), expected) == ""
    days = 15 * 86400
    expected = {
        "title_en": "A price that is still trusted is old",
        "title_fr": "Un prix encore tenu pour fiable est vieux",
        "value_en": "15d 0h 0m 0s (threshold: above 14 d)",
        "value_fr": "15d 0h 0m 0s (seuil : au-dessus de 14 j)",
        "sure_en": "",
        "sure_fr": "",
        "do_en": old.threshold.advice.en,
        "do_fr": old.threshold.advice.fr,
        "link": "http://board.example/explain/competitor_prices?window=today",
    }
    assert told(tmp_path, old, world(old, days, days, days, 1), expected) == ""
