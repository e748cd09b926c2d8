"""The rules of alerts, as Prometheus reads them: a group for each KPI, and one for the platform.

An alert begins where all that its threshold asks holds; it then stays until its number is seen to be back, so that a
number that hovers at its level, a gap in the data or a night do not end and begin it again.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.common.lengths import length_text
from services.kpi_stream.alerting.rules.platform import platform_groups, untrusted_rules
from services.kpi_stream.alerting.rules.platform_alerts import USUAL, Patience
from services.kpi_stream.alerting.rules.series import LAST_VALUE, Watched
from services.kpi_stream.alerting.rules.wording import Words, annotations
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.threshold import Hours

NOTICE = "# Generated from the KPI modules and the file of thresholds. Do not edit: change those.\n"

Rule = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def rules_text(kpis: Iterable[Kpi], watched: Sequence[Watched], words: Words, patience: Patience = USUAL) -> str:
    """The file of rules. The same declarations make the same text."""
    groups = [_group(kpi, [each for each in watched if each.kpi is kpi], words, patience) for kpi in kpis]
    document = {"groups": [*platform_groups(patience, words.board), *groups]}
    return NOTICE + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def write_rules(kpis: Iterable[Kpi], watched: Sequence[Watched], words: Words, path: Path) -> Path:
    """Write the file of rules; returns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rules_text(kpis, watched, words), encoding="utf-8")
    return path


def _group(kpi: Kpi, watched: Sequence[Watched], words: Words, patience: Patience) -> dict[str, object]:
    """In a group rules are evaluated one after the other: what others read comes first."""
    rules = [rule for each in watched for rule in (_last_value(each), _alert(each, words))]
    return {"name": kpi.id, "rules": [*untrusted_rules(kpi, patience), *rules]}


def _last_value(watched: Watched) -> Rule:
    name = watched.threshold.name
    matching = f"on ({', '.join(('window', *watched.members))})"
    kept = f"{watched.recorded()} {_and_fires(watched)}"
    return {
        "record": LAST_VALUE,
        "expr": f"({watched.value()})\nor {matching}\n({kept})",
        "labels": {"alert": name},
    }


def _alert(watched: Watched, words: Words) -> Rule:
    threshold = watched.threshold
    return {
        "alert": threshold.name,
        "expr": expression(watched),
        "for": length_text(threshold.lasts),
        "labels": {
            "about": "kpi",
            "kpi": watched.kpi.id,
            "severity": str(threshold.severity),
            "recipient": threshold.team,
            "hours": str(threshold.hours),
        },
        "annotations": annotations(watched, words),
    }


def expression(watched: Watched) -> str:
    """It begins, or goes on as its number is not back, or as nothing can end it now."""
    goes_on = f"({watched.value()}) {watched.beyond(watched.threshold.clear)}\n{_and_fires(watched)}"
    held = f"max without (alert) ({watched.recorded()})\n{_and_fires(watched)}"
    alternatives = [_begins(watched), goes_on, f"{held}\nand on () {watched.untrusted()}"]
    if watched.threshold.hours is Hours.OPENING:
        alternatives.append(f"{held}\nand on ({watched.place}) {watched.open()} == 0")
    return "\nor\n".join(f"({alternative})" for alternative in alternatives)


def _and_fires(watched: Watched) -> str:
    return f"and on ({', '.join(watched.members)}) {watched.in_state('firing')}"


def _begins(watched: Watched) -> str:
    threshold = watched.threshold
    conditions = [f"({watched.value()}) {watched.beyond(threshold.level)}"]
    if threshold.sure:
        conditions.append(f"({watched.bound()}) {watched.beyond(threshold.level)}")
    if threshold.least:
        conditions.append(f"{watched.rests_on()} >= {threshold.least:.10g}")
    if threshold.hours is Hours.OPENING:
        conditions.append(f"on ({watched.place}) {watched.open()} == 1")
    return "\nand ".join(conditions) + f"\nunless on () {watched.untrusted()}"
