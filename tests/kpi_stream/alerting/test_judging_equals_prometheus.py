"""The pure judge stands as the generated rules stand in Prometheus's own evaluation, minute by minute.

Of each seed many alerts are watched at once, by channel and of the whole company, through readings that collide; one
run of `promtool test rules` is asked for all of them.
"""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from services.kpi_stream.alerting.judging import QUIET, Reading
from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.rules.wording import Words
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Threshold
from tests.kpi_stream.alerting.scenarios import COUNTS, KNOWN, STEP, VALUES, any_threshold
from tests.support.judging import judge

KPI = all_kpis()["nps"]
MEMBERS = ("", "online", "store", "phone", "fair")
"""The whole company, and channels that open at hours of their own."""
MINUTES = 120
ALERTS = 20
CHANGES = 0.3
"""How often something else is read."""
EPOCH = datetime.fromtimestamp(0, UTC)

History = Sequence[Reading]


def thresholds(random: Random) -> list[Threshold]:
    """By channel and of all in turn."""
    bys = ("channel", "all")
    return [replace(any_threshold(random), name=f"Test{i}", by=bys[i % 2]) for i in range(ALERTS)]


def histories(random: Random) -> dict[str, History]:
    """By member. What can be trusted, and what cannot, holds for all at once."""
    trusted = lasting(random, KNOWN)
    return {member: [Reading(*each) for each in zip(*_columns(random), trusted, strict=True)] for member in MEMBERS}


def _columns(random: Random) -> Iterator[list[Any]]:
    for choices in (VALUES, VALUES, VALUES, COUNTS, KNOWN):
        yield lasting(random, choices)


def lasting(random: Random, choices: Sequence[Any]) -> list[Any]:
    """One for every minute, most often that of the minute before."""
    found = [random.choice(choices)]
    while len(found) < MINUTES:
        found.append(random.choice(choices) if random.random() < CHANGES else found[-1])
    return found


def input_series(found: Mapping[str, History]) -> Iterator[dict[str, str]]:
    """What a scrape tells, minute by minute; what is missing from one is known no longer."""
    for member, history in found.items():
        labels = f'channel="{member}",window="7d"' if member else 'window="7d"'
        name = "cadran_channel_nps" if member else "cadran_nps"
        for suffix, field in (("", "value"), ("_low", "low"), ("_high", "high"), ("_n", "n")):
            yield series(f"{name}{suffix}{{{labels}}}", [getattr(reading, field) for reading in history])
        opened = f'cadran_channel_open{{channel="{member}"}}' if member else "cadran_open"
        yield series(opened, [None if reading.open is None else int(reading.open) for reading in history])
    as_of = {True: 0, False: -600, None: None}
    told = [as_of[reading.trusted] for reading in found[""]]
    seconds = [None if old is None else minute * 60 + old for minute, old in enumerate(told)]
    yield series('cadran_kpi_as_of_timestamp_seconds{kpi="nps",instance="i"}', seconds)
    yield series('cadran_exporter_store_up{instance="i"}', [1] * MINUTES)


def series(name: str, values: Sequence[float | None]) -> dict[str, str]:
    return {"series": name, "values": " ".join("stale" if value is None else str(value) for value in values)}


def stands(alerts: Sequence[Threshold], found: Mapping[str, History]) -> Iterator[dict[str, Any]]:
    """What the judge says, for every minute: which alerts are pending and which fire, for whom."""
    watched = [
        (alert, member, found[member]) for alert in alerts for member in MEMBERS if bool(member) == (alert.by != "all")
    ]
    states = [QUIET] * len(watched)
    for minute in range(MINUTES):
        samples = []
        for i, (alert, member, history) in enumerate(watched):
            states[i] = judge(alert, history[minute], EPOCH + minute * STEP, states[i]).state
            if states[i] != QUIET:
                channel = f',channel="{member}"' if member else ""
                labels = f'{{alertname="{alert.name}",alertstate="{states[i].standing}"{channel}}}'
                samples.append({"labels": labels, "value": 1})
        yield {
            "expr": 'sum by (alertname, alertstate, channel) (ALERTS{about="kpi"})',
            "eval_time": f"{minute}m",
            "exp_samples": samples,
        }


@pytest.mark.parametrize("seed", range(5))
def test_it_stands_as_in_prometheus(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    alerts, found = thresholds(random), histories(random)
    expected = list(stands(alerts, found))
    told = "".join(sample["labels"] for at in expected for sample in at["exp_samples"])
    for standing in ("pending", "firing"):
        assert sum(f'"{alert.name}",alertstate="{standing}"' in told for alert in alerts) > ALERTS / 3
    (tmp_path / "rules.yml").write_text(
        rules_text([KPI], [Watched(KPI, alert, "EUR") for alert in alerts], Words("http://board", "EUR"))
    )
    test = {"interval": "1m", "input_series": list(input_series(found)), "promql_expr_test": expected}
    document = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
