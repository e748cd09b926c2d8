"""A trial alert, sent the way that every alert goes: into Alertmanager, and by its routes to people."""

import secrets
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from services.common.errors import ConfigurationError, NotFound
from services.kpi_stream.alerting.telling.alertmanager import Alertmanager, Counts
from services.kpi_stream.alerting.telling.config import TRIAL
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Severity

PATIENCE = 20.0
"""Seconds: Alertmanager tries a trial for ten."""
POLL_SECONDS = 0.2
ENDS_ANYWAY = timedelta(minutes=2)
"""After which a trial is over even if nobody ended it."""

SUFFIX = "_configs"
WAYS = {"email": "e-mail", "slack": "Slack", "msteamsv2": "Microsoft Teams", "webhook": "webhook"}
SAID: Mapping[str, Text] = {
    "title": Text(en="A trial, nothing is wrong", fr="Ceci est un essai, tout va bien"),
    "value": Text(
        en="Whoever reads this is told when something is.", fr="Qui lit ceci est prévenu quand il le faudra."
    ),
    "do": Text(
        en="Nothing. If others of the team should have this and have not, tell who looks after Cadran.",
        fr="Rien. Si d’autres de l’équipe devraient l’avoir et ne l’ont pas, le dire à qui s’occupe de Cadran.",
    ),
}


class Told(NamedTuple):
    """A team, and the addresses (may be empty) that it is told at, by integration."""

    team: str
    ways: Mapping[str, Sequence[str]]

    def __str__(self) -> str:
        said = (f"{WAYS.get(way, way)} {', '.join(filter(None, places))}".strip() for way, places in self.ways.items())
        return f"{self.team}: {'; '.join(said)}"


class Result(NamedTuple):
    """What became of the messages of one integration."""

    way: str
    sent: int
    taken: int

    def __str__(self) -> str:
        return f"{WAYS.get(self.way, self.way)}: {self.taken} of {self.sent} taken"


def who_is_told(in_force: Mapping[str, Any]) -> list[Told]:
    """The teams that have a way, of what Alertmanager has in force."""
    told = []
    for receiver in in_force["receivers"]:
        ways = {
            name.removesuffix(SUFFIX): [str(config.get("to", "")) for config in configs]
            for name, configs in receiver.items()
            if name.endswith(SUFFIX)
        }
        if ways:
            told.append(Told(receiver["name"], ways))
    return told


def choose(told: Sequence[Told], team: str | None) -> list[Told]:
    """One team, or all.

    :raises ConfigurationError: when nobody would be told.
    :raises NotFound: when that team would not.
    """
    if not told:
        mend = (
            "give a team `email`, `slack_file`, `teams_file` or `webhook` (docs/alerting.md); where one has, "
            "`cadran alerts list` says whether the file is refused"
        )
        raise ConfigurationError("nobody would be told of any alert: no team has a way", mend=mend)
    chosen = [each for each in told if team in (None, each.team)]
    if not chosen:
        names = ", ".join(each.team for each in told)
        raise NotFound(f"no team {team!r} has a way of its own", field="--team", mend=f"name one of {names}")
    return chosen


class Trial:
    """One trial alert for each of some teams."""

    def __init__(self, server: Alertmanager, told: Sequence[Told], severity: Severity, link: str) -> None:
        self._server = server
        self._told = told
        self._severity = severity
        self._link = link
        self._name = secrets.token_hex(4)
        self._began = datetime.now(UTC)
        self._before: Mapping[str, Counts] = {}

    def begin(self) -> None:
        """:raises CadranError: when Alertmanager does not take it."""
        self._before = self._server.counts()
        self._server.tell(self._alerts(self._began + ENDS_ANYWAY))

    def end(self) -> None:
        """Then it is told that it is over."""
        self._server.tell(self._alerts(datetime.now(UTC)))

    def wait(self) -> list[Result]:
        """What became of the messages, once nothing more is tried.

        :raises ConfigurationError: when Alertmanager keeps the alert back.
        """
        deadline = time.monotonic() + PATIENCE
        sent = Counter(way for told in self._told for way, places in told.ways.items() for _ in places)
        while True:
            self._check_not_kept_back()
            since = self._since()
            is_over = all(since[way].taken + since[way].given_up >= sent[way] for way in sent)
            if is_over or time.monotonic() > deadline:
                return [Result(way, count, min(count, since[way].taken)) for way, count in sent.items()]
            time.sleep(POLL_SECONDS)

    def _since(self) -> Mapping[str, Counts]:
        return {way: count.since(self._before.get(way, Counts())) for way, count in self._server.counts().items()}

    def _check_not_kept_back(self) -> None:
        for alert in self._server.alerts(f'{TRIAL}="{self._name}"'):
            if silences := alert["status"]["silencedBy"]:
                raise ConfigurationError(
                    f"the team {alert['labels']['recipient']} is not told: silence {', '.join(silences)} keeps it back",
                    mend="end the silence in Alertmanager",
                )

    def _alerts(self, ends: datetime) -> list[Mapping[str, Any]]:
        return [self._alert(told.team, ends) for told in self._told]

    def _alert(self, team: str, ends: datetime) -> Mapping[str, Any]:
        texts = {
            f"{name}_{language}": getattr(text, language) for name, text in SAID.items() for language in ("en", "fr")
        }
        return {
            "labels": {
                "alertname": "Trial", "about": TRIAL, TRIAL: self._name,
                "recipient": team, "severity": self._severity.value,
            },
            "annotations": {**texts, "link": self._link},
            "startsAt": self._began.isoformat(),
            "endsAt": ends.isoformat(),
        }  # fmt: skip


def failures(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.taken < result.sent]
