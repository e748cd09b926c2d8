"""A bare aiokafka loop that decodes and does nothing: the floor that nothing in Python gets under."""

import sys

import uvloop
from aiokafka import AIOKafkaConsumer

from services.common.events import decode
from tests.benchmarks.peers.stopwatch import Stopwatch


async def read(servers: str, topic: str, count: int) -> None:
    watch = Stopwatch(count)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id="bench-floor",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
    )
    async with consumer:
        while True:
            for records in (await consumer.getmany(timeout_ms=1000, max_records=5000)).values():
                for record in records:
                    decode(record.value)
                watch.tick(len(records))


uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
