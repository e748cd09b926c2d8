"""`cadran simulate`: a company's past, then its present."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.common.calendar import public_holidays
from services.common.client import EventsClient
from services.common.errors import ConfigurationError
from services.common.secret_files import read_secret
from services.common.settings import Settings
from services.common.windows import utc_now
from services.simulator import living
from services.simulator.service import Company
from services.simulator.settings import SimulatorSettings
from services.simulator.store import Progress as Sent
from services.simulator.store import ProgressFile

console = Console()


def register(app: typer.Typer) -> None:
    app.command("simulate")(simulate)


def simulate(
    days: Annotated[int, typer.Option(min=1, max=3000, help="How many past days to load.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 7,
    live: Annotated[bool, typer.Option(help="Go on with what happens from now on.")] = True,
    url: Annotated[str, typer.Option(help="The gateway. Empty: that of CADRAN_SIMULATOR_INGEST.")] = "",
) -> None:
    """Send the events of a believable company: some past days at full speed, then each event when it is due."""
    settings = Settings.load()
    file = ProgressFile(settings.local_dir)
    sent = file.read()
    with EventsClient(url or SimulatorSettings.load().ingest_url(settings), _key(settings)) as client:
        if sent is None:
            sent = _load(client, settings, file, days, seed)
        elif sent.seed != seed:
            mend = f"use --seed {sent.seed}, or another CADRAN_LOCAL_DIR"
            raise ConfigurationError(f"a company with seed {sent.seed} lives here already", mend=mend)
        if live:
            console.print("live: every event when it is due; Ctrl-C ends it")
            living.live(client, company_of(settings, sent), sent, file, utc_now)


def company_of(settings: Settings, sent: Sent) -> Company:
    """The company that was begun."""
    is_holiday = public_holidays(settings.country).__contains__
    return Company(seed=sent.seed, first=sent.first, today=sent.today, zone=settings.zone, is_holiday=is_holiday)


def _load(client: EventsClient, settings: Settings, file: ProgressFile, days: int, seed: int) -> Sent:
    now = utc_now()
    today = now.astimezone(settings.zone).date()
    sent = Sent(seed=seed, first=today - timedelta(days=days), today=today, sent_until=now)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} events"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"making up {days} days", total=None)
        past = list(company_of(settings, sent).until(now))
        bar.update(task, description=f"sending {days} days", total=len(past))
        living.load(client, past, lambda count: bar.advance(task, count))
    file.write(sent)
    return sent


def _key(settings: Settings) -> str:
    return read_secret(settings.local_dir / "dev.key", mend="start the stack: `make up`")
