"""Partitions go from worker to worker: the totals stay exact."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.programs import ROOT
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from tests.faults.load import Traffic, assert_exact
from tests.faults.servers import partitions_held
from tests.support.stack import RunningStack, wait_for

ALL_PARTITIONS = len(CONSUMED_TOPICS) * 12


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
