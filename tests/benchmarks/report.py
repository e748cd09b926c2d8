"""What was measured, as tables for people and as a file for programs."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.table import Table

from tests.benchmarks.measured import Measured, Snapshot

STAGES = ("fetch", "decode", "read", "fold", "publish", "commit")
COMPARED = {"aiokafka_floor": "x floor", "faust_windowed": "x Faust", "quix_windowed": "x Quix"}
"""What ours is set against when it consumes, and the headings."""


UNNAMED = {"cadran": "cadran_unnamed", "cadran_mix": "cadran_mix_unnamed"}
"""What a history is set against that has all of its orders, and nobody whom they tell."""
ORDERS = {"cadran_mix": "cadran_mix_orders"}
"""And what has its orders alone, as they are."""


def ratios(rows: Sequence[Measured]) -> Iterator[tuple[str, str, float]]:
    """How many times as fast as another each of ours is: at consuming, and at taking in over HTTP."""
    rates = {measured.name: measured.events_per_s for measured in rows}
    for name in rates:
        for other in _others(name):
            if other in rates:
                yield name, other, rates[name] / rates[other]


def _others(name: str) -> list[str]:
    """What a row is set against."""
    if not name.startswith("cadran"):
        return [f"{name}_bare", f"{name}_ceiling"]
    return [*COMPARED, *(own[name] for own in (UNNAMED, ORDERS) if name in own)]


def document(events: int, rows: Sequence[Measured], snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """All of it, for `bench.json`."""
    return {
        "events": events,
        "load": os.getloadavg()[0],
        "rows": [_row(measured) for measured in rows],
        "ratios": {f"{ours}/{other}": ratio for ours, other, ratio in ratios(rows)},
        "snapshots": [snapshot._asdict() for snapshot in snapshots],
    }


def _row(measured: Measured) -> dict[str, Any]:
    return {
        "name": measured.name,
        "events_per_s": measured.events_per_s,
        "events": measured.events,
        "seconds": measured.seconds,
        "cpu_us_per_event": measured.cpu_us,
        "peak_mb": measured.peak_mb,
        "us_per_event": measured.stages_us,
        "redis_per_event": measured.redis._asdict() if measured.redis else {},
    }


def tables(rows: Sequence[Measured], snapshots: Sequence[Snapshot]) -> Iterator[Table]:
    """One of consuming, one of taking in, one of scrapes."""
    taken_in = [measured for measured in rows if measured.name.startswith("ingest")]
    yield _consuming([measured for measured in rows if measured not in taken_in])
    yield _taking_in(taken_in)
    yield _scrapes(snapshots)


def _consuming(rows: Sequence[Measured]) -> Table:
    headings = (
        "events/s",
        "CPU us",
        *STAGES,
        "calls",
        "commands",
        "bytes in",
        "peak MB",
        *COMPARED.values(),
        "x unnamed",
        "x orders",
    )
    table = _table("Consumed from Kafka (us and Redis: per event)", headings)
    times = {(ours, other): ratio for ours, other, ratio in ratios(rows)}
    for measured in rows:
        stages = [_number(measured.stages_us.get(stage), 1) for stage in STAGES]
        use = [_number(value, digits) for value, digits in zip(measured.redis or (None,) * 3, (3, 1, 0), strict=True)]
        compared = [_number(times.get((measured.name, other)), 2) for other in COMPARED]
        alone = [_number(times.get((measured.name, own.get(measured.name, ""))), 2) for own in (UNNAMED, ORDERS)]
        cells = [_number(measured.events_per_s), _number(measured.cpu_us, 1), *stages, *use]
        table.add_row(measured.name, *cells, _number(measured.peak_mb), *compared, *alone)
    return table


def _taking_in(rows: Sequence[Measured]) -> Table:
    table = _table("Taken in over HTTP", ("events/s", "CPU us", "peak MB", "x bare"))
    times = {ours: ratio for ours, other, ratio in ratios(rows) if other.endswith("_bare")}
    for measured in rows:
        cells = [_number(measured.events_per_s), _number(measured.cpu_us, 1), _number(measured.peak_mb)]
        table.add_row(measured.name, *cells, _number(times.get(measured.name), 2))
    return table


def _scrapes(snapshots: Sequence[Snapshot]) -> Table:
    table = _table("Scraped from the exporter", ("answer ms", "snapshot ms", "series"))
    for found in snapshots:
        cells = [_number(found.seconds * 1000), _number(found.snapshot_seconds * 1000), _number(found.series)]
        table.add_row(found.name, *cells)
    return table


def _table(title: str, headings: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.MARKDOWN)
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
