"""Salesforce's Pub/Sub API, as it may be met: change events in Avro, and a bus that keeps them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import grpc
import msgspec
from fastavro import parse_schema, schemaless_writer

from services.ingest.connectors.salesforce_cdc.pubsub_pb2 import (
    CUSTOM,
    ConsumerEvent,
    FetchRequest,
    FetchResponse,
    ProducerEvent,
    SchemaInfo,
    SchemaRequest,
)

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
        {"name": "CreatedDate", "type": ["null", "long"], "default": None},
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
    schemaless_writer(
        out, parse_schema(SCHEMA), {"ChangeEventHeader": header, "OwnerId": BOB, "CreatedDate": 1793606400000, **TEXTS}
    )
    return out.getvalue()


def event(number: int, **told: Any) -> ConsumerEvent:
    return ConsumerEvent(
        event=ProducerEvent(id=str(number), schema_id="s1", payload=payload(**told)), replay_id=bytes([number])
    )


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
