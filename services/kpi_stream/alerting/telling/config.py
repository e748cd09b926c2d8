"""Alertmanager's file: who is told of what, how soon, together with what, and of what nobody is told."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from services.common.mail.account import MailSettings
from services.common.whole_files import OUR_GROUPS, replace_file
from services.kpi_stream.alerting.rules.series import CLOSED, NOT_TRUSTED, PLACES, closed_alert
from services.kpi_stream.alerting.telling.messages import LANGUAGES, messages
from services.kpi_stream.alerting.telling.receivers import Section, Version, mail_section, receiver
from services.kpi_stream.alerting.thresholds.teams import OPERATIONS, Team
from services.kpi_stream.kpis.threshold import Severity

FILE = "alertmanager.yml"
NOTICE = (
    "# Written by Cadran from the file of thresholds and its settings, and anew at every change of them: do not edit.\n"
)
NOBODY = "nobody"
SILENT = "none"
"""The severity of alerts that are there for Prometheus and Alertmanager alone."""
TRIAL = "trial"
"""What the alert that `cadran alerts test` sends is about."""


class Pace(NamedTuple):
    """How soon a first message leaves, how soon one of what has changed, and after how long it is told again."""

    wait: str
    interval: str
    repeat: str


PACES: Mapping[str, Pace] = {
    TRIAL: Pace("1s", "10s", "1d"),
    Severity.CRITICAL: Pace("10s", "1m", "4h"),
    Severity.WARNING: Pace("30s", "5m", "1d"),
    Severity.INFO: Pace("5m", "30m", "7d"),
}
RETENTION = "336h"
"""How long Alertmanager must remember what it told: longer than the longest repeat, or it tells it too soon."""

INHIBITIONS: Sequence[Section] = (
    {
        "source_matchers": ['about="inhibitor"', f'alertname="{NOT_TRUSTED}"'],
        "target_matchers": ['about="kpi"'],
        "equal": ["kpi"],
    },
    {
        "source_matchers": ['about="inhibitor"', f'alertname="{CLOSED}"'],
        "target_matchers": ['about="kpi"', 'hours="opening"', *(f'{place}=""' for place in PLACES)],
    },
    *(
        {
            "source_matchers": ['about="inhibitor"', f'alertname="{closed_alert(place)}"'],
            "target_matchers": ['about="kpi"', 'hours="opening"', f'{place}!=""'],
            "equal": [place],
        }
        for place in PLACES
    ),
)
"""While a KPI's data cannot be trusted nobody is told of its numbers; while the company is closed, or the channel or
region that they are of, of none but those that are watched always."""


def alertmanager_file(teams: Iterable[Team], mail: MailSettings, version: Version) -> str:
    """The file, the same for the same teams in the same order.

    :raises ConfigurationError: naming what a team asks for that cannot be.
    """
    told = [team for team in teams if team.can_be_told]
    content = {
        "global": dict(mail_section(told, mail, version)),
        "templates": ["templates/*.tmpl"],
        "route": _tree(told),
        "inhibit_rules": [dict(rule) for rule in INHIBITIONS],
        "receivers": [*(receiver(team, version) for team in told), {"name": NOBODY}],
    }
    return NOTICE + yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000)


def alertmanager_files(teams: Iterable[Team], mail: MailSettings, version: Version) -> dict[str, str]:
    """The file, and the messages' templates beside it, by their names.

    :raises ConfigurationError: naming what a team asks for that cannot be.
    """
    templates = {f"templates/{language}.tmpl": messages(language) for language in LANGUAGES}
    return {**templates, FILE: alertmanager_file(teams, mail, version)}


def write_alertmanager(teams: Iterable[Team], mail: MailSettings, version: Version, folder: Path) -> Path:
    """Write them into a folder, each whole or not at all; returns the file.

    :raises ConfigurationError: naming what a team asks for that cannot be; then nothing is written.
    """
    for name, text in alertmanager_files(teams, mail, version).items():
        replace_file(folder / name, text.encode(), OUR_GROUPS)
    return folder / FILE


def _tree(told: Sequence[Team]) -> Section:
    """The tree of routes. What no team's branch takes, its team being unknown or without a way, goes to operations, and
    where they have none themselves to the first team that has.
    """
    names = [team.name for team in told]
    rest = OPERATIONS if OPERATIONS in names else names[0] if names else NOBODY
    usual = PACES[Severity.WARNING]
    return {
        "receiver": rest,
        "group_by": ["alertname"],
        **_timing(usual),
        "routes": [
            {"matchers": [f'severity="{SILENT}"'], "receiver": NOBODY},
            *({"matchers": [f'recipient="{name}"'], "receiver": name, "routes": _branch()} for name in names),
            *_branch(),
        ],
    }


def _branch() -> list[Section]:
    """A trial at once and alone, the others by severity: one message of all that is wrong with a KPI, by whatever cut,
    and one of all that is wrong with Cadran itself, as one cause there trips many wires.
    """
    trial: Section = {"matchers": [f'about="{TRIAL}"'], "group_by": [TRIAL], **_timing(PACES[TRIAL])}
    return [trial, *(_by_severity(severity) for severity in reversed(Severity))]


def _by_severity(severity: Severity) -> Section:
    return {
        "matchers": [f'severity="{severity.value}"'],
        "group_by": ["about"],
        **_timing(PACES[severity]),
        "routes": [{"matchers": ['about="kpi"'], "group_by": ["kpi"]}],
    }


def _timing(pace: Pace) -> Section:
    return {"group_wait": pace.wait, "group_interval": pace.interval, "repeat_interval": pace.repeat}


class _Plain(yaml.SafeDumper):
    """Without anchors: what stands in several places is written out, as a person would."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
