"""Kafka: it answers, it has the topics as they must be, every replica keeps up."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.common.topic_admin import configs_in_force, wrong_topics
from services.common.topics import Topic
from services.operations.doctor.findings import Finding, Severity, found
from services.operations.doctor.installation import ANSWER_SECONDS, Installation
from services.operations.erasing.swapping import closed_topics, topics_of_erasing

FINISH_ERASING = "if no `cadran erase-customer` is at work, run it again, for whom it was: it goes on, or begins anew"

Described = Mapping[str, Any]
"""A topic as Kafka's admin client describes it."""


def answers(installation: Installation) -> Iterator[Finding]:
    """:raises Unavailable: when it does not."""
    with installation.kafka() as kafka:
        kafka.describe_cluster()
    yield from ()


def topics(installation: Installation) -> Iterator[Finding]:
    return found(wrong_topics(installation.settings, ANSWER_SECONDS))


def replication(installation: Installation) -> Iterator[Finding]:
    with installation.kafka() as kafka:
        there = sorted(set(kafka.list_topics()) & set(Topic))
        described = kafka.describe_topics(there) if there else []
        configs = configs_in_force(kafka, there)
    yield from too_few_replicas(described, installation.settings.replication)
    yield from not_in_sync(described)
    wanted = str(installation.settings.min_insync_replicas)
    for name, config in sorted(configs.items()):
        value = config["min.insync.replicas"]
        if value != wanted:
            yield Finding(
                f"{name} has min.insync.replicas={value}, CADRAN_MIN_INSYNC_REPLICAS is {wanted}",
                f"`kafka-configs.sh --alter --topic {name} --add-config min.insync.replicas={wanted}` or mend it",
            )


def erasing(installation: Installation) -> Iterator[Finding]:
    """What an erasing of customers that was interrupted has left; one at work looks the same."""
    with installation.kafka() as kafka:
        closed, own = closed_topics(kafka), topics_of_erasing(kafka.list_topics())
    if closed:
        yield Finding(f"{', '.join(closed)} closed to writers: customers are being erased", FINISH_ERASING)
    elif own:
        what = f"{', '.join(own)}: customers are being erased, and there is no backup meanwhile"
        yield Finding(what, FINISH_ERASING, Severity.WARNING)


def too_few_replicas(described: Sequence[Described], wanted: int) -> Iterator[Finding]:
    """Topics that are kept fewer times than the setting says."""
    for topic in described:
        least = min(len(partition["replica_nodes"]) for partition in topic["partitions"])
        if least < wanted:
            yield Finding(
                f"{topic['name']} has {least} replicas, CADRAN_REPLICATION is {wanted}",
                "add replicas with kafka-reassign-partitions.sh, or mend the setting",
            )


def not_in_sync(described: Sequence[Described]) -> Iterator[Finding]:
    """Topics with partitions that nobody leads, or that a replica has fallen behind in."""
    for topic in described:
        headless = [p["partition_index"] for p in topic["partitions"] if p["leader_id"] < 0]
        behind = [p["partition_index"] for p in topic["partitions"] if len(p["isr_nodes"]) < len(p["replica_nodes"])]
        if headless:
            what = f"{topic['name']}: no broker leads partitions {_list(headless)}"
            yield Finding(what, "start the brokers that are missing: nothing can be written there until then")
        elif behind:
            what = f"{topic['name']}: replicas of partitions {_list(behind)} are not in sync"
            yield Finding(what, "see the brokers' logs; start those that are missing", Severity.WARNING)


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
