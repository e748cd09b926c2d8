"""Faults of Kafka, of Redis, of the state between them: made for real, found, their mend named, mended."""

import asyncio
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from redis import Redis

from services.common.keys import DRAFT, STATE_POINTER
from services.common.publisher import Message, Publisher
from services.common.redis_access import RedisAccess
from services.common.redis_clients import blocking_redis, servers
from services.common.topic_admin import admin_client, create_topics
from services.common.topics import Topic
from services.common.windows import utc_now
from services.kpi_stream.dead_letters import Shelf, read_shelf, replay_messages
from services.kpi_stream.declared import declared_by
from services.kpi_stream.draft import discard
from services.kpi_stream.live_state import ensure_live, live_state, new_version, prepare
from tests.support.doctor import Doctor, silent_port
from tests.support.events import cloud_event
from tests.support.redis import free_port, running_redis, running_redis_cluster
from tests.support.stack import RunningStack, wait_for

pytestmark = pytest.mark.usefixtures("well")


# --- Kafka


def test_a_topic_is_missing(stack: RunningStack, doctor: Doctor) -> None:
    with admin_client(stack.settings.kafka_access) as kafka:
        kafka.delete_topics([Topic.DEAD.value])
        wait_for(lambda: Topic.DEAD not in kafka.list_topics(), "the topic is gone")
    try:
        doctor.finds("kafka: topics", "cadran.dead is missing", "run `cadran topics create`")
    finally:
        create_topics(stack.settings)


def test_a_topic_has_other_partitions_than_the_setting_says(doctor: Doctor) -> None:
    what = "cadran.orders has 12 partitions, the setting says 6"
    doctor.finds("kafka: topics", what, "set CADRAN_PARTITIONS", CADRAN_PARTITIONS="6")


def test_a_topic_forgets(stack: RunningStack, doctor: Doctor) -> None:
    with _topic_config(stack, Topic.LEADS, "retention.ms", "604800000"):
        what = "cadran.leads has retention.ms=604800000, it must be -1"
        doctor.finds("kafka: topics", what, "--topic cadran.leads --add-config retention.ms=-1")


def test_a_topic_is_kept_fewer_times_than_the_setting_says(doctor: Doctor) -> None:
    what = "cadran.orders has 1 replicas, CADRAN_REPLICATION is 3"
    doctor.finds("kafka: replicas", what, "kafka-reassign-partitions.sh", CADRAN_REPLICATION="3")


def test_a_topic_acknowledges_too_soon(stack: RunningStack, doctor: Doctor) -> None:
    with _topic_config(stack, Topic.LEADS, "min.insync.replicas", "2"):
        what = "cadran.leads has min.insync.replicas=2"
        doctor.finds("kafka: replicas", what, "--add-config min.insync.replicas=1")


@contextmanager
def _topic_config(stack: RunningStack, topic: Topic, name: str, value: str) -> Iterator[None]:
    with admin_client(stack.settings.kafka_access) as kafka:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.value)
        described = kafka.describe_configs([resource])["topic"][topic.value]
        _set(kafka, topic, name, value)
        try:
            yield
        finally:
            _set(kafka, topic, name, described[name]["value"])


def _set(kafka: KafkaAdminClient, topic: Topic, name: str, value: str) -> None:
    kafka.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.value, configs={name: value})])


def test_a_record_could_not_be_applied(stack: RunningStack, doctor: Doctor) -> None:
    asyncio.run(_publish(stack, [Message(Topic.LEADS, b"L", b"no event")]))
    wait_for(lambda: list(_shelf(stack).letters()), "the worker makes a dead letter")
    try:
        doctor.finds("dead letters", "1 records could not be applied", "`cadran dead replay --all`")
    finally:
        marks = [replay_messages(letter)[1] for letter, _ in _shelf(stack).letters()]
        asyncio.run(_publish(stack, marks))


def _shelf(stack: RunningStack) -> Shelf:
    return asyncio.run(read_shelf(stack.settings))


async def _publish(stack: RunningStack, messages: list[Message]) -> None:
    async with Publisher(stack.settings.kafka_access, client_id="test", timeout=10) as publisher:
        await publisher.publish(messages)


# --- Redis


