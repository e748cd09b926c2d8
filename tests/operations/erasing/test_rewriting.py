"""What becomes of records: nothing of a customer stays, and nothing else is lost. Fields are found by the contract."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.events import EVENT_TYPES, Event, decode, encode, parse
from services.common.events.event import digest_of
from services.common.events.examples import example
from services.common.events.fields import Data, Id
from services.common.events.forgetting import CUSTOMER
from services.common.events.namespaces import NAMED_BY_SOURCE
from services.common.events.plain import is_plain
from services.common.publisher import Message
from services.kpi_stream.dead_letters import KIND, DeadLetter, letter_in, letter_message, replay_messages
from services.kpi_stream.records import NOTICES
from services.operations.erasing.rewriting import Fate, Outcome, Record, Rewriter
from services.operations.erasing.tally import Tally
from tests.support.engine import MemoryRecord

NOBODYS = {
    "round_id", "pair_id", "promotion_ids", "campaign_id", "return_id", "sku", "offered_sku", "base_sku", "promotion_id"
}  # fmt: skip
"""Ids of other things than those that a namespace is put before."""

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
types = st.sampled_from(sorted(EVENT_TYPES))
customers = st.text(min_size=1, max_size=40).map(lambda text: f"Zq{text}qZ").filter(is_plain)
"""Of any letters; none is a part of what examples say."""


def fields_of(data: type[msgspec.Struct]) -> Iterator[msgspec.structs.FieldInfo]:
    """Every field of a type of data, and of the parts that it is made of."""
    for field in msgspec.structs.fields(data):
        yield field
        for part in _parts(field.type):
            if isinstance(part, type) and issubclass(part, Data):
                yield from fields_of(part)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def is_id(annotation: Any) -> bool:
    return any(part == Id for part in _parts(annotation))


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_id_of_the_contract_is_known_to_name_a_customer_or_something_else(name: str) -> None:
    """A new field fails here until somebody has said which."""
    for field in fields_of(EVENT_TYPES[name].data):
        if is_id(field.type):
            assert field.name in {CUSTOMER, *NAMED_BY_SOURCE, *NOBODYS}, field.name
        if "customer" in field.name:
            assert field.name == CUSTOMER
            assert field.default is None, "what is required cannot be taken out"


def naming(name: str, customer: str, *, by: str) -> Event:
    """The example of a type, a customer in every place where the contract has one. `by`: its sender's own id."""
    told = example(name)
    told["id"] = by
    event_type = EVENT_TYPES[name]
    if event_type.subject == CUSTOMER:
        told["subject"] = customer
    if CUSTOMER in event_type.data.__struct_fields__:
        told["data"][CUSTOMER] = customer
    return parse(json.dumps(told).encode(), receivedat=NOW, zone=ZoneInfo("Europe/Paris"))


def record_of(event: Event) -> Record:
    return Record(event.subject.encode(), encode(event), (), 1_700_000_000_000)


def outcome_of(event: Event, customer: str) -> Outcome:
    return Rewriter({customer}).outcome(EVENT_TYPES[event.type].topic, record_of(event))


@given(name=types, customer=customers, by=st.sampled_from(["e-1", "{}", "crm/{}/contacted"]))
def test_nothing_of_a_customer_stays_and_all_else_is_as_it_was(name: str, customer: str, by: str) -> None:
    event = naming(name, customer, by=by.format(customer)[:200])
    assume(len(by.format(customer)) <= 200)
    outcome = outcome_of(event, customer)

    if EVENT_TYPES[name].subject == CUSTOMER:
        assert outcome.fate is Fate.DROPPED
        assert outcome.record is None
        return
    assert outcome.record is not None
    assert not outcome.names_still
    text = b"".join((outcome.record.key or b"", outcome.record.value or b""))
    assert customer.encode() not in text
    assert json.dumps(customer)[1:-1].encode() not in text
    left = decode(outcome.record.value or b"")
    assert left.digest == digest_of(left.data)
    assert _plain(left, drop={CUSTOMER, "id", "datadigest"}) == _plain(event, drop={CUSTOMER, "id", "datadigest"})
    assert outcome.record._replace(value=None) == record_of(event)._replace(value=None)


