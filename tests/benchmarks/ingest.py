"""How fast events are taken in over HTTP: by the gateway, by an endpoint that only publishes, and by one that does
nothing, which shows what can be sent at most."""

import socket
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec
import uvloop

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from services.common.windows import utc_now
from services.ingest.reading import BATCH, STRUCTURED
from tests.benchmarks.load import post, send_all
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import BUSY, orders
from tests.benchmarks.peers.stopwatch import peak_mb
from tests.benchmarks.programs import cpu_seconds, running
from tests.support.stack import RunningStack, wait_for

GATEWAY = "services.ingest.main"
BARE = "tests.benchmarks.peers.bare_endpoint"
NOTHING = "tests.benchmarks.peers.nothing"

BATCH_EVENTS = 1000
SINGLE_CONNECTIONS, FEW_CONNECTIONS, BATCH_CONNECTIONS = 128, 32, 4
"""Single events are sent by enough that the server is never idle, and by few, where its waits count: two for Redis, one
for Kafka, where the bare endpoint has only Kafka's."""


class Load(NamedTuple):
    """Requests of one form; the first of each connection warm the server, and are not measured."""

    name: str
    requests: Sequence[bytes]
    events_of_a_request: int
    connections: int


def measure(stack: RunningStack, singles: int, batched: int) -> Iterator[Measured]:
    """Single events, then batches, to every server."""
    key = KeyRing(stack.settings.api_keys_file).create("bench", (Scope.WRITE_EVENTS,), namespace="")
    port = stack.settings.port(Port.INGEST)
    programs = {
        "": (GATEWAY,),
        "_bare": (BARE, stack.settings.kafka_servers, str(port)),
        "_ceiling": (NOTHING, str(port)),
    }
    loads = (
        single("ingest_single", key, singles, SINGLE_CONNECTIONS),
        single("ingest_single_few", key, singles, FEW_CONNECTIONS),
        _batches(key, batched),
    )
    for load in loads:
        for suffix, program in programs.items():
            yield taken(stack, load, load.name + suffix, *program)


def taken(stack: RunningStack, load: Load, name: str, *program: str, **settings: str) -> Measured:
    """A load, by a server that is started for it."""
    port = stack.settings.port(Port.INGEST)
    with running(stack, *program, **settings) as pid:
        wait_for(lambda: _listens(port), "the server listens")
        return _send(load, name, port, pid)


def single(name: str, key: str, count: int, connections: int) -> Load:
    sent = orders(count + connections, until=utc_now(), over=BUSY, name=name)
    requests = [post("/v1/events", key, STRUCTURED, msgspec.json.encode(event)) for event in sent]
    return Load(name, requests, 1, connections)


def _batches(key: str, count: int) -> Load:
    batches = count // BATCH_EVENTS + BATCH_CONNECTIONS
    sent = orders(batches * BATCH_EVENTS, until=utc_now(), over=BUSY, name="B")
    bodies = (msgspec.json.encode(list(islice(sent, BATCH_EVENTS))) for _ in range(batches))
    requests = [post("/v1/events/batch", key, BATCH, body) for body in bodies]
    return Load("ingest_batch", requests, BATCH_EVENTS, BATCH_CONNECTIONS)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)):
        return True


def _send(load: Load, name: str, port: int, pid: int) -> Measured:
    warming, measured = load.requests[: load.connections], load.requests[load.connections :]
    uvloop.run(send_all(port, warming, load.connections))
    start, cpu = time.perf_counter(), cpu_seconds(pid)
    uvloop.run(send_all(port, measured, load.connections))
    return Measured(
        name=name,
        events=len(measured) * load.events_of_a_request,
        seconds=time.perf_counter() - start,
        cpu_seconds=cpu_seconds(pid) - cpu,
        peak_mb=peak_mb(pid),
    )
