"""A server that is away, lost or asked for too much: what is said meanwhile, and what is counted after."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.programs import ROOT
from services.common.settings import Port
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, running_stack, wait_for


@pytest.fixture
def impatient() -> Iterator[RunningStack]:
    """A stack whose gateway gives Kafka one second."""
    with running_stack(CADRAN_INGEST_PUBLISH_TIMEOUT="1") as running:
        yield running


def test_while_kafka_is_away_the_gateway_says_503_and_its_memory_stays_flat(impatient: RunningStack) -> None:
    impatient.signal("kafka", signal.SIGSTOP)
    try:
        with impatient.http(Port.INGEST) as client:
            events = [
                cloud_event(
                    "order.placed", f"k{i}", "2026-11-20T10:00:00Z", channel="x", currency="EUR", lines=[line(1)]
                )
                for i in range(2000)
            ]
            statuses, sizes = [], []
            for _ in range(8):
                response = client.post("/v1/events/batch", json=events)
                statuses.append((response.status_code, response.headers.get("retry-after")))
                sizes.append(_resident_kb(impatient.pid("ingest")))
        assert set(statuses) == {(503, "2")}
        # Eight batches of a megabyte were refused: what is held is bounded, and does not grow with each.
        assert sizes[-1] - sizes[3] < 8_000
    finally:
        impatient.signal("kafka", signal.SIGCONT)
    wait_for(lambda: _sends(impatient, events), "the gateway takes events again")
    impatient.wait_applied()
    row = impatient.kpi("sales", from_="2026-11-20", to="2026-11-20")["rows"][0]
    assert row["measures"]["orders"] == 2000


def _sends(stack: RunningStack, events: list[dict[str, object]]) -> bool:
    with stack.http(Port.INGEST) as client:
        return client.post("/v1/events/batch", json=events).status_code == 202


def _resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(text for text in status.splitlines() if text.startswith("VmRSS")).split()[1])


def test_without_redis_events_are_still_taken_and_counted_later(stack: RunningStack) -> None:
    stack.supervisor.stop("redis")
    with stack.http(Port.INGEST) as client:
        event = cloud_event("order.placed", "r1", "2026-11-20T10:00:00Z", channel="x", currency="EUR", lines=[line(7)])
        assert [client.post("/v1/events", json=event).status_code for _ in range(2)] == [202, 202]
    with stack.http(Port.EXPORTER) as client:
        assert client.get("/v1/kpis/sales").status_code == 503
        assert "cadran_exporter_store_up 0.0" in client.get("/metrics").text
    stack.supervisor.start("redis")
    stack.wait_applied()
    assert stack.kpi("sales", from_="2026-11-20", to="2026-11-20")["rows"][0]["measures"]["orders"] == 1


def test_a_state_from_another_kafka_is_refused(stack: RunningStack) -> None:
    """Kafka's data lost, Redis's kept: going on would skip records."""
    stack.supervisor.stop("worker")
    stack.supervisor.stop("kafka")
    shutil.rmtree(stack.layout.data / "kafka")
    stack.layout.make()
    log = stack.layout.logs / "worker.log"
    command = [sys.executable, "-m", "deploy.local.stack", "up"]
    with subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=subprocess.DEVNULL) as up:
        wait_for(lambda: "made from another Kafka than this one" in log.read_text(), "the worker refuses")
        up.terminate()
    assert "cadran rebuild" in log.read_text()
    with stack.http(Port.EXPORTER) as client:
        assert {p["next"] for p in client.get("/v1/freshness").json()["partitions"]} == {0}


def test_a_key_that_sends_too_much_is_told_when_to_come_back(stack: RunningStack) -> None:
    stack.supervisor.stop("ingest")
    environment = {**stack.environment, "CADRAN_INGEST_RATE_LIMIT": "3/minute"}
    with subprocess.Popen(
        [sys.executable, "-m", "services.ingest.main"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL
    ) as gateway:
        with stack.http(Port.INGEST) as client:
            wait_for(lambda: client.get("/readyz").status_code == 200, "the gateway is ready")
            event = cloud_event(
                "order.placed", "q", "2026-11-20T10:00:00Z", channel="x", currency="EUR", lines=[line(7)]
            )
            answers = [client.post("/v1/events", json=event) for _ in range(4)]
        gateway.terminate()
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
