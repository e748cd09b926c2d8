"""What the worker reads of Kafka and Redis: events, notices, dead letters, packed entities, the version of a state."""

from functools import partial
from random import Random
from typing import Any, NamedTuple

import msgspec

from services.common.errors import Invalid
from services.common.events import EVENT_TYPES, encode, parse
from services.common.events.examples import example
from services.kpi_stream.dead_letters import KIND, DeadLetter, Replayed, Shelf
from services.kpi_stream.entities.kinds import ENTITY_KINDS, NOTICE_KINDS
from services.kpi_stream.live_state import version_in
from services.kpi_stream.records import NOTICES, ORIGIN, STATE, read
from services.kpi_stream.state_version import StateVersion
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import any_bytes, changed, json_parts
from tests.support.engine import Engine
from tests.support.events import PARIS, RECEIVED

STATE_VERSION = StateVersion("v1", "d", "c", dict.fromkeys({k.topic for k in ENTITY_KINDS.values()}, "t"), 12, 1, 16)


class Record(NamedTuple):
    """A record of Kafka."""

    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    key: bytes | None = b"k"
    offset: int = 7
    timestamp: int = 1_795_168_900_000


def read_record(value: bytes) -> None:
    """Whatever stands in Kafka is an item, or told to be unreadable: nothing is raised."""
    reading = read([Record(value)], STATE_VERSION)
    assert bool(reading.items) != bool(reading.unreadable)
    if reading.unreadable:
        raise Invalid(reading.unreadable[0].reason)


def read_notices(value: bytes, name: str) -> None:
    kind = NOTICE_KINDS[name]
    topic = STATE_VERSION.topics[ENTITY_KINDS[kind.sender].topic]
    headers = ((NOTICES, name.encode()), (STATE, STATE_VERSION.version.encode()), (ORIGIN, topic.encode()))
    reading = read([Record(value, headers)], STATE_VERSION)
    if reading.unreadable:
        raise Invalid(reading.unreadable[0].reason)


def read_dead(value: bytes, kind: bytes) -> None:
    """What is no letter is passed over: nothing is raised."""
    shelf = Shelf()
    shelf.put(Record(_LETTER, ((KIND, b"letter"),)))
    shelf.put(Record(value, ((KIND, kind),)))
    letters = list(shelf.letters())
    assert letters, "the letter before it is gone"
    if len(letters) == 1 and letters[0][1] is None:
        raise Invalid("no letter, and no mark")


def read_entity(value: bytes, decoder: Any) -> None:
    try:
        decoder.decode(value)
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
    ) as error:  # our own writing in Redis: whoever reads it stops, and is told where
        raise Invalid(str(error)) from None


def read_version(value: bytes) -> None:
    try:
        version_in(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # nobody but us writes one
        raise Invalid(str(error)) from None


def packed(random: Random, corpus: Any) -> bytes:
    """What is packed, with parts of it otherwise; now and then its bytes."""
    seed = random.choice(corpus)
    if random.random() < 0.3:
        return any_bytes(random, [seed])
    try:
        return msgspec.msgpack.encode(changed(random, msgspec.msgpack.decode(seed)))
    except Exception:  # of what cannot be packed, or was changed before
        return any_bytes(random, [seed])


def _events() -> list[bytes]:
    return [encode(parse(msgspec.json.encode(example(name)), receivedat=RECEIVED, zone=PARIS)) for name in EVENT_TYPES]


_LETTER = msgspec.msgpack.encode(DeadLetter("cadran.sales", 3, 9, "why", b"k", b"v", [("h", b"x")], RECEIVED))
_MARK = msgspec.msgpack.encode(Replayed("cadran.sales:3:9", RECEIVED))


def _worked() -> Engine:
    """What a worker made of every example, so that there are entities and notices of every kind that they come to."""
    engine = Engine()
    engine.publish(parse(msgspec.json.encode(example(name)), receivedat=RECEIVED, zone=PARIS) for name in EVENT_TYPES)
    engine.run(Random(1))
    return engine


_engine = _worked()


def _notices() -> dict[str, list[bytes]]:
    """Packed notices by their kind."""
    found: dict[str, list[bytes]] = {}
    for record in (record for log in _engine.logs.values() for record in log):
        name = dict(record.headers).get(NOTICES)
        if name is not None and record.value:
            found.setdefault(name.decode(), []).append(record.value)
    return found


def _entities() -> dict[str, list[bytes]]:
    """Packed entities by their kind."""
    found: dict[str, list[bytes]] = {}
    for name, entity in _engine.entities.items():
        found.setdefault(name.kind, []).append(msgspec.msgpack.encode(entity))
    return found


PARSERS = [
    Parser("record of an event", _events(), json_parts, read_record, 60),
    *(
        Parser(f"notices, {name}", seeds, packed, partial(read_notices, name=name), 8)
        for name, seeds in sorted(_notices().items())
    ),
    *(
        Parser(
            f"entity, {kind}",
            seeds,
            packed,
            partial(read_entity, decoder=msgspec.msgpack.Decoder(ENTITY_KINDS[kind].model)),
            5,
        )
        for kind, seeds in sorted(_entities().items())
    ),
    Parser("dead letter", [_LETTER], packed, partial(read_dead, kind=b"letter"), 10),
    Parser("mark of a replay", [_MARK], packed, partial(read_dead, kind=b"replayed"), 5),
    Parser("version of a state", [msgspec.json.encode(STATE_VERSION)], json_parts, read_version, 5),
]
