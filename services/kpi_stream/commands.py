"""`cadran dead` and `cadran rebuild`."""

import asyncio
import subprocess
import time
from datetime import datetime
from typing import Annotated

import typer
from aiokafka import AIOKafkaConsumer
from redis import Redis
from redis.lock import Lock
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from services.common.errors import NotFound
from services.common.logging import configure_logging
from services.common.publisher import Publisher
from services.common.redis_clients import async_redis, blocking_redis
from services.common.settings import Settings
from services.common.windows import utc_now
from services.kpi_stream import rebuild as rebuilding
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.comparison import Comparer, Comparison
from services.kpi_stream.dead_letters import DeadLetter, Shelf, read_shelf, replay_messages
from services.kpi_stream.declared import declared_by
from services.kpi_stream.draft import Draft, discard, open_draft, unfinished
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.live_state import drop, live_state, new_version
from services.kpi_stream.settings import StreamSettings
from services.kpi_stream.state_version import StateVersion

console = Console(soft_wrap=True, highlight=False)
PROGRESS = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TextColumn("records,"), TimeRemainingColumn())
dead = typer.Typer(help="Records that could not be applied: list, show, replay.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(dead, name="dead")
    app.command("rebuild")(rebuild)


@dead.command("list")
def list_letters() -> None:
    """List dead letters: where each came from, why it could not be applied, and whether it was replayed."""
    shelf = asyncio.run(read_shelf(Settings.load()))
    table = Table(*(Column(title, no_wrap=True) for title in ("name", "dead since", "replayed")), "reason", box=None)
    for letter, replayed in shelf.letters():
        table.add_row(letter.name, _minute(letter.dead_at), _minute(replayed) if replayed else "-", letter.reason)
    console.print(table if table.row_count else "no dead letters")


@dead.command("show")
def show(name: Annotated[str, typer.Argument(help="From `cadran dead list`: topic:partition:offset.")]) -> None:
    """Show one dead letter with its content."""
    letter = _find(asyncio.run(read_shelf(Settings.load())), name)
    console.print(f"{letter.name} since {letter.dead_at.isoformat(timespec='seconds')}")
    console.print(f"reason: {letter.reason}", markup=False)
    console.print(f"key:    {letter.key!r}", markup=False)
    console.print((letter.value or b"").decode(errors="replace"), markup=False)


@dead.command("replay")
def replay(
    names: Annotated[list[str] | None, typer.Argument(help="From `cadran dead list`; leave out with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were never replayed.")] = False,
) -> None:
    """Publish dead letters again, once their cause is mended. Safe to repeat: what was applied is not counted twice."""
    settings = Settings.load()
    shelf = asyncio.run(read_shelf(settings))
    wanted = [letter for letter, replayed in shelf.letters() if replayed is None] if everything else []
    wanted += [_find(shelf, name) for name in names or ()]
    asyncio.run(_publish(settings, wanted))
    console.print(f"{len(wanted)} replayed; `cadran dead list` shows those that fail again")


def rebuild(
    abort: Annotated[
        bool, typer.Option("--abort", help="Drop what an interrupted rebuild left, and leave the live state alone.")
    ] = False,
) -> None:
    """Replay all topics into a new state beside the live one, compare, and switch to it.

    Events go on coming in meanwhile. A rebuild that was interrupted, even by kill -9, goes on when it is run again.
    """
    settings, stream = Settings.load(), StreamSettings.load()
    configure_logging("rebuild", level="WARNING", log_format="console")
    redis = blocking_redis(settings.redis_access, socket_timeout=stream.redis_timeout)
    with rebuilding.only_one(redis) as lock:
        if abort:
            _abort(redis)
        else:
            _rebuild(redis, lock, settings)


def _abort(redis: Redis) -> None:
    dropped = discard(redis)
    for state in dropped:
        console.print(f"state {state.version} dropped")
    if not dropped:
        console.print("nothing to drop: no rebuild is unfinished")


def _rebuild(redis: Redis, lock: Lock, settings: Settings) -> None:
    draft = open_draft(redis, new_version(settings, declared_by(settings)))
    log_file = settings.local_dir / "logs" / "rebuild.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with rebuilding.replaying(draft.state, str(log_file)) as worker:
            asyncio.run(_replay(settings, worker, live_state(redis), draft))
            before = rebuilding.switch_over(redis, lock, draft.state)
            console.print(f"readers now follow state {draft.state.version}, and workers within seconds")
            time.sleep(rebuilding.HANDOVER_SECONDS)
    except BaseException:
        if unfinished(redis) == draft.state:
            stays = f"state {draft.state.version} stays unfinished"
            console.print(f"{stays}: `cadran rebuild` goes on with it, `cadran rebuild --abort` drops it")
        raise
    if before is not None:
        console.print(f"{drop(redis, before):,} keys of the old state dropped")


async def _replay(
    settings: Settings, worker: "subprocess.Popen[bytes]", live: StateVersion | None, draft: Draft
) -> None:
    """Follow the replay to the end of every log, then compare."""
    async with (
        async_redis(settings.redis_access) as redis,
        AIOKafkaConsumer(**settings.kafka_access.aiokafka(), enable_auto_commit=False) as consumer,
    ):
        observatory = build_observatory(settings, redis, LogEnds(settings.kafka_access, settings.partitions, utc_now))
        logs = rebuilding.Logs(observatory.reader, consumer, settings.partitions)
        if draft.is_resumed:
            reached = await logs.reached(draft.state)
            console.print(f"going on with state {draft.state.version}, {reached.share * 100:.0f} % done")
        with Progress(*PROGRESS, console=console) as bar:
            task = bar.add_task("", total=None)
            async for reached in rebuilding.catching_up(worker, logs, draft.state):
                bar.update(task, completed=reached.done, total=reached.total)
        if live is None or not live.is_made_like(draft.state):
            console.print("the state there was is of another make: nothing to compare with")
            return
        _tell(await Comparer(observatory, all_kpis().values(), logs).compare(live, draft.state))


def _tell(comparison: Comparison) -> None:
    for kpi, window, live, rebuilt in comparison.differences:
        console.print(f"{kpi} {window}: {live} was live, {rebuilt} is rebuilt")
    if not comparison.differences:
        console.print("every headline is as it was")
        return
    console.print(f"{len(comparison.differences)} headlines differ")
    if comparison.on_their_way:
        console.print(f"{comparison.on_their_way:,} records were on their way meanwhile, which may be a part of it")


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%MZ")


def _find(shelf: Shelf, name: str) -> DeadLetter:
    letter = shelf.find(name)
    if letter is None:
        raise NotFound(f"no dead letter is called {name!r}", mend="`cadran dead list` shows them")
    return letter


async def _publish(settings: Settings, letters: list[DeadLetter]) -> None:
    async with Publisher(settings.kafka_access, client_id="cadran-dead", timeout=10.0) as publisher:
        for letter in letters:
            await publisher.publish(replay_messages(letter))
