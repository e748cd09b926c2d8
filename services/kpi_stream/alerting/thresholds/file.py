"""The file of thresholds: who is told, and of what. Read whole, or refused with every fault and its line."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import yaml
from msgspec import Meta

from services.common import yaml_files
from services.common.errors import Invalid
from services.common.events.explain import explain
from services.common.yaml_files import Document, FileKind
from services.kpi_stream.alerting.rules.platform_alerts import USUAL, platform_alerts
from services.kpi_stream.alerting.rules.series import CLOSED, NOT_TRUSTED, PLACES, WATCHDOG, Watched, closed_alert
from services.kpi_stream.alerting.thresholds.stated import Stated, changed, is_off, new
from services.kpi_stream.alerting.thresholds.team_entries import read_team
from services.kpi_stream.alerting.thresholds.teams import OPERATIONS, Team
from services.kpi_stream.kpis.kpi import Kpi

THRESHOLDS = FileKind("the file of thresholds", "CADRAN_ALERTS_THRESHOLDS", "docs/alerting.md")
MOST_ALERTS = 200
OFF = "off"
NEEDED_TEAMS = ("direction", OPERATIONS)
"""The KPIs' own alerts are for the first, those about Cadran itself for the second."""
RESERVED = {alert.name for alert in platform_alerts(USUAL)} | {
    NOT_TRUSTED,
    CLOSED,
    *map(closed_alert, PLACES),
    WATCHDOG,
}
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{2,59}")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    teams: Annotated[
        dict[str, Any],
        Meta(description="Who is told, by the team's name.", examples=["direction: {language: fr}"]),
    ]
    alerts: Annotated[
        dict[str, Any],
        Meta(description="By an alert's name what is changed of it; {} for none.", examples=["SalesFall: off"]),
    ] = {}


class Thresholds(NamedTuple):
    """What is in force: the teams, and the alerts in the order of their KPIs. `off`: defaults that nobody wants."""

    teams: Mapping[str, Team]
    alerts: tuple[Watched, ...]
    off: tuple[Watched, ...]


class ThresholdReader:
    """Reads files of thresholds for these KPIs."""

    def __init__(self, kpis: Mapping[str, Kpi], currency: str) -> None:
        self._kpis = kpis
        self._currency = currency
        self._defaults = {alert.name: (kpi, alert) for kpi in kpis.values() for alert in kpi.alerts}

    def load(self, path: Path) -> Thresholds:
        """What a file says.

        :raises ConfigurationError: naming every fault with its line and the mend.
        """
        return yaml_files.load(path, THRESHOLDS, self._of)

    def read(self, name: str, content: bytes) -> Thresholds:
        """What the content of a file says.

        :raises ConfigurationError: naming every fault with its line and the mend.
        """
        return yaml_files.read(name, content, THRESHOLDS, self._of)

    def check(self, name: str, content: bytes) -> None:
        """That one alert of a file can be so.

        :raises Invalid: naming its field and the mend.
        """
        stated = (yaml.load(content, yaml_files.LOADER).get("alerts") or {}).get(name)  # noqa: S506 - knows texts alone
        if stated is not None:
            self.alert(name, stated)

    def _of(self, document: Document) -> Thresholds:
        file = document.convert(_File)
        if file is None:
            return Thresholds({}, (), ())
        teams = self._teams(document, file.teams)
        if len(file.alerts) > MOST_ALERTS:
            document.blame(Invalid(f"holds {len(file.alerts)}", field="alerts", mend=f"keep {MOST_ALERTS} at most"))
            return Thresholds(teams, (), ())
        on = {name: Watched(kpi, alert, self._currency) for name, (kpi, alert) in self._defaults.items()}
        off: dict[str, Watched] = {}
        for name, stated in file.alerts.items():
            try:
                watched, is_off = self.alert(name, stated)
                on.pop(name, None)
                (off if is_off else on)[name] = watched
            except Invalid as error:
                _blame(document, ("alerts", name), error)
        self._check_teams(document, file.alerts, {**on, **off}, teams)
        return Thresholds(teams, self._in_order(on.values()), self._in_order(off.values()))

    def alert(self, name: str, stated: object) -> tuple[Watched, bool]:
        """One alert as it is written below its name, and whether it is off.

        :raises Invalid: naming the field and the mend.
        """
        default = self._defaults.get(name)
        if default is None:
            _check_name(name)
            if stated == OFF:
                raise Invalid("is no alert of a KPI", field="", mend=f"those are {', '.join(self._defaults)}")
        fields = Stated(off="yes") if stated == OFF else _fields(stated)
        if default is None:
            watched = new(name, fields, self._kpis, self._currency)
        else:
            watched = changed(*default, fields, self._currency)
        return watched, is_off(fields)

    def _teams(self, document: Document, stated: Mapping[str, Any]) -> dict[str, Team]:
        teams = {}
        for name, fields in stated.items():
            try:
                teams[name] = read_team(name, fields)
            except Invalid as error:
                _blame(document, ("teams", name), error)
        for name in NEEDED_TEAMS:
            if name not in stated:
                mend = f"write it, if only as `{name}: {{}}`, which tells nobody"
                document.blame(Invalid(f"has no team {name}", field="teams", mend=mend))
        return teams

    @staticmethod
    def _check_teams(
        document: Document, stated: Mapping[str, Any], found: Mapping[str, Watched], teams: Mapping[str, Team]
    ) -> None:
        for name, watched in found.items():
            team = watched.threshold.team
            if name in stated and team not in teams and team not in NEEDED_TEAMS:
                mend = f"write one of {', '.join(teams)}, or add it to `teams`"
                told = Invalid(f"no team is called {team!r}", field=f"alerts.{name}.team", mend=mend)
                document.blame(told, ("alerts", name, "team"))

    def _in_order(self, found: Any) -> tuple[Watched, ...]:
        """By KPI, and within one as they are declared, then as they are written."""
        kpis = list(self._kpis)
        return tuple(sorted(found, key=lambda watched: kpis.index(watched.kpi.id)))


def _check_name(name: str) -> None:
    if name in RESERVED:
        raise Invalid("is the name of an alert about Cadran itself", field="", mend="give it another name")
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} is no name of an alert",
            field="",
            mend="write 3 to 60 letters and digits, such as ParisSalesFall",
        )


def _fields(stated: object) -> Stated:
    if not isinstance(stated, dict):
        raise Invalid(f"{stated!r} is neither `off` nor fields", field="", mend="write fields, or `off`")
    try:
        return msgspec.convert(stated, Stated)
    except msgspec.ValidationError as error:
        told = explain(error, Stated, "")
        raise Invalid(told.message, field=told.field, mend=told.mend or f"see {THRESHOLDS.page}") from None


def _blame(document: Document, entry: tuple[str, str], error: Invalid) -> None:
    """Something is wrong in an entry; items of a list stand on one line, as a rule."""
    steps = error.field.partition("[")[0].split(".")
    field = ".".join(filter(None, (*entry, error.field)))
    document.blame(Invalid(error.message, field=field, mend=error.mend), (*entry, *steps))
