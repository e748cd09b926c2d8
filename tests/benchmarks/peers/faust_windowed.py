"""Stock Faust as its manual shows it: one agent, one tumbling table, a record at a time."""

import sys

import faust

from tests.benchmarks.peers.stopwatch import Stopwatch

servers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
watch = Stopwatch(count)

app = faust.App("bench-faust", broker=f"kafka://{servers}", store="memory://", web_enabled=False)
orders = app.topic(topic, value_serializer="json", key_serializer="raw")
sold = app.Table("sold", default=int, partitions=12).tumbling(60.0, expires=3600.0)


@app.agent(orders)
async def add_up(stream: faust.StreamT) -> None:
    async for order in stream:
        data = order["data"]
        sold[data["channel"]] += sum(line["gross_minor"] for line in data["lines"])
        watch.tick()


sys.argv = [sys.argv[0], "worker", "--without-web", "--loglevel", "error"]
app.main()
