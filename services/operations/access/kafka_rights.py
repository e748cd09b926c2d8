"""The rights at Kafka, as the access lists of its authorizer."""

from collections.abc import Callable, Iterable, Iterator

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from services.common.errors import ConfigurationError
from services.common.kafka_access import KafkaMechanism
from services.common.topics import Topic
from services.operations.access.rights import RIGHTS, Rights

LOOKING = (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)


def admit(client: KafkaAdminClient, password_of: Callable[[str], str]) -> None:
    """Tell Kafka of every user, its password of now, and what it may do.

    :raises ConfigurationError: when Kafka takes one not.
    """
    mechanism = KafkaMechanism.SCRAM_SHA_512.value
    told = [UserScramCredentialUpsertion(each.user, mechanism, password_of(each.user)) for each in RIGHTS]
    for user, fault in client.alter_user_scram_credentials(told).items():
        if fault:
            raise ConfigurationError(f"Kafka does not take the user {user}: {fault}")
    grant(client, RIGHTS)


def grant(client: KafkaAdminClient, all_rights: Iterable[Rights]) -> int:
    """Allow each user what it needs; returns how many rights that are. Safe to repeat; nothing is taken away.

    :raises ConfigurationError: when Kafka refuses some.
    """
    wanted = [acl for rights in all_rights for acl in _acls(rights)]
    failed = client.create_acls(wanted)["failed"]
    if failed:
        _, error = failed[0]
        raise ConfigurationError(
            f"Kafka takes {len(failed)} of {len(wanted)} rights not: {error}",
            mend="run this as a super user, of a Kafka that has an authorizer",
        )
    return len(wanted)


def _acls(rights: Rights) -> Iterator[ACL]:
    for topics, operations in (
        (rights.writes, (ACLOperation.WRITE,)),
        (rights.reads, (ACLOperation.READ,)),
        (rights.looks_at, LOOKING),
    ):
        for topic in topics:
            for operation in operations:
                yield _acl(rights.user, operation, _topic(topic))
    for prefix in rights.groups:
        pattern = ResourcePattern(ResourceType.GROUP, prefix, ACLResourcePatternType.PREFIXED)
        yield _acl(rights.user, ACLOperation.READ, pattern)


def _topic(topic: Topic) -> ResourcePattern:
    return ResourcePattern(ResourceType.TOPIC, topic.value, ACLResourcePatternType.LITERAL)


def _acl(user: str, operation: ACLOperation, pattern: ResourcePattern) -> ACL:
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)
