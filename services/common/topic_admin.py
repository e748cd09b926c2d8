"""Creating and checking the topics, with Kafka's admin client.

Kafka is the source of truth: nothing is compacted, nothing expires, there are no transactions, so that offsets have no
holes. The number of partitions is never changed in place (a key would move): more means new topics and a rebuild.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from services.common.errors import ConfigurationError, Unavailable
from services.common.faults import Fault
from services.common.kafka_access import KafkaAccess
from services.common.kafka_refusals import not_allowed, require_kafka_admits
from services.common.topics import Topic

KNOWN_SECONDS = 15.0
PATIENCE = 30.0
RETENTION = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}


class TopicSettings(Protocol):
    """The settings that topics are made from."""

    @property
    def kafka_access(self) -> KafkaAccess: ...
    @property
    def partitions(self) -> int: ...
    @property
    def replication(self) -> int: ...
    @property
    def min_insync_replicas(self) -> int: ...


@contextmanager
def admin_client(access: KafkaAccess, patience: float = PATIENCE) -> Iterator[KafkaAdminClient]:
    """Kafka's admin client. `patience`: seconds to be let in, and as many for the first answer.

    :raises Unavailable: when no broker answers.
    :raises ConfigurationError: when one does not let us in, or does not allow what is asked of it.
    """
    require_kafka_admits(access, patience)
    try:
        client = KafkaAdminClient(
            **access.kafka_python(),
            client_id="cadran-admin",
            request_timeout_ms=15_000,
            bootstrap_timeout_ms=int(patience * 1000),
        )
    except KafkaError as error:
        raise Unavailable(
            f"Kafka does not answer at {access.servers}: {error}", mend="start it, or mend CADRAN_KAFKA"
        ) from error
    try:
        yield client
    except AuthorizationError as error:
        raise not_allowed(error, access) from error
    finally:
        client.close()


def create_topics(settings: TopicSettings) -> list[str]:
    """Create the topics that are missing; returns their names. Those that exist are left alone."""
    config = {**RETENTION, "min.insync.replicas": str(settings.min_insync_replicas)}
    with admin_client(settings.kafka_access) as client:
        there = set(client.list_topics())
        missing = [topic.value for topic in Topic if topic not in there]
        if not missing:
            return []
        wanted = [NewTopic(name, settings.partitions, settings.replication, topic_configs=config) for name in missing]
        try:
            client.create_topics(wanted)
        except TopicAlreadyExistsError:  # another process was faster
            return []
        _wait_until_known(client, missing)
    return missing


def _wait_until_known(client: KafkaAdminClient, names: Sequence[str]) -> None:
    """A topic that was just created takes a moment to be known to every broker.

    :raises Unavailable: when it takes too long.
    """
    deadline = time.monotonic() + KNOWN_SECONDS
    while not set(names) <= set(client.list_topics()):
        if time.monotonic() > deadline:
            raise Unavailable("Kafka created topics that it does not list", mend="look at Kafka's log, and try again")
        time.sleep(0.1)


def wrong_topics(settings: TopicSettings, patience: float = PATIENCE) -> list[Fault]:
    """What is missing or different; empty when all is as it must be.

    :raises Unavailable: when no broker answers within the patience, in seconds.
    """
    with admin_client(settings.kafka_access, patience) as client:
        there = set(client.list_topics())
        faults = [Fault(f"{topic} is missing", "run `cadran topics create`") for topic in Topic if topic not in there]
        present = [topic.value for topic in Topic if topic in there]
        faults += _wrong_partitions(client.describe_topics(present) if present else [], settings.partitions)
        faults += _wrong_retention(client, present)
    return faults


def _wrong_partitions(described: Sequence[dict[str, Any]], partitions: int) -> list[Fault]:
    return [
        Fault(
            f"{topic['name']} has {len(topic['partitions'])} partitions, the setting says {partitions}",
            "set CADRAN_PARTITIONS to what the topic has (partitions never change in place)",
        )
        for topic in described
        if len(topic["partitions"]) != partitions
    ]


def _wrong_retention(client: KafkaAdminClient, names: Sequence[str]) -> list[Fault]:
    return [
        Fault(
            f"{name} has {key}={config.get(key)}, it must be {value}",
            f"`kafka-configs.sh --alter --topic {name} --add-config {key}={value}`: Kafka must keep everything",
        )
        for name, config in configs_in_force(client, names).items()
        for key, value in RETENTION.items()
        if config.get(key) != value
    ]


def configs_in_force(client: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """What topics are set to, each by its name: by themselves, by the brokers, or by Kafka's own defaults."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    described = client.describe_configs(resources, config_filter="all") if resources else {}
    return {
        name: {key: entry["value"] for key, entry in config.items()}
        for name, config in described.get("topic", {}).items()
    }


def require_topics(settings: TopicSettings, patience: float = PATIENCE) -> None:
    """Refuse to go on unless every topic is there and as declared.

    :raises ConfigurationError: a line per fault.
    :raises Unavailable: when no broker answers within the patience, in seconds.
    """
    faults = wrong_topics(settings, patience)
    if faults:
        raise ConfigurationError("topics are not as they must be: " + "; ".join(map(str, faults)))


def topic_ids(access: KafkaAccess) -> tuple[str, dict[str, str]]:
    """The cluster's id, and each topic's: a topic that is deleted and made again gets another one."""
    with admin_client(access) as client:
        cluster = str(client.describe_cluster()["cluster_id"])
        return cluster, {t["name"]: str(t["topic_id"]) for t in client.describe_topics([t.value for t in Topic])}
