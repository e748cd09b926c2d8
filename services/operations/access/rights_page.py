"""The rights as a page of the documentation."""

from collections.abc import Iterable, Iterator

from services.common.topics import Topic
from services.operations.access.kafka_rights import LOOKING
from services.operations.access.redis_rights import rules
from services.operations.access.rights import OPERATOR, RIGHTS, Rights

LOOK = " and ".join(operation.name for operation in LOOKING)


def page() -> str:
    """What each user may do, as a table of Kafka's and the rules of Redis's."""
    return "\n".join(
        (
            "`cadran access grant` allows it at Kafka; `cadran access redis` prints it for Redis.",
            "",
            "## At Kafka",
            "",
            f"| user | what for | `WRITE` | `READ` | {LOOK} | `READ` on groups that begin with |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_row(rights) for rights in RIGHTS),
            f"| `{OPERATOR}` | makes topics, rebuilds, replays | everything | | | |",
            "",
            "## At Redis",
            "",
            *_redis(),
            f"`{OPERATOR}` may do everything. The default user is off; a user that is not named here is unknown.",
        )
    )


def _row(rights: Rights) -> str:
    groups = " ".join(f"`{prefix}`" for prefix in rights.groups)
    topics = (_topics(some) for some in (rights.writes, rights.reads, rights.looks_at))
    return f"| `{rights.user}` | {rights.purpose} | {' | '.join(topics)} | {groups} |"


def _topics(topics: Iterable[Topic]) -> str:
    named = set(topics)
    return "all" if named == set(Topic) else " ".join(f"`{topic}`" for topic in sorted(named))


def _redis() -> Iterator[str]:
    for rights in RIGHTS:
        if rights.redis is not None:
            yield f"`{rights.user}` {rights.purpose}:\n\n    {rules(rights.redis)}\n"
