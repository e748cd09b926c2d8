"""`cadran alerts test`."""

from typing import Annotated

import typer

from services.common.errors import Unavailable
from services.common.printing import say
from services.common.settings import Settings
from services.kpi_stream.alerting.server import Alertmanager
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.trial import Trial, choose, failures, who_is_told
from services.kpi_stream.kpis.threshold import Severity

alerts = typer.Typer(help="Alerts: try whether people are reached.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(alerts, name="alerts")


@alerts.callback()
def _group() -> None:
    """One command stays a command of a group."""


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
