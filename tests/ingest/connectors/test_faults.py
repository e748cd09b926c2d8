"""What breaks while webhooks come: each is taken, and counts once."""

from pathlib import Path

from tests.benchmarks.webhooks import run, webhook_stack


def test_while_kafka_is_away_and_the_gateway_is_killed_every_delivery_is_taken_and_counts_once(tmp_path: Path) -> None:
    with webhook_stack(tmp_path) as stack:
        ran = run(stack, rate=50, seconds=30)
    assert set(ran.statuses) <= {200, 0}
    assert (ran.in_kafka, ran.events_twice, ran.counted) == (ran.deliveries, 0, ran.deliveries)
