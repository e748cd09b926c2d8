"""The live state: made when Redis holds none, checked before it is touched, switched by a rebuild."""

import secrets

import msgspec
from redis import Redis

from services.common.errors import ConfigurationError
from services.common.keys import STATE_POINTER, state_record
from services.common.settings import Settings
from services.common.topic_admin import topic_ids
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.state_version import StateVersion, digest, partition_fields


def new_version(settings: Settings, declared: Declared) -> StateVersion:
    """A version that was never used, for this release and these topics."""
    cluster, ids = topic_ids(settings.kafka_access)
    return StateVersion(
        version=secrets.token_hex(4),
        digest=digest(settings, declared),
        cluster=cluster,
        topics={topic.value: ids[topic] for topic in CONSUMED_TOPICS},
        partitions=settings.partitions,
        shards=settings.shards,
        entity_hashes=settings.entity_hashes,
    )


def prepare(redis: Redis, state: StateVersion) -> None:
    """Make room for a state: what it is made from, and every partition at offset 0."""
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.set(state_record(state.version), msgspec.json.encode(state))
        for field, partition in partition_fields(state.partitions):
            pipeline.hset(state.keys(state.shard_of(partition)).next_offsets, field, 0)
        pipeline.execute()


def live_state(redis: Redis) -> StateVersion | None:
    """The state that readers and writers follow; none in an empty Redis."""
    pointer = redis.get(STATE_POINTER)
    return msgspec.json.decode(pointer, type=StateVersion) if pointer else None


def version_in(pointer: bytes | str) -> str:
    """The id of the state that a pointer points at."""
    return msgspec.json.decode(pointer, type=StateVersion).version


def state_named(redis: Redis, version: str) -> StateVersion:
    """A state by its id, live or being built.

    :raises ConfigurationError: when Redis holds none.
    """
    record = redis.get(state_record(version))
    if not record:
        raise ConfigurationError(f"Redis holds no state {version}", mend="run `cadran rebuild`")
    return msgspec.json.decode(record, type=StateVersion)


def all_states(redis: Redis) -> list[StateVersion]:
    """Every state that Redis holds something of."""
    records = [redis.get(key) for key in redis.scan_iter(match=state_record("*"), count=1000)]
    return [msgspec.json.decode(record, type=StateVersion) for record in records if record]


def ensure_live(redis: Redis, settings: Settings, declared: Declared) -> StateVersion:
    """The live state, made anew where Redis holds none; everything is then replayed from offset 0.

    :raises ConfigurationError: when it was made by another release, other settings or another Kafka.
    """
    state = live_state(redis)
    if state is None:
        draft = new_version(settings, declared)
        prepare(redis, draft)
        if not redis.set(STATE_POINTER, msgspec.json.encode(draft), nx=True):
            drop(redis, draft)  # another worker was faster
        state = live_state(redis)
        if state is None:
            raise ConfigurationError("Redis keeps no state", mend="check that it accepts writes")
    require_fit(state, settings, declared)
    return state


def require_fit(state: StateVersion, settings: Settings, declared: Declared) -> None:
    """Refuse a state that this process must not touch.

    :raises ConfigurationError: saying why, and naming `cadran rebuild`.
    """
    if state.digest != digest(settings, declared):
        raise ConfigurationError(
            "the state in Redis was made by another release, with other settings or other pairs of products",
            mend="run `cadran rebuild`; until then the workers of the release that made it go on",
        )
    cluster, ids = topic_ids(settings.kafka_access)
    changed = sorted(name for name, topic_id in state.topics.items() if ids.get(name) != topic_id)
    if cluster != state.cluster or changed:
        what = f"topics {', '.join(changed)}" if cluster == state.cluster else f"cluster {cluster}"
        raise ConfigurationError(
            f"the state in Redis was made from another Kafka than this one ({what})",
            mend="mend CADRAN_KAFKA or CADRAN_REDIS, or run `cadran rebuild` to make it anew from this Kafka",
        )


def switch(redis: Redis, state: StateVersion) -> StateVersion | None:
    """Make a state the live one, in one write; returns the one that was."""
    before = redis.getset(STATE_POINTER, msgspec.json.encode(state))
    return msgspec.json.decode(before, type=StateVersion) if before else None


def freeze(redis: Redis, state: StateVersion) -> int:
    """Have a state take no commit any more, by deleting its offsets; returns how many keys that were.

    Readers go on telling what it holds, as of no known time.
    """
    return int(redis.unlink(*(keys.next_offsets for keys in state.all_keys())))


def drop(redis: Redis, state: StateVersion) -> int:
    """Delete a state's keys, a few at a time; returns how many there were.

    It is frozen first, so that nothing is written behind the scan. The record goes last: until then the state is found
    again, should this be interrupted.
    """
    record = state_record(state.version)
    count = freeze(redis, state)
    for key in redis.scan_iter(match=f"cadran:{state.version}:*", count=1000):
        if key != record.encode():
            count += redis.unlink(key)
    return count + redis.unlink(record)
