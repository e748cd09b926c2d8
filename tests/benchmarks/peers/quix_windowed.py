"""Quix Streams as its manual shows it: one tumbling window of a minute, summed by key. Runs in its own environment."""

import sys
import tempfile
from typing import Any

from quixstreams import Application

from tests.benchmarks.peers.stopwatch import Stopwatch

servers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
watch = Stopwatch(count)

app = Application(
    broker_address=servers,
    consumer_group="bench-quix",
    auto_offset_reset="earliest",
    state_dir=tempfile.mkdtemp(),
    loglevel="ERROR",
)


def gross(order: dict[str, Any]) -> int:
    return sum(line["gross_minor"] for line in order["data"]["lines"])


def tick(_: Any) -> None:
    watch.tick()


frame = app.dataframe(app.topic(topic, value_deserializer="json", key_deserializer="str"))
frame = frame.apply(gross).tumbling_window(60_000, grace_ms=3_600_000).sum().current()
frame = frame.update(tick)
app.run(frame)
