"""Change events: read from a bus as Salesforce's is documented to be, handed on, and passed by only then."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import grpc
import httpx
import msgspec
import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Forbidden, Malformed, Unavailable
from services.ingest.connectors.accounts import Configured
from services.ingest.connectors.names import Names, Pseudonyms
from services.ingest.connectors.salesforce_cdc import pubsub_pb2
from services.ingest.connectors.salesforce_cdc.bus import Bus, Session
from services.ingest.connectors.salesforce_cdc.decoding import read_change, read_schema
from services.ingest.connectors.salesforce_cdc.following import Following, Place
from services.ingest.connectors.salesforce_cdc.pubsub_pb2 import (
    CUSTOM,
    EARLIEST,
    ConsumerEvent,
    FetchRequest,
    FetchResponse,
    ProducerEvent,
    SchemaInfo,
    SchemaRequest,
)
from services.ingest.connectors.vendors.salesforce import CONNECTOR, SalesforceAccount
from tests.support.vendor_server import Answer, Asked, running_vendor

ORGANISATION = "00D5w000004qGTOEA2"
DEAL = "0065w000023STAmAAO"
BOB = "0055w00000BhqR1AAJ"
CHANNEL = "/data/ChangeEvents"
HEADER = {
    "type": "record",
    "name": "ChangeEventHeader",
    "fields": [
        {"name": "entityName", "type": "string"},
        {"name": "recordIds", "type": {"type": "array", "items": "string"}},
        {
            "name": "changeType",
            "type": {
                "type": "enum",
                "name": "ChangeType",
                "symbols": ["CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_UPDATE", "GAP_OVERFLOW"],
            },
        },
        {"name": "changeOrigin", "type": "string"},
        {"name": "transactionKey", "type": "string"},
        {"name": "sequenceNumber", "type": "int"},
        {"name": "commitTimestamp", "type": "long"},
        {"name": "commitNumber", "type": "long"},
        {"name": "commitUser", "type": "string"},
        {"name": "nulledFields", "type": {"type": "array", "items": "string"}},
        {"name": "diffFields", "type": {"type": "array", "items": "string"}},
        {"name": "changedFields", "type": {"type": "array", "items": "string"}},
    ],
}
FIELDS = ("Name", "StageName", "Amount", "OwnerId", "Description")
SCHEMA = {
    "type": "record",
    "name": "OpportunityChangeEvent",
    "namespace": "com.sforce.eventbus",
    "fields": [
        {"name": "ChangeEventHeader", "type": HEADER},
        *({"name": name, "type": ["null", "string"], "default": None} for name in FIELDS),
    ],
}
SCHEMA_TEXT = msgspec.json.encode(SCHEMA).decode()
TEXTS = {"Name": "Lamps for Ada Exemple", "Description": "ada.exemple@example.org"}


def bitmap(*names: str) -> str:
    """The bits of some fields, the header being the first."""
    bits = sum(1 << FIELDS.index(name) + 1 for name in names)
    return f"0x{bits:X}"


def payload(*, entity: str = "Opportunity", change: str = "UPDATE", changed: tuple[str, ...] = ("OwnerId",)) -> bytes:
    header = {
        "entityName": entity,
        "recordIds": [DEAL],
        "changeType": change,
        "changeOrigin": "com/salesforce/api/soap/62.0;client=SfdcInternalAPI/",
        "transactionKey": "00006948-0ac9-7da3-edb3-ea0e31b2334a",
        "sequenceNumber": 1,
        "commitTimestamp": 1793692800000,
        "commitNumber": 1100638524517,
        "commitUser": BOB,
        "nulledFields": [],
        "diffFields": [],
        "changedFields": [bitmap(*changed), "1-0x03"] if changed else [],
    }
    out = BytesIO()
    schemaless_writer(out, parse_schema(SCHEMA), {"ChangeEventHeader": header, "OwnerId": BOB, **TEXTS})
    return out.getvalue()


def event(number: int, **told: Any) -> ConsumerEvent:
    return ConsumerEvent(
        event=ProducerEvent(id=str(number), schema_id="s1", payload=payload(**told)), replay_id=bytes([number])
    )


# What a change says.


@given(st.sets(st.sampled_from(FIELDS)))
def test_the_bits_of_a_bitmap_are_the_fields_that_changed(names: set[str]) -> None:
    change = read_change(payload(changed=tuple(names)), read_schema(SCHEMA_TEXT))
    assert change is not None
    assert set(change.change_event_header.changed_fields) == names


def test_only_who_what_when_and_the_owner_are_taken() -> None:
    change = read_change(payload(), read_schema(SCHEMA_TEXT))
    assert msgspec.to_builtins(change) == {
        "ChangeEventHeader": {
            "entityName": "Opportunity",
            "changeType": "UPDATE",
            "commitTimestamp": 1793692800000,
            "recordIds": [DEAL],
            "changedFields": ["OwnerId"],
        },
        "OwnerId": BOB,
    }


@given(st.binary(max_size=300))
def test_bytes_that_are_no_change_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_change(body[:-1] + b"\xff", read_schema(SCHEMA_TEXT))


@pytest.mark.parametrize("text", ["", "{}", '"string"', "[", '{"type": "record"}'])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_schema(text)


def test_the_python_of_the_protocol_is_that_of_its_file(tmp_path: Path) -> None:
    source = Path(pubsub_pb2.__file__).with_name("pubsub.proto")
    root = source.parents[4]
    run = ["-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([sys.executable, *run, str(source.relative_to(root))], cwd=root, check=True)
    for name in ("pubsub_pb2.py", "pubsub_pb2.pyi"):
        made = tmp_path / source.parent.relative_to(root) / name
        assert made.read_text() == source.with_name(name).read_text()


# The bus.


class FakeBus:
    """Salesforce's Pub/Sub API: keeps events, and gives as many as are asked for, from a place on."""

    def __init__(self) -> None:
        self.kept: list[ConsumerEvent] = []
        self.asked: list[FetchRequest] = []
        self.schemas = 0
        self.unknown: set[bytes] = set()
        self.tokens: list[str] = []
        self.ends_after = 1000
        self.port = 0

    async def subscribe(
        self, requests: AsyncIterator[FetchRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[FetchResponse]:
        metadata = dict(context.invocation_metadata())
        assert metadata["tenantid"] == ORGANISATION
        self.tokens.append(metadata["accesstoken"])
        place = None
        responses = 0
        async for request in requests:
            self.asked.append(request)
            if place is None:
                if request.replay_id in self.unknown:
                    code = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted"
                    context.set_trailing_metadata((("error-code", code),))
                    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the replay id is corrupted")
                ids = [each.replay_id for each in self.kept]
                place = ids.index(request.replay_id) + 1 if request.replay_preset == CUSTOM else 0
            for each in self.kept[place:]:
                responses += 1
                if responses > self.ends_after:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "the service is restarted")
                yield FetchResponse(events=[each], latest_replay_id=each.replay_id, pending_num_requested=7)
                place += 1
            yield FetchResponse(latest_replay_id=self.kept[-1].replay_id if self.kept else b"", pending_num_requested=7)

    async def schema(self, request: SchemaRequest, _: grpc.aio.ServicerContext) -> SchemaInfo:
        self.schemas += 1
        return SchemaInfo(schema_json=SCHEMA_TEXT, schema_id=request.schema_id)


@asynccontextmanager
async def running_bus() -> AsyncIterator[FakeBus]:
    bus = FakeBus()
    handlers = {
        "Subscribe": grpc.stream_stream_rpc_method_handler(
            bus.subscribe, FetchRequest.FromString, FetchResponse.SerializeToString
        ),
        "GetSchema": grpc.unary_unary_rpc_method_handler(
            bus.schema, SchemaRequest.FromString, SchemaInfo.SerializeToString
        ),
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("eventbus.v1.PubSub", handlers),))
    bus.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield bus
    finally:
        await server.stop(None)