def _plain(event: Event, drop: set[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(encode(event))
    told["data"] = {name: value for name, value in told["data"].items() if name not in drop}
    return {name: value for name, value in told.items() if name not in drop}


@given(name=types, customer=customers, other=customers)
def test_what_others_say_is_kept_byte_for_byte(name: str, customer: str, other: str) -> None:
    assume(customer not in other)
    event = naming(name, other, by="e-1")
    assert outcome_of(event, customer) == Outcome(Fate.KEPT, record_of(event), named=False)


@given(name=types, customer=customers)
def test_done_twice_is_done_once_and_amounts_add_up_to_the_same(name: str, customer: str) -> None:
    event = naming(name, customer, by="e-1")
    once = outcome_of(event, customer)
    if once.record is None:
        return
    again = Rewriter({customer}).outcome(EVENT_TYPES[name].topic, once.record)
    assert again == Outcome(Fate.KEPT, once.record, named=False)
    before, after = Tally(), Tally()
    before.add(record_of(event))
    after.add(once.record)
    assert before == after
    assert before.records == {name: 1}


def test_a_name_that_only_begins_like_an_id_is_another() -> None:
    event = naming("order.placed", "c-51", by="e-c-512")
    assert outcome_of(event, "c-5").fate is Fate.KEPT
    freed = outcome_of(event, "c-51")
    assert freed.record is not None
    assert decode(freed.record.value or b"").id == "e-c-512"


def test_an_id_that_is_also_the_name_of_something_else_is_told_and_stays() -> None:
    order = naming("order.placed", "A-1001", by="e-1")  # the order is called so as well
    outcome = outcome_of(order, "A-1001")
    assert (outcome.fate, outcome.names_still) == (Fate.FREED, True)
    lead = outcome_of(naming("lead.closed", "nobody", by="e-1"), "A-1001")
    assert (lead.fate, lead.names_still) == (Fate.KEPT, True)


def test_notices_are_left_to_the_rebuild_whoever_they_are_for() -> None:
    notice = Record(None, msgspec.msgpack.encode([["c-51", "A-1", 7, 1]]), ((NOTICES, b"order_to_customer"),), 5)
    for customer, named in (("c-51", True), ("c-52", False), ("c-5", False)):
        assert Rewriter({customer}).outcome("cadran.customers", notice) == Outcome(Fate.MADE_ANEW, None, named)


@given(customer=customers, around=st.sampled_from(["{}", '{{"subject": "{}"', "\x00{}\x00", "one {} two"]))
def test_of_what_nobody_can_read_nothing_stays_that_names_one(customer: str, around: str) -> None:
    junk = Record(b"A-1", around.format(customer).encode(), (), 5)
    rewriter = Rewriter({customer})
    assert rewriter.outcome("cadran.orders", junk) == Outcome(Fate.DROPPED, None, named=True)
    assert rewriter.outcome("cadran.dead", junk) == Outcome(Fate.DROPPED, None, named=True)
    other = Record(b"A-1", b"{", (), 5)
    assert rewriter.outcome("cadran.orders", other) == Outcome(Fate.KEPT, other, named=False)


NO_LETTERS = {
    "cut short": b"\x88",
    "no text": b"\x81\xa5topic\xa2\xc3(",
    "too deep": b"\x81\xa1x" + b"\x91" * 100_000 + b"\xc0",
}


@pytest.mark.parametrize("value", NO_LETTERS.values(), ids=NO_LETTERS)
def test_a_dead_letter_that_cannot_be_read_is_what_nobody_can_read(value: bytes) -> None:
    record = Record(b"c-51", value, ((KIND, b"letter"),), 5)
    with pytest.raises(Invalid, match="no dead letter"):
        letter_in(record.headers, record.value)
    assert Rewriter({"c-51"}).outcome("cadran.dead", record) == Outcome(Fate.DROPPED, None, named=True)
    assert Rewriter({"c-52"}).outcome("cadran.dead", record) == Outcome(Fate.KEPT, record, named=False)


def dead(record: Record, topic: str, reason: str = "too large") -> Record:
    """A record of the dead letter topic."""
    held = MemoryRecord(12, record.timestamp, record.key, record.value, list(record.headers))
    return _as_record(letter_message(held, topic, 3, reason, NOW))


def _as_record(message: Message) -> Record:
    return Record(message.key, message.value, tuple(message.headers), 6)


@given(name=types, customer=customers)
def test_a_dead_letter_becomes_what_its_record_becomes(name: str, customer: str) -> None:
    topic = EVENT_TYPES[name].topic
    event = naming(name, customer, by="e-1")
    letter = dead(record_of(event), topic, reason=f"customer {customer} is odd")
    outcome = Rewriter({customer}).outcome("cadran.dead", letter)
    inner = outcome_of(event, customer)
    if inner.record is None:
        assert outcome.fate is Fate.DROPPED
        assert outcome.record is None
        return
    assert outcome.record is not None
    left = letter_in(outcome.record.headers, outcome.record.value)
    assert isinstance(left, DeadLetter)
    assert left.value == inner.record.value
    assert customer.encode() not in (outcome.record.value or b"")


def test_dead_letters_of_a_copied_topic_are_written_again_by_the_rebuild() -> None:
    letter = dead(record_of(naming("order.placed", "c-52", by="e-1")), "cadran.orders")
    written = letter_in(letter.headers, letter.value)
    assert isinstance(written, DeadLetter)
    mark = _as_record(replay_messages(written)[1])
    for record in (letter, mark):
        assert Rewriter({"c-51"}).outcome("cadran.dead", record) == Outcome(Fate.KEPT, record, named=False)
        copied = Rewriter({"c-51"}, frozenset({"cadran.orders"})).outcome("cadran.dead", record)
        assert copied == Outcome(Fate.MADE_ANEW, None, named=False)


def test_texts_are_no_ids_but_told_when_they_name_one() -> None:
    """By the contract a text holds no personal data; where one does, the operator hears of it."""
    told = example("lead.reopened")
    told["data"]["reason"] = "c-51 called"
    event = parse(json.dumps(told).encode(), receivedat=NOW, zone=ZoneInfo("Europe/Paris"))
    assert outcome_of(event, "c-51") == Outcome(Fate.KEPT, record_of(event), named=True, names_still=True)
