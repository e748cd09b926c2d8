"""What a real Prometheus is asked, and what is made of its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.common.errors import ConfigurationError, Unavailable
from services.kpi_stream.backfill.blocks import BlockFolder
from services.kpi_stream.backfill.closes import Close
from services.kpi_stream.backfill.openmetrics import NAME, text
from services.kpi_stream.backfill.prometheus import Prometheus
from services.kpi_stream.exporter.exposition import Sample
from tests.support.prometheus import running_prometheus

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=1)
CLOSE = Close(date(2026, 1, 1), NOW - timedelta(days=3), NOW - timedelta(days=2))
HERE, THERE = {"instance": 'a "b"', "job": "kpis"}, {"instance": "c", "job": "kpis"}


@asynccontextmanager
async def client(folder: Path, *flags: str) -> AsyncIterator[Prometheus]:
    with running_prometheus(folder, *flags) as url:
        async with Prometheus(url) as server:
            yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


async def put(folder: Path, target: dict[str, str], first: datetime, end: datetime, name: str) -> None:
    """A metric with the value 1 every five minutes."""
    times = range(int(first.timestamp()), int(end.timestamp()), 300)
    await BlockFolder(folder / "data").add(text([Sample(name, f'{name}{{window="7d"}} 1.0\n')], target, times))


async def test_one_that_has_scraped_nothing_and_keeps_little_is_told(folder: Path) -> None:
    async with client(folder, "--storage.tsdb.retention.time=2w") as server:
        with pytest.raises(Unavailable, match="has not scraped the KPIs - let it scrape the exporter"):
            await server.target()
        await server.require_room(14)
        with pytest.raises(ConfigurationError, match="keeps 2w, and not 15 days - .*time=15d, or ask for --days 14"):
            await server.require_room(15)
        assert not await server.may_forget()
        with pytest.raises(Unavailable, match="admin APIs disabled"):
            await server.forget(HERE, CLOSE)
        assert await server.folder() == folder / "data"
        assert await server.scraped_since(HERE, 5, NOW) == NOW


async def test_a_size_alone_bounds_no_days(folder: Path) -> None:
    async with client(folder, "--storage.tsdb.retention.size=5GB") as server:
        await server.require_room(400)


async def test_what_it_has_is_found_by_target_and_at_a_close_alone(folder: Path) -> None:
    live = NOW - timedelta(days=1, hours=5, minutes=7)
    await put(folder, HERE, live, SOON, "cadran_exporter_store_up")
    await put(folder, HERE, CLOSE.start, CLOSE.end, "cadran_new_leads")
    async with client(folder, "--web.enable-admin-api") as server:
        assert await server.target() == {**HERE, "window": "7d"}
        assert await server.scraped_since(HERE, 5, NOW) == live
        there = {frozenset({NAME: "cadran_new_leads", "window": "7d", **HERE}.items()): 1.0}
        assert await server.held(HERE, CLOSE) == there
        assert await server.held(THERE, CLOSE) == {}
        between = CLOSE._replace(start=CLOSE.start + timedelta(minutes=1))
        assert await server.held(HERE, between) == {}
        after = CLOSE._replace(start=CLOSE.start + timedelta(hours=12))
        assert await server.may_forget()
        await server.forget(HERE, after)
        assert await server.held(HERE, after) == {}
        assert await server.held(HERE, CLOSE) == there
        assert await server.scraped_since(HERE, 5, NOW) == live


async def test_two_exporters_are_one_too_many(folder: Path) -> None:
    for target in (HERE, THERE):
        await put(folder, target, NOW - timedelta(hours=1), SOON, "cadran_exporter_store_up")
    async with client(folder) as server:
        with pytest.raises(ConfigurationError, match='scrapes several exporters: a "b" and c - let it scrape one'):
            await server.target()
