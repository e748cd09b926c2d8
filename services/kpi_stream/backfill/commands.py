"""`cadran backfill`."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.common.errors import Unavailable
from services.common.logging import configure_logging
from services.common.redis_clients import async_redis
from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.kpi_stream.backfill.blocks import BlockFolder
from services.kpi_stream.backfill.closes import Close, closes
from services.kpi_stream.backfill.filling import Filling, Finding, Look
from services.kpi_stream.backfill.numbers import PastNumbers
from services.kpi_stream.backfill.prometheus import Prometheus
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.settings import StreamSettings

MOST_DAYS = 400
"""Beyond them hours are kept no longer, by which conversion is told of days that were counted in part."""

TAKES_IN, POLL_SECONDS = 180.0, 2.0
"""Prometheus looks for new blocks once a minute."""

PROGRESS = (TextColumn("backfilling"), BarColumn(), MofNCompleteColumn(), TextColumn("days,"), TimeRemainingColumn())
console = Console(soft_wrap=True, highlight=False)

Work = Callable[[Filling, Prometheus, Sequence[Close]], Awaitable[None]]


def register(app: typer.Typer) -> None:
    app.command("backfill")(backfill)


def backfill(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many past days.")] = MOST_DAYS,
    out: Annotated[
        Path | None,
        typer.Option(help="Write blocks into this folder, for a Prometheus elsewhere. Left out: into its data folder."),
    ] = None,
    prometheus: Annotated[str, typer.Option(help="URL of Prometheus. Left out: the local stack's.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")] = False,
) -> None:
    """Write past days into Prometheus, so that Grafana's curves reach back to before it began to scrape.

    Of each day what stood at its close, by what is known now. Safe to repeat: what is there is left, what has changed
    is written anew.
    """
    configure_logging("backfill", level="WARNING", log_format="console")
    settings = Settings.load()
    server = Prometheus(prometheus or f"http://127.0.0.1:{settings.port(Port.PROMETHEUS)}")
    asyncio.run(_backfill(settings, server, days, _look if dry_run else partial(_write, out)))


async def _backfill(settings: Settings, server: Prometheus, days: int, work: Work) -> None:
    async with (
        server,
        async_redis(settings.redis_access, socket_timeout=StreamSettings.load().redis_timeout) as redis,
        LogEnds(settings.kafka_access, settings.partitions, utc_now) as ends,
    ):
        target = await server.target()
        await server.require_room(days)
        numbers = PastNumbers(build_observatory(settings, redis, ends), list(all_kpis().values()))
        world = (await numbers.applied()).world
        since = await server.scraped_since(target, days, world.now)
        past = closes(days, world.today, since, world.calendar)
        if past:
            await work(Filling(numbers, server, target), server, past)
        else:
            began = since.astimezone(settings.zone)
            console.print(f"nothing to write: Prometheus has scraped the KPIs since {began:%Y-%m-%d %H:%M}")


async def _look(filling: Filling, server: Prometheus, past: Sequence[Close]) -> None:  # noqa: ARG001 - as `_write`
    """Say what would be written."""
    found = Counter([look.finding async for look in _looks(filling, past)])
    _say(found, past, "to write")


async def _write(out: Path | None, filling: Filling, server: Prometheus, past: Sequence[Close]) -> None:
    """Write what is missing, and anew what has changed; into Prometheus's own folder until it has taken that in."""
    folder = BlockFolder(out or (await server.folder()))
    writable = {Finding.MISSING, Finding.CHANGED} if await server.may_forget() else {Finding.MISSING}
    found: Counter[Finding] = Counter()
    last: Look | None = None
    async for look in _looks(filling, past):
        found[look.finding] += 1
        if look.finding in writable:
            await filling.write(look, folder)
            last = look
    _say(found, past, "written")
    if found[Finding.CHANGED] and Finding.CHANGED not in writable:
        console.print("what has changed was left: only a Prometheus with --web.enable-admin-api drops what it has")
    if out is not None:
        console.print(f"move what is in {out} into the data folder of Prometheus: it looks there once a minute")
    elif last is not None:
        await _taken_in(filling, last)


async def _looks(filling: Filling, past: Sequence[Close]) -> AsyncIterator[Look]:
    with Progress(*PROGRESS, console=console) as bar:
        for close in bar.track(past):
            yield await filling.look(close)


def _say(found: Counter[Finding], past: Sequence[Close], done: str) -> None:
    span = f"{len(past)} days, {past[0].day} to {past[-1].day}"
    fates = f"{found[Finding.MISSING]} {done}, {found[Finding.CHANGED]} have changed, {found[Finding.THERE]} were there"
    console.print(f"{span}: {fates}")


async def _taken_in(filling: Filling, last: Look) -> None:
    """Wait until Prometheus shows what was written last, and so all of it."""
    begun = time.monotonic()
    with console.status("Prometheus takes them in: it looks for blocks once a minute"):
        while not await filling.is_taken_in(last):
            if time.monotonic() - begun > TAKES_IN:
                mend = "see its log; when it is started again it reads them"
                raise Unavailable(f"Prometheus has not taken the blocks in within {TAKES_IN:.0f} s", mend=mend)
            await asyncio.sleep(POLL_SECONDS)
    console.print(f"Prometheus has taken them in ({time.monotonic() - begun:.0f} s)")
