"""What was measured, as tables for people and as a file for programs."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from tests.benchmarks.measured import Measured, Snapshot

STAGES = ("fetch", "decode", "read", "fold", "publish", "commit")
COMPARED = ("aiokafka_floor", "faust_windowed", "quix_windowed")
"""What ours is set against."""


def document(events: int, rows: Sequence[Measured], snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """All of it, for `bench.json`."""
    return {
        "events": events,
        "load": os.getloadavg()[0],
        "rows": [_row(measured) for measured in rows],
        "ratios": {f"{ours}/{other}": ratio for ours, other, ratio in _ratios(rows)},
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


def _ratios(rows: Sequence[Measured]) -> Iterator[tuple[str, str, float]]:
    """How many times as fast as another each of ours is: at consuming, and at taking in over HTTP."""
    rates = {measured.name: measured.events_per_s for measured in rows}
    for name in rates:
        others = COMPARED if name.startswith("cadran") else (f"{name}_bare",)
        for other in others:
            if other in rates:
                yield name, other, rates[name] / rates[other]


def throughput_table(rows: Sequence[Measured]) -> Table:
    """A line for every contender."""
    table = Table(title="Consuming: a line is a run; us, Redis and bytes are per event")
    ratios = {(ours, other): ratio for ours, other, ratio in _ratios(rows)}
    table.add_column("")
    for heading in ("events/s", "CPU us", *STAGES, "calls", "commands", "bytes in", "peak MB", *COMPARED):
        table.add_column(heading, justify="right")
    for measured in rows:
        stages = [_number(measured.stages_us.get(stage), 1) for stage in STAGES]
        use = [_number(value, digits) for value, digits in zip(measured.redis or (None,) * 3, (3, 1, 0), strict=True)]
        times = [_number(ratios.get((measured.name, other)), 2) for other in COMPARED]
        cells = [f"{measured.events_per_s:,.0f}", _number(measured.cpu_us, 1), *stages, *use]
        table.add_row(measured.name, *cells, _number(measured.peak_mb, 0), *times)
    return table


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