class Gateway:
    """Salesforce's tokens and the gateway's answers, and what was handed on."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.logins = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            self.logins += 1
            user = f"https://login.salesforce.com/id/{ORGANISATION}/{BOB}"
            return Answer({"access_token": f"token-{self.logins}", "instance_url": "https://x.example", "id": user})
        assert asked.path == "/v1/connectors/salesforce/paris"
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.append(msgspec.json.decode(asked.body))
        return Answer({}, status)


@contextmanager
def running_gateway() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway()
    with running_vendor(gateway) as server:
        yield gateway, server.url


async def follow_until(done: Callable[[], bool], bus: FakeBus, url: str, place: Place, token_file: Path) -> None:
    """Follow until something is so."""
    token_file.write_text("client:secret")
    account = SalesforceAccount(currency="EUR", api=url, token_file=str(token_file))
    names = Names("salesforce", "paris", Pseudonyms(""), reps={}, customers="id")
    configured = Configured(CONNECTOR, "paris", account, names)

    async def soon(_: float) -> None:
        await asyncio.sleep(0.01)

    async with httpx.AsyncClient(base_url=url) as http:
        following = Following(
            configured, place, http, connect=lambda: grpc.aio.insecure_channel(f"127.0.0.1:{bus.port}"), sleep=soon
        )
        task = asyncio.create_task(following.run())
        async with asyncio.timeout(20):
            while not done():
                await asyncio.sleep(0.01)
                if task.done():
                    task.result()
        task.cancel()
        await asyncio.wait([task])


def handed_on(gateway: Gateway) -> list[str]:
    return [change["ChangeEventHeader"]["entityName"] for told in gateway.taken for change in told["changes"]]


async def test_what_is_kept_is_handed_on_and_then_what_follows_each_place_once(tmp_path: Path) -> None:
    path = tmp_path / "paris.place"
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            bus.kept = [event(1), event(2, entity="Account"), event(3, entity="Lead")]
            await follow_until(
                lambda: Place(path, CHANNEL).read() == b"\x03", bus, url, Place(path, CHANNEL), tmp_path / "t"
            )
            assert handed_on(gateway) == ["Opportunity", "Lead"]
            assert {told["organisation"] for told in gateway.taken} == {ORGANISATION}
            assert (bus.asked[0].replay_preset, bus.asked[0].topic_name) == (EARLIEST, CHANNEL)
            assert bus.schemas == 1
            bus.kept.append(event(4))
            await follow_until(
                lambda: Place(path, CHANNEL).read() == b"\x04", bus, url, Place(path, CHANNEL), tmp_path / "t"
            )
            assert handed_on(gateway) == ["Opportunity", "Lead", "Opportunity"]


async def test_a_place_is_kept_only_once_the_gateway_has_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "paris.place"
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            bus.kept = [event(1), event(2, entity="Lead")]
            gateway.answers = [503, 401, 200, 500]
            await follow_until(
                lambda: Place(path, CHANNEL).read() == b"\x02", bus, url, Place(path, CHANNEL), tmp_path / "t"
            )
            # Each refusal ends the stream, and it is begun again from the place before.
            assert [request.replay_id for request in bus.asked if request.replay_preset == CUSTOM] == [b"\x01"]
            assert handed_on(gateway) == ["Opportunity", "Lead"]
            assert gateway.logins == 4
            assert bus.tokens == ["token-1", "token-2", "token-3", "token-4"]


async def test_a_stream_that_breaks_is_begun_again_where_it_broke(tmp_path: Path) -> None:
    path = tmp_path / "paris.place"
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            bus.kept = [event(number) for number in range(1, 6)]
            bus.ends_after = 2
            await follow_until(
                lambda: Place(path, CHANNEL).read() == b"\x05", bus, url, Place(path, CHANNEL), tmp_path / "t"
            )
            assert len(handed_on(gateway)) == 5


async def test_when_its_place_is_no_longer_kept_it_begins_with_what_is(tmp_path: Path) -> None:
    place = Place(tmp_path / "paris.place", CHANNEL)
    place.write(b"\x63")
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            bus.unknown = {b"\x63"}
            bus.kept = [event(7)]
            await follow_until(lambda: place.read() == b"\x07", bus, url, place, tmp_path / "t")
            assert handed_on(gateway) == ["Opportunity"]


async def test_an_event_that_cannot_be_read_does_not_hold_up_the_others(tmp_path: Path) -> None:
    place = Place(tmp_path / "paris.place", CHANNEL)
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            broken = ConsumerEvent(event=ProducerEvent(schema_id="s1", payload=b"\xff"), replay_id=b"\x01")
            bus.kept = [broken, event(2)]
            await follow_until(lambda: place.read() == b"\x02", bus, url, place, tmp_path / "t")
            assert handed_on(gateway) == ["Opportunity"]


async def collect(bus: Bus, found: list[FetchResponse]) -> None:
    async for response in bus.responses(CHANNEL, b""):
        found += [response]


async def responses(requests: list[FetchRequest], *answers: FetchResponse, stays: bool) -> list[FetchResponse]:
    """What a bus gives that answers this, and then stays silent or ends."""

    async def subscribe(
        asked: AsyncIterator[FetchRequest], _: grpc.aio.ServicerContext
    ) -> AsyncIterator[FetchResponse]:
        waiting = list(answers)
        async for request in asked:
            requests.append(request)
            if waiting:
                yield waiting.pop(0)
            elif not stays:
                return

    handlers = {
        "Subscribe": grpc.stream_stream_rpc_method_handler(
            subscribe, FetchRequest.FromString, FetchResponse.SerializeToString
        )
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("eventbus.v1.PubSub", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            bus = Bus(channel, Session("token", "https://x.example", ORGANISATION), silence=0.5)
            found: list[FetchResponse] = []
            with pytest.raises(Unavailable, match="silent" if stays else "ends the stream"):
                await collect(bus, found)
            return found
    finally:
        await server.stop(None)


@pytest.mark.parametrize("stays", [True, False])
async def test_more_is_asked_for_once_all_was_dealt_with_and_a_silent_or_ended_stream_is_told(stays: bool) -> None:
    requests: list[FetchRequest] = []
    used_up = FetchResponse(events=[event(1)], pending_num_requested=0)
    assert await responses(requests, used_up, used_up, stays=stays) == [used_up, used_up]
    assert [(request.topic_name, request.num_requested) for request in requests] == [(CHANNEL, 100)] * 3


@pytest.mark.parametrize("told", [{}, {"id": "x", "instance_url": "y"}, {"id": "https://x/id/00D/005"}])
def test_a_token_of_nobody_known_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        Session.lent({"access_token": "token", **told})


def test_a_place_is_of_its_channel(tmp_path: Path) -> None:
    path = tmp_path / "of" / "paris.place"
    assert Place(path, CHANNEL).read() == b""
    Place(path, CHANNEL).write(b"\x00\x01 x")
    assert Place(path, CHANNEL).read() == b"\x00\x01 x"
    assert Place(path, "/data/LeadChangeEvent").read() == b""
    path.write_text("half")
    assert Place(path, CHANNEL).read() == b""
    Place(path, CHANNEL).forget()
    assert not path.exists()
