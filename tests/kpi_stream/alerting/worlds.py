"""Numbers as the exporter tells them, for `promtool test rules`, Prometheus's own tool."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.rules.wording import Words
from services.kpi_stream.exporter.scrape import AS_OF, STORE_UP
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Side

WORDS = Words("http://board.example", "EUR")
KPIS = all_kpis()
DEFAULTS = [Watched(kpi, alert, "EUR") for kpi in KPIS.values() for alert in kpi.alerts]
INSTANCE = 'instance="exporter:8004",job="cadran-kpis"'

Series = dict[str, str]
"""Values by series, in promtool's notation: a value a minute."""
Part = tuple[float | None, int]
"""A value, or none, for so many minutes."""


def steps(*parts: Part) -> str:
    """Each value for so many minutes."""
    return " ".join(f"{'_' if value is None else f'{value:.10g}'}x{minutes - 1}" for value, minutes in parts)


def fresh(*, minutes: int, instance: str = INSTANCE) -> Series:
    """Data that can be trusted, of a company that is open."""
    as_of = {f'{AS_OF.name}{{{instance},kpi="{kpi}"}}': f"0+60x{minutes}" for kpi in KPIS}
    return {
        **as_of,
        f"{STORE_UP.name}{{{instance}}}": steps((1, minutes)),
        f"cadran_open{{{instance}}}": steps((1, minutes)),
    }


class Numbers:
    """The series of what a threshold looks at; `member`: labels beside the window."""

    def __init__(self, watched: Watched, member: str = "") -> None:
        self._labels = f'{{{INSTANCE},window="{watched.threshold.window}"{"," + member if member else ""}}}'
        self._watched = watched

    def value(self, *parts: Part, whole: float = 1) -> Series:
        """What is judged; of a share a part of the whole."""
        name, *divided_by = _names(self._watched.value())
        if not divided_by:
            return {name + self._labels: steps(*parts)}
        minutes = sum(each for _, each in parts)
        taken = [(None if value is None else whole * value, each) for value, each in parts]
        return {name + self._labels: steps(*taken), divided_by[0] + self._labels: steps((whole, minutes))}

    def interval(self, low: Sequence[Part], high: Sequence[Part]) -> Series:
        """Its ends, where it has to be sure."""
        if not self._watched.threshold.sure:
            return {}
        ends = ((self._watched.low(), low), (self._watched.high(), high))
        return {_names(query)[0] + self._labels: steps(*parts) for query, parts in ends}

    def rests_on(self, *parts: Part) -> Series:
        """On how many it rests, where that is asked."""
        if not self._watched.threshold.least:
            return {}
        return {_names(self._watched.rests_on())[0] + self._labels: steps(*parts)}

    def beyond(self, *, by: float = 0.001) -> float:
        """A value that is beyond the level by so much of it."""
        threshold = self._watched.threshold
        return threshold.level + self.sign * by * max(1.0, abs(threshold.level))

    @property
    def sign(self) -> int:
        """Which way is beyond."""
        return -1 if self._watched.threshold.side is Side.BELOW else 1


def _names(query: str) -> list[str]:
    return re.findall(r"cadran_\w+", query)


def promtool(
    folder: Path, watched: Sequence[Watched], tests: Mapping[str, Sequence[Mapping[str, Any]]], every: str = "1m"
) -> str:
    """What promtool finds wrong when groups of rules, by their names (with a + between several), meet tests; nothing
    when all hold."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = yaml.safe_load(rules_text(KPIS.values(), watched, WORDS))["groups"]
    files = []
    for name, own in tests.items():
        rules, cases = folder / f"{name}.rules.yml", folder / f"{name}.tests.yml"
        rules.write_text(yaml.safe_dump({"groups": [group for group in groups if group["name"] in name.split("+")]}))
        content = {"rule_files": [str(rules)], "evaluation_interval": every, "tests": list(own)}
        cases.write_text(yaml.safe_dump(content, width=100_000))
        files.append(cases)
    done = subprocess.run(["promtool", "test", "rules", *files], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def fires(name: str, series: Series, by_minute: Mapping[int, int]) -> dict[str, Any]:
    """A test: for how many members an alert fires at which minute."""
    alert, _, _ = name.partition(" ")
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": "{}", "value": count}] if count else [],
            }
            for minute, count in by_minute.items()
        ],
    }
