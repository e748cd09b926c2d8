"""Processes killed, servers rolled back, partitions handed over: the totals stay exact."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.programs import ROOT
from services.common.settings import Port
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from tests.faults.load import Traffic, counted
from tests.faults.servers import bring_back, copy_of_redis, partitions_held
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, wait_for

ALL_PARTITIONS = len(CONSUMED_TOPICS) * 12


def assert_exact(stack: RunningStack, *traffic: Traffic) -> None:
    """Everything acknowledged is counted once: no more, no less."""
    stack.wait_applied()
    expected = sum((t.totals for t in traffic[1:]), traffic[0].totals)
    wait_for(lambda: counted(stack) == expected, f"{expected} (now {counted(stack)})", patience=30)


def test_totals_are_exact_after_kill_9_of_the_processor_under_load(stack: RunningStack) -> None:
    traffic = Traffic(stack, seed=1)
    traffic.start()
    for _ in range(4):
        time.sleep(2.0)
        stack.kill("worker")
    time.sleep(2.0)
    traffic.finish()
    assert traffic.sent > 2_000
    assert_exact(stack, traffic)


def test_totals_are_exact_after_kill_9_of_gateway_kafka_and_redis_under_load(stack: RunningStack) -> None:
    traffic = Traffic(stack, seed=2)
    traffic.start()
    for program in ("ingest", "redis", "kafka"):
        time.sleep(2.0)
        stack.kill(program)
    wait_for(lambda: traffic.sent > 4_000, "traffic flows again", patience=90)
    traffic.finish()
    assert traffic.retries > 0
    assert_exact(stack, traffic)


def test_totals_are_exact_after_redis_was_rolled_back_while_batches_were_queued(stack: RunningStack) -> None:
    """What a failover to a replica that lags does: an older state, and Kafka further on."""
    traffic = Traffic(stack, seed=3)
    traffic.start()
    time.sleep(3.0)
    older = copy_of_redis(stack)
    time.sleep(3.0)
    bring_back(stack, older)
    time.sleep(2.0)
    traffic.finish()
    assert_exact(stack, traffic)


def test_a_rollback_is_noticed_even_when_no_new_record_comes(stack: RunningStack) -> None:
    traffic = Traffic(stack, seed=4)
    traffic.start()
    time.sleep(2.0)
    older = copy_of_redis(stack)
    time.sleep(2.0)
    traffic.finish()
    assert_exact(stack, traffic)
    bring_back(stack, older)
    assert_exact(stack, traffic)


def test_partitions_that_go_to_another_worker_and_come_back_count_once(stack: RunningStack) -> None:
    traffic = Traffic(stack, seed=5)
    traffic.start()
    time.sleep(2.0)
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with second_worker(stack) as second:
            wait_for(lambda: partitions_held(stack, 1) > 0, "the second worker takes some over")
            time.sleep(3.0)
            second.send_signal(ending)
        wait_for(lambda: partitions_held(stack, 0) == ALL_PARTITIONS, "the first worker has all of them again")
    traffic.finish()
    assert_exact(stack, traffic)


def test_a_worker_that_wakes_as_a_zombie_changes_nothing(stack: RunningStack) -> None:
    """SIGSTOP past its session: its partitions go to another, then it goes on with what it held."""
    traffic = Traffic(stack, seed=6)
    traffic.start()
    time.sleep(2.0)
    with second_worker(stack) as second:
        wait_for(lambda: partitions_held(stack, 1) > 0, "the second worker takes some over")
        some = partitions_held(stack, 1)
        stack.signal("worker", signal.SIGSTOP)
        wait_for(lambda: partitions_held(stack, 1) > some, "the second worker takes over those of the first")
        time.sleep(2.0)
        stack.signal("worker", signal.SIGCONT)
        time.sleep(4.0)
        second.terminate()
    traffic.finish()
    assert_exact(stack, traffic)


@contextmanager
def second_worker(stack: RunningStack) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**stack.environment, "CADRAN_STREAM_WORKER": "1", "CADRAN_LOG_LEVEL": "INFO"}
    command = [sys.executable, "-m", "services.kpi_stream.main"]
    log = stack.layout.logs / "second.log"
    with log.open("wb") as file, subprocess.Popen(command, env=environment, cwd=ROOT, stderr=file) as second:
        yield second


def test_while_kafka_is_away_the_gateway_says_503_and_its_memory_stays_flat(stack: RunningStack) -> None:
    os.kill(stack.supervisor.state("kafka").pid, signal.SIGSTOP)
    try:
        with stack.http(Port.INGEST) as client:
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
                sizes.append(_resident_kb(stack.supervisor.state("ingest").pid))
        assert set(statuses) == {(503, "2")}
        # Eight batches of a megabyte were refused: what is held is bounded, and does not grow with each.
        assert sizes[-1] - sizes[3] < 8_000
    finally:
        os.kill(stack.supervisor.state("kafka").pid, signal.SIGCONT)
    wait_for(lambda: _sends(stack, events), "the gateway takes events again")
    stack.wait_applied()
    row = stack.kpi("sales", from_="2026-11-20", to="2026-11-20")["rows"][0]
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
