"""Salesforce's Pub/Sub API: a stream of events, asked for as fast as they are dealt with."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple, Self

import grpc

from services.common.errors import Forbidden, Unavailable
from services.ingest.connectors.salesforce_cdc.decoding import Schema, read_schema
from services.ingest.connectors.salesforce_cdc.pubsub_pb2 import (
    CUSTOM,
    EARLIEST,
    FetchRequest,
    FetchResponse,
    SchemaInfo,
    SchemaRequest,
)

SERVICE = "/eventbus.v1.PubSub"
AT_ONCE = 100
SILENCE = 300.0
"""Seconds: Salesforce says at least every 270 that nothing happened."""
TIMEOUT = 30.0
OPTIONS = (("grpc.keepalive_time_ms", 60_000), ("grpc.keepalive_timeout_ms", 20_000))


class Session(NamedTuple):
    """As whom the bus is asked."""

    token: str
    instance: str
    organisation: str

    @classmethod
    def lent(cls, told: Mapping[str, Any]) -> Self:
        """From what was told with a token: the organisation is in the address of the user.

        :raises Forbidden: when it is not told.
        """
        user = str(told.get("id", "")).split("/")
        if len(user) < 2 or not told.get("instance_url"):
            raise Forbidden("Salesforce does not say whose the token is", mend="give the app the scope `id` too")
        return cls(str(told["access_token"]), str(told["instance_url"]), user[-2])

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("accesstoken", self.token), ("instanceurl", self.instance), ("tenantid", self.organisation))


class Lost(Unavailable):
    """The place to go on from is no longer kept: what came after it is lost."""


class Bus:
    """The API over a channel."""

    def __init__(self, channel: grpc.aio.Channel, session: Session, *, silence: float = SILENCE) -> None:
        self._session = session
        self._silence = silence
        self._schemas: dict[str, Schema] = {}
        self._subscribe = channel.stream_stream(
            f"{SERVICE}/Subscribe",
            request_serializer=FetchRequest.SerializeToString,
            response_deserializer=FetchResponse.FromString,
        )
        self._get_schema = channel.unary_unary(
            f"{SERVICE}/GetSchema",
            request_serializer=SchemaRequest.SerializeToString,
            response_deserializer=SchemaInfo.FromString,
        )

    async def schema(self, schema_id: str) -> Schema:
        """A schema, asked for once.

        :raises Unavailable: when it is not to be had.
        """
        if schema_id not in self._schemas:
            request = SchemaRequest(schema_id=schema_id)
            try:
                told = await self._get_schema(request, metadata=self._session.metadata, timeout=TIMEOUT)
            except grpc.aio.AioRpcError as error:
                raise _unavailable(error) from None
            self._schemas[schema_id] = read_schema(told.schema_json)
        return self._schemas[schema_id]

    async def responses(self, channel: str, after: bytes) -> AsyncIterator[FetchResponse]:
        """What happened in a channel after a place, or in the 72 hours that are kept. More is asked for once a response
        was dealt with.

        :raises Lost: when that place is no longer kept.
        :raises Unavailable: when the stream ends, or is silent for longer than it may be.
        """
        preset = CUSTOM if after else EARLIEST
        call = self._subscribe(metadata=self._session.metadata)
        try:
            await call.write(
                FetchRequest(topic_name=channel, replay_preset=preset, replay_id=after, num_requested=AT_ONCE)
            )
            while True:
                async with asyncio.timeout(self._silence):
                    response = await call.read()
                if not isinstance(response, FetchResponse):
                    await call.write(FetchRequest(topic_name=channel))  # raises what the stream ended by
                    raise Unavailable("Salesforce ends the stream")
                yield response
                if not response.pending_num_requested:
                    await call.write(FetchRequest(topic_name=channel, num_requested=AT_ONCE))
        except grpc.aio.AioRpcError as error:
            raise _unavailable(error) from None
        except asyncio.InvalidStateError:
            raise Unavailable("Salesforce ends the stream") from None
        except TimeoutError:
            raise Unavailable("Salesforce is silent") from None
        finally:
            call.cancel()


def _unavailable(error: grpc.aio.AioRpcError) -> Unavailable:
    trailers = {str(key): str(value) for key, value in error.trailing_metadata() or ()}
    code = trailers.get("error-code", "")
    told = f"Salesforce answers {error.code().name} {code}".strip()
    return Lost(told) if "replayid" in code else Unavailable(told)
