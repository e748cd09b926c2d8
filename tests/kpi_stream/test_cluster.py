"""The state on a real Redis Cluster: written by the worker's store, read by the exporter's, rebuilt and switched."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.cluster import key_slot

from services.common.errors import ConfigurationError
from services.common.events import EVENT_TYPES, Event, encode
from services.common.kafka_access import KafkaAccess
from services.common.keys import SEEN
from services.common.publisher import Message
from services.common.redis_access import RedisAccess
from services.common.redis_clients import async_redis, blocking_redis, servers
from services.common.settings import Settings
from services.common.windows import days_window
from services.ingest.store import Marks
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.comparison import Comparer
from services.kpi_stream.draft import open_draft
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.observatory import Observatory
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import rows
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.live_state import drop, live_state, prepare, switch
from services.kpi_stream.rebuild import Reached, only_one, switch_over
from services.kpi_stream.redis_check import require_redis_settings
from services.kpi_stream.state_version import StateVersion
from tests.support.events import RECEIVED, event, line
from tests.support.redis import running_redis_cluster
from tests.support.refold import content_in, content_of, refolded
from tests.support.remote import Servers, Worker
from tests.support.world import engine_of, total_row, world

SET_AS_IT_MUST_BE = ("--hash-max-listpack-entries", "512", "--hash-max-listpack-value", "1024")
NODES, SHARDS = 3, 4  # the tags of shards 0 to 2 lie on two of three nodes
TOPICS = {topic.value: "topic-id" for topic in CONSUMED_TOPICS}
FIRST, LAST = date(2026, 11, 21), date(2026, 11, 22)


def state_called(version: str) -> StateVersion:
    return StateVersion(version, "digest", "cluster", TOPICS, partitions=SHARDS, shards=SHARDS, entity_hashes=16)


STATE = state_called("v1")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_redis_cluster(NODES, *SET_AS_IT_MUST_BE) as found:
        yield found


@pytest.fixture
def blocking(url: str) -> Iterator[BlockingRedis]:
    """A client for commands, with nothing in the cluster."""
    client = blocking_redis(RedisAccess(url))
    for server in servers(client):
        server.flushall()
    yield client
    client.close()


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    client = async_redis(RedisAccess(url))
    yield client
    await client.aclose()


def history() -> list[Event]:
    """Orders that win leads, some given back, an hour apart."""
    found = []
    for i in range(60):
        time = RECEIVED - timedelta(hours=i)
        sold = {"channel": "online", "currency": "EUR", "lines": [line(1000 + i)], "lead_id": f"L{i}"}
        found.append(event("order.placed", f"O{i}", time, **sold))
        found.append(event("lead.created", f"L{i}", time - timedelta(days=1), rep_id="ana"))
        if i % 4 == 0:
            returned = {"return_id": "r", "currency": "EUR", "amount_minor": 300}
            found.append(event("order.returned", f"O{i}", time + timedelta(minutes=1), **returned))
    return found


def observatory_of(redis: Redis) -> Observatory:
    """The exporter's, at the time of the events."""
    found = build_observatory(Settings(), redis, LogEnds(KafkaAccess(""), SHARDS, lambda: RECEIVED))
    found.clock = lambda: RECEIVED
    return found


async def fill(redis: Redis, state: StateVersion, events: list[Event], batch: int) -> Servers:
    """Have a worker apply events, and what their entities tell each other, in batches of some size."""
    kafka = Servers(redis, state)
    for each in events:
        kafka.append(Message(EVENT_TYPES[each.type].topic, each.subject.encode(), encode(each)))
    worker = Worker(kafka)
    await worker.take_over([(topic, partition) for topic in TOPICS for partition in range(SHARDS)])
    await worker.work()
    while waiting := worker.waiting():
        await worker.fetch(waiting[0], batch)
        await worker.work()
    return kafka


