"""`cadran backup` and `cadran restore`."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.common.errors import ConfigurationError
from services.common.logging import configure_logging
from services.common.redis_clients import blocking_redis
from services.common.settings import Settings
from services.kpi_stream.declared import declared_by
from services.kpi_stream.live_state import live_state, require_fit
from services.operations.backup import making, records_back, restoring
from services.operations.backup.manifest import Manifest
from services.operations.backup.places import Installation
from services.operations.backup.restoring import Existing, Plan

console = Console(soft_wrap=True, highlight=False)

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.")]


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    folder: Folder,
    without_events: Annotated[
        bool, typer.Option("--without-events", help="Leave Kafka's records out, where Kafka is kept by other means.")
    ] = False,
) -> None:
    """Copy databases, files and Kafka's records into a folder, while everything runs.

    A second backup into the same folder appends what Kafka has got since, and replaces the copies of the rest.
    """
    configure_logging("backup", level="WARNING", log_format="console")
    installation, began = Installation.load(), time.monotonic()
    making.make_folder(folder)
    with making.in_use(folder):
        snapshot = making.keep_snapshot(folder, installation)
        console.print(f"{len(snapshot[1])} files and the databases of {', '.join(snapshot[2]) or 'no service'} copied")
        records = None
        if not without_events:
            before = making.last_records(folder)
            with _bar("keeping records") as progress:
                records = asyncio.run(making.keep_records(folder, installation.common, before, progress))
        manifest = making.finish(folder, installation.common, snapshot, records)
    size = sum(kept.bytes for kept in manifest.all_kept())
    told = f"{records.total:,} records" if records else "no records of Kafka"
    console.print(f"backup {manifest.id}: {told}, {size / 1e6:,.1f} MB, {time.monotonic() - began:.1f} s")
    console.print(
        f"it holds secrets, names and addresses: {folder} is readable by its owner alone; keep it so elsewhere"
    )


def restore(
    folder: Folder,
    missing: Annotated[
        bool, typer.Option("--missing", help="Bring back what is missing, and leave alone what is there.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace files and databases that are there. Kafka's records never are.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check every sum, and touch nothing.")] = False,
) -> None:
    """Bring a backup back. Services must be stopped. One that was broken off goes on when it is run again."""
    configure_logging("restore", level="WARNING", log_format="console")
    if missing and replace:
        raise ConfigurationError("--missing and --replace exclude each other", mend="choose one")
    installation = Installation.load()
    with making.in_use(folder):
        with _bar("checking sums") as progress:
            manifest = restoring.whole_backup(folder, progress)
        console.print(f"backup {manifest.id} of {manifest.at:%Y-%m-%d %H:%M:%SZ} is whole")
        if not check:
            restoring.require_stopped(installation)
            restoring.require_kinds(installation, manifest)
            existing = Existing.REPLACE if replace else Existing.KEEP if missing else Existing.REFUSE
            planned = restoring.plan(folder, installation, manifest, existing)
            _restore(folder, installation, manifest, planned)


def _restore(folder: Path, installation: Installation, manifest: Manifest, planned: Plan) -> None:
    settings = installation.common
    standing = None
    if manifest.records is not None:
        standing = asyncio.run(records_back.compare(folder, settings, manifest.records))
    restoring.begin(installation, planned)
    for what in restoring.bring_back(folder, installation, manifest, planned):
        console.print(f"{what} is back")
    if standing is not None:
        with _bar("restoring records") as progress:
            asyncio.run(records_back.bring_back(folder, settings, standing, progress))
        console.print(f"{standing.missing:,} records restored to Kafka; {standing.newer:,} are there that came later")
    restoring.end(installation)
    console.print(_next_step(settings))
    console.print("who was erased after the backup is back: erase them again (docs/backup.md)")


def _next_step(settings: Settings) -> str:
    """How Redis follows."""
    try:
        state = live_state(blocking_redis(settings.redis_access, socket_timeout=5))
    except RedisError:
        return "Redis does not answer: an empty one fills by itself as workers start, another needs `cadran rebuild`"
    if state is None:
        return "start the services: Redis is empty, and workers fill it from Kafka"
    try:
        require_fit(state, settings, declared_by(settings))
    except ConfigurationError as error:
        return f"{error.message}: run `cadran rebuild`, then start the services"
    return "start the services: Redis stands where it stood, and workers go on from there"


@contextmanager
def _bar(what: str) -> Iterator[making.Progress]:
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
