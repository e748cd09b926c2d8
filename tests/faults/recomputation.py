"""The end of a run: every cell and every row of every KPI against a recomputation of what was acknowledged.

Twice, as each shows what the other cannot: all cells, of every resolution, against the product's own folds, applied at
once and in memory (`tests/support/engine.py`); and the cells by day against a recomputation that uses none of them
(`tests/support/oracle.py`).
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx
import msgspec

from services.common.events import Event, parse
from services.common.settings import Port
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.live_state import live_state
from services.kpi_stream.measures import Address
from tests.faults.histories import block_of
from tests.faults.sender import CloudEvent
from tests.support import oracle
from tests.support.engine import Cell, Engine
from tests.support.events import PARIS
from tests.support.refold import cells_in
from tests.support.stack import RunningStack
from tests.support.world import engine_of, rows, world

DAYS_BACK = 221
COUNTED = ("orders", "leads", "invited")
"""The measures that count an entity once: by them is told what was lost and what was counted twice."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Comparison(NamedTuple):
    """What was compared, and every difference in words."""

    events: int
    entities: int
    lost: int
    double: int
    cells: int
    rows: int
    differences: list[str]


def compare(stack: RunningStack, acknowledged: Iterable[CloudEvent]) -> Comparison:
    """Hold what the stack says now against the events that it has acknowledged."""
    now = datetime.now(UTC)
    unique = {event["id"]: event for event in acknowledged}
    events = [parse(json.dumps(event).encode(), receivedat=now, zone=PARIS) for event in unique.values()]
    expected, found = engine_of(events, now), _engine_in_redis(stack)
    by_day, found_by_day = _recomputed_by_day(events), found.by_day(oracle.KPIS)
    told, expected_rows = _told(stack, now), _recomputed_rows(expected, now)
    counted = [cell for cell in by_day.keys() | found_by_day.keys() if cell.measure in COUNTED and cell.cut == "all"]
    off = [found_by_day.get(cell, 0) - by_day.get(cell, 0) for cell in counted]
    differences = [
        *_differences("cell", _filled(expected.cells), _filled(found.cells)),
        *_differences("cell by day", by_day, found_by_day),
        *_differences("row", expected_rows, told),
    ]
    return Comparison(
        events=len(events),
        entities=sum(by_day.get(cell, 0) for cell in counted),
        lost=-sum(number for number in off if number < 0),
        double=sum(number for number in off if number > 0),
        cells=len(_filled(expected.cells)),
        rows=len(expected_rows),
        differences=differences,
    )


def _differences(what: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> list[str]:
    keys = sorted(expected.keys() | found.keys(), key=str)
    return [
        f"{what} {key}: {expected.get(key)} expected, {found.get(key)} found"
        for key in keys
        if expected.get(key) != found.get(key)
    ]


def _filled(cells: Mapping[tuple[Address, int], int]) -> dict[tuple[Address, int], int]:
    return {cell: value for cell, value in cells.items() if value}


def _engine_in_redis(stack: RunningStack) -> Engine:
    """The cells of the live state."""
    engine = Engine()
    with stack.redis() as client:
        state = live_state(client)
        assert state is not None
        for keys in state.all_keys():
            prefix = f"{keys.prefix}c:"
            for key in client.scan_iter(match=f"{prefix}*", count=1000):
                address = _address(key.decode().removeprefix(prefix))
                for position, value in cells_in(client.get(key)).items():
                    engine.cells[address, position] += value
    return engine


def _address(name: str) -> Address:
    group, cut, member, bucket = name.split(":")
    return Address(group, cut, unquote(member), bucket[0], int(bucket[1:]))


def _recomputed_by_day(events: Iterable[Event]) -> dict[Cell, int]:
    """Block by block: none knows of another, and the recomputation looks at everything from everywhere."""
    blocks: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        blocks[block_of(event.subject)].append(event)
    total: Counter[Cell] = Counter()
    for own in blocks.values():
        total.update(oracle.recompute(own))
    return {cell: value for cell, value in total.items() if value}


RowName = tuple[str, str, str, str]
"""KPI, cut, window, member."""


def _questions(now: datetime) -> Iterator[tuple[str, str, str]]:
    """KPI, cut, and days with a slash between: each KPI by each of its cuts, over today and over all the traffic."""
    today = now.astimezone(PARIS).date()
    for kpi in all_kpis().values():
        for cut in kpi.cuts:
            for first in (today, today - timedelta(days=DAYS_BACK)):
                yield kpi.id, cut.name, f"{first}/{today}"


def _recomputed_rows(engine: Engine, now: datetime) -> dict[RowName, object]:
    here = world(now)
    return {
        (kpi, cut, days, _member(row := json.loads(_encode(made)))): _numbers(row)
        for kpi, cut, days in _questions(now)
        for made in rows(kpi, engine, here, window=days, by=cut).values()
    }


def _told(stack: RunningStack, now: datetime) -> dict[RowName, object]:
    """The same by the read API."""
    found = {}
    with stack.http(Port.EXPORTER) as client:
        for kpi, cut, days in _questions(now):
            first, _, last = days.partition("/")
            query = {"from": first, "to": last} | ({"by": cut} if cut != "all" else {})
            for row in _read(client, f"/v1/kpis/{kpi}", query)["rows"]:
                found[kpi, cut, days, _member(row)] = _numbers(row)
    return found


def _read(client: httpx.Client, path: str, query: dict[str, str]) -> Any:
    """A reader is told to try again while Redis does not answer."""
    while (response := client.get(path, params=query)).status_code == 503:
        time.sleep(0.1)
    assert response.status_code == 200, response.text
    return response.json()


def _member(row: Mapping[str, Any]) -> str:
    return " x ".join(row["by"].values())


def _numbers(row: Mapping[str, Any]) -> object:
    return {"value": row["value"], **row["measures"]}
