"""`make bench-survey`: how fast one process takes answers, beside a bare form that inserts one row."""

import argparse
import asyncio
import os
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from services.common.database import Database, database_url
from services.common.settings import Port
from services.common.signing_secrets import read_secrets
from services.common.windows import utc_now
from services.survey import store
from services.survey.links import Links, Purpose, new_id
from services.survey.records import About, Invitation
from services.survey.tables import SCHEMA
from tests.benchmarks.load import body_length
from tests.benchmarks.peers.stopwatch import peak_mb
from tests.benchmarks.programs import cpu_seconds, running
from tests.support.stack import RunningStack, running_servers, wait_for

OURS = "services.survey.main"
BARE = "tests.benchmarks.peers.bare_form"
CONNECTIONS = 32
FORM = b"score=9&comment=It+came+two+days+early%2C+and+the+driver+was+kind.&may_call=yes"

console = Console(width=120)


class Taken(NamedTuple):
    """How a form took answers that came over `CONNECTIONS` connections, each the next as soon as its last was taken."""

    name: str
    answers_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    peak_mb: float


def measure(stack: RunningStack, answers: int) -> list[Taken]:
    """Ours, then the bare form; the first answer of each connection warms the server, and is not measured."""
    stack.layout.data.mkdir(exist_ok=True)
    requests = [_post(path) for path in asyncio.run(_invite(stack, answers + CONNECTIONS))]
    port = stack.settings.port(Port.SURVEY)
    bare = (BARE, str(stack.layout.data / "bare.sqlite"), str(port))
    return [_measure(stack, name, program, port, requests) for name, program in (("cadran", (OURS,)), ("bare", bare))]


async def _invite(stack: RunningStack, count: int) -> list[str]:
    """Write invitations into the database; the paths of their links."""
    now = utc_now()
    invitations = [
        Invitation(
            id=new_id(),
            about=About(touchpoint="delivery", customer_id=f"C-{number}", channel="online"),
            email=None,
            language="en",
            created_at=now,
            expires_at=now + timedelta(days=30),
        )
        for number in range(count)
    ]
    database = Database(database_url("", stack.settings.local_dir, SCHEMA), SCHEMA)
    database.open()
    await database.write(lambda connection: [store.add_invitation(connection, each) for each in invitations])
    database.close()
    links = Links(read_secrets(stack.settings.local_dir / "survey.secret", ""), "http://127.0.0.1")
    return [urlsplit(links.url(Purpose.NPS, each.id)).path for each in invitations]


def _post(path: str) -> bytes:
    """A form as a browser sends it."""
    head = (
        f"POST {path}?lang=en HTTP/1.1",
        "Host: 127.0.0.1",
        "Origin: http://127.0.0.1",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(FORM)}",
    )
    return "\r\n".join((*head, "", "")).encode() + FORM


def _measure(stack: RunningStack, name: str, program: Sequence[str], port: int, requests: Sequence[bytes]) -> Taken:
    with running(stack, *program) as pid:
        wait_for(lambda: _listens(port), "the server listens")
        uvloop.run(_send_all(port, requests[:CONNECTIONS]))
        start, cpu = time.perf_counter(), cpu_seconds(pid)
        took = uvloop.run(_send_all(port, requests[CONNECTIONS:]))
        seconds = time.perf_counter() - start
        percentiles = statistics.quantiles(took, n=100)
        return Taken(
            name=name,
            answers_per_s=len(took) / seconds,
            p50_ms=percentiles[49] * 1000,
            p99_ms=percentiles[98] * 1000,
            cpu_ms=(cpu_seconds(pid) - cpu) / len(took) * 1000,
            peak_mb=peak_mb(pid),
        )


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)):
        return True


async def _send_all(port: int, requests: Sequence[bytes]) -> list[float]:
    """Send every form; the seconds that each took."""
    shared, took = iter(requests), list[float]()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_send(port, shared, took))
    return took


async def _send(port: int, requests: Iterator[bytes], took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(body_length(head))
        took.append(time.perf_counter() - start)
        if not head.startswith(b"HTTP/1.1 303 "):
            raise RuntimeError(f"refused: {head.decode()}")
    writer.close()
    await writer.wait_closed()


def table(rows: Sequence[Taken]) -> Table:
    """For people."""
    made = Table(title=f"Answers taken over {CONNECTIONS} connections", title_justify="left", box=box.MARKDOWN)
    made.add_column("", no_wrap=True)
    for heading in ("answers/s", "p50 ms", "p99 ms", "CPU ms", "peak MB", "x bare"):
        made.add_column(heading, justify="right")
    bare = rows[-1].answers_per_s
    for each in rows:
        numbers = (each.answers_per_s, each.p50_ms, each.p99_ms)
        cells = [f"{number:,.0f}" for number in numbers]
        made.add_row(each.name, *cells, f"{each.cpu_ms:.2f}", f"{each.peak_mb:.0f}", f"{each.answers_per_s / bare:.2f}")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast answers are taken, on a real Kafka.")
    parser.add_argument("--answers", type=int, default=6000, help="answers to send")
    parser.add_argument("--out", type=Path, default=Path(".local/bench_survey.json"), help="the file to write")
    arguments = parser.parse_args()
    with running_servers() as stack:
        rows = measure(stack, arguments.answers)
    console.print(table(rows))
    found = {
        "answers": arguments.answers,
        "load": os.getloadavg()[0],
        "rows": [each._asdict() for each in rows],
        "ratios": {"cadran/bare": rows[0].answers_per_s / rows[1].answers_per_s},
    }
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


if __name__ == "__main__":
    main()
