"""The users that Cadran's processes are at Kafka and at Redis, and what each may do there.

The one list: the local stack's access lists, `cadran access` and docs/secure-connections.md are made from it.
"""

from typing import NamedTuple

from services.common.keys import EVERY_STATE, SEEN, STATE_POINTER
from services.common.topics import Topic
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS, NOTICE_KINDS
from services.survey.orders.order_listener import GROUP as SURVEY_GROUP

OPERATOR = "operator"
"""Who makes topics, rebuilds, backs up: may do everything."""

WORKER_GROUPS = "cadran-"
"""A state version has a consumer group of its own, called `cadran-<version>`."""

EVENTS = tuple(topic for topic in Topic if topic is not Topic.DEAD)
CONNECTING = ("auth", "hello", "ping")
ON_A_CLUSTER = ("cluster|slots", "command")
SCRIPTS = ("eval", "evalsha", "script|load")


class RedisRights(NamedTuple):
    """Keys by pattern, and the commands to use on them, those that a script calls among them."""

    keys: tuple[str, ...]
    commands: tuple[str, ...]
    only_reads: bool = False


class Rights(NamedTuple):
    """One user's. `looks_at`: topics whose form and ends it may ask for; `groups`: prefixes of consumer groups."""

    user: str
    purpose: str
    writes: tuple[Topic, ...] = ()
    reads: tuple[Topic, ...] = ()
    groups: tuple[str, ...] = ()
    looks_at: tuple[Topic, ...] = ()
    redis: RedisRights | None = None


RIGHTS = (
    Rights(
        "ingest",
        "takes events, and marks those that Kafka has",
        writes=EVENTS,
        looks_at=tuple(Topic),
        redis=RedisRights((f"{SEEN}:*",), ("mget", "set", *SCRIPTS)),
    ),
    Rights(
        "survey",
        "sends answers, hears of orders",
        writes=(Topic.ANSWERS,),
        reads=(Topic.ORDERS,),
        groups=(SURVEY_GROUP,),
        looks_at=tuple(Topic),
    ),
    Rights("pricing", "sends prices", writes=(Topic.PRICES,), looks_at=tuple(Topic)),
    Rights("board", "sends targets and promotions", writes=(Topic.REFERENCE,)),
    Rights(
        "worker",
        "applies events, tells one entity of another, sets aside what cannot be applied",
        writes=(*dict.fromkeys(kind.topic for kind in NOTICE_KINDS.values()), Topic.DEAD),
        reads=CONSUMED_TOPICS,
        groups=(WORKER_GROUPS,),
        looks_at=tuple(Topic),
        redis=RedisRights(
            (STATE_POINTER, EVERY_STATE),
            (
                *("get", "set", "getrange", "setrange", "bitfield", "bitfield_ro", "expireat", "unlink", "scan"),
                *("hget", "hmget", "hset", "hincrby", "sadd", "srem", "config|get", *SCRIPTS),
            ),
        ),
    ),
    Rights(
        "exporter",
        "reads the numbers, and where the topics end",
        looks_at=CONSUMED_TOPICS,
        redis=RedisRights(
            (STATE_POINTER, EVERY_STATE), ("get", "mget", "hget", "hgetall", "smembers"), only_reads=True
        ),
    ),
)
USERS = (*(rights.user for rights in RIGHTS), OPERATOR)
