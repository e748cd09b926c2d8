"""Processes killed under load: the totals stay exact."""

import time

from tests.faults.load import Traffic, assert_exact
from tests.support.stack import RunningStack, wait_for


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
