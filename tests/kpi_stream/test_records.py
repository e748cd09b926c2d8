"""Whatever stands in Kafka: what can be read goes on, the rest is set aside with its reason."""

from random import Random

import pytest

from services.common.events import encode
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.folding import EntityName, Folder, by_entity
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.records import NOTICES, ORIGIN, STATE, read
from tests.support.engine import STATE as ENGINE_STATE
from tests.support.engine import MemoryRecord
from tests.support.events import DECLARED, at, event, line

GOOD = encode(event("order.placed", "O1", at("2026-11-02 10:00"), channel="x", currency="EUR", lines=[line(100)]))


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"hello",
        b'{"type":"\xff"}',
        b"[" * 30_000,
        GOOD.replace(b"order.placed", b"order.eaten"),
        GOOD.replace(b'"quantity":1', b'"quantity":"one"'),
    ],
)
def test_a_record_that_cannot_be_read_holds_nothing_up(value: bytes | None) -> None:
    reading = read([MemoryRecord(0, 5, None, value, []), MemoryRecord(1, 6, None, GOOD, [])], ENGINE_STATE)
    assert [item.offset for item in reading.items] == [1]
    (unreadable,) = reading.unreadable
    assert unreadable.offset == 0
    assert unreadable.reason


@pytest.mark.parametrize("name", [b"\xff", b"nobodys", b"order_to_lead"])
def test_notices_that_cannot_be_read_are_set_aside(name: bytes) -> None:
    headers = [(NOTICES, name), (STATE, b"v1"), (ORIGIN, b"topic-id")]
    reading = read([MemoryRecord(0, 5, None, b"no notices", headers)], ENGINE_STATE)
    assert (len(reading.items), len(reading.unreadable)) == (0, 1)


def test_an_entity_does_not_grow_beyond_what_it_can_tell_others() -> None:
    kind = ENTITY_KINDS["lead"]
    closings = [
        event(
            "lead.closed",
            "L1",
            at("2026-11-02 10:00").replace(second=i % 60, minute=i // 60),
            outcome="lost",
            rep_id="r" * 100,
        )
        for i in range(3600)
    ]
    records = [MemoryRecord(i, 5, None, encode(closing), []) for i, closing in enumerate(closings)]
    folder = Folder(all_kpis().values(), DECLARED)
    folded = folder.fold(by_entity(read(records, ENGINE_STATE).items), {})
    name = EntityName(kind.name, "L1")
    assert kind.max_bytes * 0.9 < len(folded.packed[name]) <= kind.max_bytes
    assert folded.unapplied
    assert "the limit is" in folded.unapplied[0].reason


def test_a_bad_record_among_many_is_named_by_its_offset() -> None:
    random = Random(1)
    values = [GOOD if random.random() < 0.9 else b"bad" for _ in range(200)]
    reading = read([MemoryRecord(i, 5, None, value, []) for i, value in enumerate(values)], ENGINE_STATE)
    assert [bad.offset for bad in reading.unreadable] == [i for i, value in enumerate(values) if value == b"bad"]
