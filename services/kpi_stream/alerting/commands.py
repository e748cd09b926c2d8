"""`cadran alerts …`."""

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from services.common.client import ApiClient, local_client
from services.common.errors import Unavailable
from services.common.printing import console, moment, say
from services.common.settings import Port, Settings
from services.kpi_stream.alerting.documents import AlertAnswer, AlertsAnswer
from services.kpi_stream.alerting.explaining import asked, lines
from services.kpi_stream.alerting.rules.wording import Words
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.alertmanager import Alertmanager
from services.kpi_stream.alerting.telling.config import alertmanager_file
from services.kpi_stream.alerting.telling.receivers import TEAMS_SINCE, Version
from services.kpi_stream.alerting.telling.trial import Trial, choose, failures, who_is_told
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Severity

alerts = typer.Typer(
    help="Alerts on KPIs: which fire, why or why not; check the file of thresholds; try whether people are reached.",
    no_args_is_help=True,
)
Url = Annotated[str, typer.Option(help="The alerts process. Empty: the local stack's.")]
KeyFile = Annotated[Path | None, typer.Option(help="A file with the API key. Empty: the local stack's.")]


def register(app: typer.Typer) -> None:
    app.add_typer(alerts, name="alerts")


@alerts.command("list")
def list_alerts(url: Url = "", key_file: KeyFile = None) -> None:
    """List the alerts on KPIs, and how each stands."""
    with _client(url, key_file) as client:
        told = msgspec.json.decode(client.told("GET", "/v1/alerts"), type=AlertsAnswer)
    table, words = Table("alert", "stands", "asks", box=None), _words()
    for alert in told.alerts:
        table.add_row(alert.name, escape(_standing(alert)), escape(asked(alert, words)))
    console.print(table)
    if told.refused:
        say(f"The file of thresholds is refused; what held before holds. {told.refused}")


@alerts.command("explain")
def explain(
    name: Annotated[str, typer.Argument(help="The alert's name; `cadran alerts list` shows them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer.")] = False,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Say why an alert fires, or does not, at this moment: every condition with its figures."""
    with _client(url, key_file) as client:
        content = client.told("GET", f"/v1/alerts/{quote(name)}")
    if as_json:
        sys.stdout.write(content.decode() + "\n")
        return
    alert, zone, words = msgspec.json.decode(content, type=AlertAnswer), Settings.load().zone, _words()
    say(f"{alert.name}: {alert.title.en}")
    say(asked(alert, words))
    if alert.off:
        say("It is off.")
    for member in alert.members:
        since = f" since {moment(member.since, zone)}" if member.since else ""
        say(f"\n{member.label or 'all'}: {member.state}{since}")
        for condition, holds, figures in lines(alert, member, words):
            say(f"  {condition:<22}{holds:<6}{figures}".rstrip())


@alerts.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="A file of thresholds. Left out: the one in force.")] = None,
) -> None:
    """Say what is wrong with a file of thresholds, line by line, and with the mail server that it needs."""
    settings, alerting = Settings.load(), AlertSettings.load()
    path = file or alerting.thresholds_file
    found = ThresholdReader(all_kpis(), settings.reporting_currency).load(path)
    alertmanager_file(found.teams.values(), alerting, _release(alerting.alertmanager_url(settings)))
    off = f", {len(found.off)} off" if found.off else ""
    say(f"{path}: {len(found.alerts)} alerts{off}, {len(found.teams)} teams")


@alerts.command("test")
def send_trial(
    team: Annotated[str | None, typer.Option(help="Who is told. Left out: every team that has a way.")] = None,
    severity: Annotated[Severity, typer.Option(help="How urgent the message says that it is.")] = Severity.INFO,
) -> None:
    """Send a trial alert through Alertmanager to people, say what became of it, and end it again."""
    settings, alerting = Settings.load(), AlertSettings.load()
    server = Alertmanager(alerting.alertmanager_url(settings))
    told = choose(who_is_told(server.in_force()), team)
    for each in told:
        say(f"a trial ({severity}) goes to {each}")
    trial = Trial(server, told, severity, alerting.board(settings))
    trial.begin()
    try:
        results = trial.wait()
    finally:
        trial.end()
    for result in results:
        say(str(result))
    if failed := failures(results):
        log = settings.local_dir / "logs" / "alertmanager.log"
        raise Unavailable(
            f"not all were taken: {'; '.join(map(str, failed))}",
            mend=f"Alertmanager's log says why: {log} in the local stack",
        )
    say("Look there, for letters among the unwanted too. That the trial is over is told within 15 seconds.")


def _client(url: str, key_file: Path | None) -> ApiClient:
    return local_client("the alerts process", Port.ALERTS, url, key_file)


def _release(alertmanager: str) -> Version:
    """The Alertmanager that answers; where none does, one that knows every way."""
    try:
        return Alertmanager(alertmanager).version()
    except Unavailable:
        return TEAMS_SINCE


def _words() -> Words:
    return Words("", Settings.load().reporting_currency)


def _standing(alert: AlertAnswer) -> str:
    """Firing before pending before what says nothing."""
    if alert.off:
        return "off"
    states = [member.state for member in alert.members]
    worst = next((state for state in ("firing", "pending", "unknown") if state in states), "quiet")
    count = states.count(worst)
    return f"{worst} ({count} of {len(states)})" if len(states) > 1 else worst