def test_redis_is_away(doctor: Doctor) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    doctor.finds("redis", "does not answer", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_takes_connections_and_says_nothing(doctor: Doctor) -> None:
    with silent_port() as port:
        url = f"redis://127.0.0.1:{port}/0"
        doctor.finds("redis", "does not answer: Timeout", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_does_not_let_us_in(doctor: Doctor) -> None:
    with running_redis() as url, Redis.from_url(url) as redis:
        redis.config_set("requirepass", "a-secret")
        doctor.finds("redis", "it does not let us in", "mend the user and password", CADRAN_REDIS=url)


def test_of_a_cluster_every_server_is_looked_at(doctor: Doctor) -> None:
    well = ("--hash-max-listpack-entries", "512", "--hash-max-listpack-value", "1024", "--appendonly", "yes")
    with running_redis_cluster(3, *well) as url:
        names = ("redis", "redis: settings", "redis: memory", "clock", "releases")
        assert doctor.findings(*names, CADRAN_REDIS=url) == []
        with blocking_redis(RedisAccess(url)) as cluster:
            last = list(servers(cluster))[-1]
            last.config_set("maxmemory-policy", "allkeys-lru")
        doctor.finds("redis: settings", "maxmemory-policy is allkeys-lru", "CONFIG SET", CADRAN_REDIS=url)
    doctor.finds("redis", "does not answer", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_is_a_replica(doctor: Doctor) -> None:
    with running_redis() as primary, running_redis() as url, Redis.from_url(url) as redis:
        redis.replicaof("127.0.0.1", primary.removesuffix("/0").rpartition(":")[2])
        doctor.finds("redis", "this is a replica", "name the primary in CADRAN_REDIS", CADRAN_REDIS=url)


@pytest.mark.parametrize(
    ("setting", "wrong", "mend"),
    [
        ("maxmemory-policy", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
        ("hash-max-listpack-entries", "128", "CONFIG SET hash-max-listpack-entries 512"),
        ("hash-max-listpack-value", "64", "CONFIG SET hash-max-listpack-value 1024"),
    ],
)
def test_redis_is_set_otherwise(stack: RunningStack, doctor: Doctor, setting: str, wrong: str, mend: str) -> None:
    with _redis_config(stack, setting, wrong):
        doctor.finds("redis: settings", f"{setting} is {wrong}, it must be", mend)


def test_redis_would_lose_all_at_a_crash(stack: RunningStack, doctor: Doctor) -> None:
    with _redis_config(stack, "appendonly", "no"):
        doctor.finds("redis: settings", "appendonly is off", "CONFIG SET appendonly yes")


def test_redis_is_nearly_full(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        used = redis.info("memory")["used_memory"]
    with _redis_config(stack, "maxmemory", str(used * 104 // 100)):
        doctor.finds("redis: memory", "% of maxmemory", "raise maxmemory")


@contextmanager
def _redis_config(stack: RunningStack, name: str, value: str) -> Iterator[None]:
    with stack.redis() as redis:
        before = redis.config_get(name)[name]
        redis.config_set(name, value)
        try:
            yield
        finally:
            redis.config_set(name, before)


# --- the state


def test_there_is_no_state(doctor: Doctor) -> None:
    with running_redis() as url:
        doctor.finds("state", "Redis holds no state", "start one", CADRAN_REDIS=url)


def test_the_state_is_of_another_make(doctor: Doctor) -> None:
    what = "was made by another release, with other settings"
    doctor.finds("state", what, "run `cadran rebuild`", CADRAN_REPORTING_CURRENCY="USD")


def test_the_state_is_of_another_kafka(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        pointer = redis.get(STATE_POINTER)
    cluster = re.search(rb'"cluster":"([^"]+)"', pointer)[1]
    with running_redis() as url, Redis.from_url(url) as other:
        other.set(STATE_POINTER, pointer.replace(cluster, b"another"))
        doctor.finds("state", "was made from another Kafka", "mend CADRAN_KAFKA or CADRAN_REDIS", CADRAN_REDIS=url)


def test_the_state_stands_beyond_the_log(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, redis, key):
        redis.hset(key, "cadran.orders:3", 10**9)
        what = "stands beyond the end of the log: cadran.orders:3"
        doctor.finds("state: offsets", what, "then run `cadran rebuild`", CADRAN_REDIS=url)


def test_the_state_does_not_know_a_partition(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, redis, key):
        redis.hdel(key, "cadran.leads:0")
        what = "the state knows nothing of cadran.leads:0"
        doctor.finds("state: offsets", what, "run `cadran rebuild`", CADRAN_REDIS=url)


def test_no_worker_is_on_the_state(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, _, _):
        what = "no worker holds cadran.answers:0, cadran.answers:1, cadran.answers:2 and 93 more"
        doctor.finds("workers", what, "start one", CADRAN_REDIS=url)


@contextmanager
def _another_state(stack: RunningStack) -> Iterator[tuple[str, Redis, str]]:
    """A state of these topics that nobody works on, in a Redis of its own; the key of shard 0's offsets."""
    with running_redis() as url, Redis.from_url(url) as redis:
        state = ensure_live(redis, stack.settings, declared_by(stack.settings))
        yield url, redis, state.keys(0).next_offsets


def test_a_worker_stands_still(stack: RunningStack, doctor: Doctor) -> None:
    stack.signal("worker", signal.SIGSTOP)
    try:
        stack.send([cloud_event("lead.created", "L-stopped", utc_now(), rep_id="ana", source="fair")])
        doctor.finds("lag", "1 records wait, and none is applied of cadran.leads:", "see the worker's log")
    finally:
        stack.signal("worker", signal.SIGCONT)


def test_a_rebuild_was_interrupted(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        draft = new_version(stack.settings, declared_by(stack.settings))
        prepare(redis, draft)
        redis.set(DRAFT, draft.version)
        try:
            doctor.finds("state: rebuild", f"its state {draft.version} takes room", "`cadran rebuild --abort` drops it")
        finally:
            discard(redis)
        assert live_state(redis) is not None