async def test_every_node_holds_a_part_and_together_they_hold_the_records(
    redis: Redis, blocking: BlockingRedis
) -> None:
    prepare(blocking, STATE)
    kafka = await fill(redis, STATE, history(), 7)
    entities = refolded([record for log in kafka.logs.values() for record in log], STATE)
    assert len(entities) == 120
    assert await content_in(redis, STATE) == content_of(entities, STATE, lambda: RECEIVED)
    assert all(server.dbsize() > 1 for server in servers(blocking))
    assert len({key_slot(keys.next_offsets.encode()) * NODES // 16384 for keys in STATE.all_keys()}) == NODES


async def test_readers_sum_over_all_shards(redis: Redis, blocking: BlockingRedis) -> None:
    prepare(blocking, STATE)
    switch(blocking, STATE)
    await fill(redis, STATE, history(), 50)
    observatory = observatory_of(redis)
    moment = await observatory.look()
    engine, here = engine_of(history(), RECEIVED), world(RECEIVED)
    for kpi in ("sales", "new_leads", "acquisition_rate"):
        window = days_window(FIRST, LAST, moment.world.calendar)
        query: Any = Query(all_kpis()[kpi], ALL, window, {})
        (row,) = await observatory.read(rows(query, moment), moment)
        assert row.value == total_row(kpi, engine, here, window=f"{FIRST}/{LAST}").value
        assert row.value


class StandingLogs:
    """Logs that nothing is added to: a state that has read them stands at their ends."""

    def __init__(self, observatory: Observatory, of: StateVersion) -> None:
        self._reader = observatory.reader
        self._of = of

    async def reached(self, state: StateVersion) -> Reached:
        nexts, _ = await self._reader.positions(state)
        return Reached(nexts, await self.ends())

    async def ends(self) -> Mapping[tuple[str, int], int]:
        return (await self._reader.positions(self._of))[0]


async def test_a_rebuild_compares_and_switches(redis: Redis, blocking: BlockingRedis) -> None:
    prepare(blocking, STATE)
    switch(blocking, STATE)
    await fill(redis, STATE, history(), 7)
    observatory = observatory_of(redis)
    logs: Any = StandingLogs(observatory, STATE)
    with only_one(blocking) as lock:
        with pytest.raises(ConfigurationError, match="another rebuild"), only_one(blocking):
            pass
        draft = open_draft(blocking, state_called("v2")).state
        await fill(redis, draft, history(), 50)
        found = await Comparer(observatory, all_kpis().values(), logs).compare(STATE, draft)
        assert found.differences == []
        assert switch_over(blocking, lock, draft) == STATE
    assert live_state(blocking) == draft
    assert drop(blocking, STATE) > SHARDS
    assert not list(blocking.scan_iter(match="cadran:v1:*"))
    assert (await content_in(redis, draft)).entities


async def test_scripts_are_taught_again_to_a_node_that_forgot_them(redis: Redis, blocking: BlockingRedis) -> None:
    prepare(blocking, STATE)
    kafka = Servers(redis, STATE)
    worker = Worker(kafka)
    await worker.take_over([("cadran.orders", 0)])
    await worker.work()
    for i, _ in enumerate(servers(blocking)):
        placed = event("order.placed", f"O{i}", RECEIVED, channel="x", currency="EUR", lines=[line(1)])
        kafka.append(Message(EVENT_TYPES[placed.type].topic, b"O", encode(placed), partition=0))
        await worker.fetch(("cadran.orders", 0), 1)
        await worker.work()
        for server in servers(blocking):
            server.script_flush()
    assert await kafka.stored([("cadran.orders", 0)]) == {("cadran.orders", 0): NODES}


async def test_marks_of_many_events_are_read_at_once(url: str, blocking: BlockingRedis) -> None:
    client = async_redis(RedisAccess(url), decode_responses=True)
    marks = Marks(client)
    known = {f"{SEEN}:{i}": f"print {i}" for i in range(50)}
    await marks.remember(known)
    assert await marks.fingerprints([*known, f"{SEEN}:other"]) == known
    await client.aclose()


def test_the_settings_of_every_node_are_looked_at(blocking: BlockingRedis) -> None:
    require_redis_settings(blocking)
    *_, last = servers(blocking)
    last.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ConfigurationError, match="noeviction"):
            require_redis_settings(blocking)
    finally:
        last.config_set("maxmemory-policy", "noeviction")
