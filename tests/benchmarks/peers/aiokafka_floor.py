"""A bare aiokafka loop that decodes and does nothing: the floor that nothing in Python gets under."""

import sys
import time

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
            start = time.perf_counter()
            fetched = await consumer.getmany(timeout_ms=1000, max_records=5000)
            watch.spend("fetch", time.perf_counter() - start)
            for records in fetched.values():
                start = time.perf_counter()
                for record in records:
                    decode(record.value)
                watch.spend("decode", time.perf_counter() - start)
                watch.tick(len(records))


uvloop.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
