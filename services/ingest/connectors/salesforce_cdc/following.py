"""Following an account's change events: read, handed on to the gateway, and only then passed by."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import grpc
import httpx
import msgspec

from services.common.errors import CadranError, Malformed, Unavailable
from services.common.logging import get_logger
from services.common.whole_files import OURS_ALONE, replace_file
from services.ingest.connectors.accounts import Configured, open_api
from services.ingest.connectors.salesforce_cdc.bus import Bus, Lost, Session
from services.ingest.connectors.salesforce_cdc.decoding import read_change
from services.ingest.connectors.salesforce_cdc.pubsub_pb2 import ConsumerEvent, FetchResponse
from services.ingest.connectors.vendors.salesforce.changes import Change, Changes
from services.ingest.connectors.vendors.salesforce.reading import KINDS, SalesforceAccount

log = get_logger(__name__)

LEAST_PAUSE, MOST_PAUSE = 1.0, 60.0

Sleep = Callable[[float], Awaitable[None]]


class Place:
    """Where an account stands in a channel, in a file of its own."""

    def __init__(self, path: Path, channel: str) -> None:
        self._path = path
        self._channel = channel

    def read(self) -> bytes:
        """After what to go on; empty: nothing of this channel was read yet."""
        try:
            channel, _, place = self._path.read_text(encoding="utf-8").partition(" ")
            return base64.b64decode(place, validate=True) if channel == self._channel else b""
        except (FileNotFoundError, ValueError):
            return b""

    def write(self, replay_id: bytes) -> None:
        content = f"{self._channel} {base64.b64encode(replay_id).decode()}"
        replace_file(self._path, content.encode(), OURS_ALONE)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


class Following:
    """Follows for ever: `run`. `connect` opens a channel to the bus."""

    def __init__(
        self,
        account: Configured,
        place: Place,
        gateway: httpx.AsyncClient,
        *,
        connect: Callable[[], grpc.aio.Channel],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._account = account
        self._place = place
        self._gateway = gateway
        self._connect = connect
        self._sleep = sleep
        self._pause = LEAST_PAUSE

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
            except Lost as error:
                mend = f"run `cadran connectors sync salesforce {self._account.name}`"
                log.error("change events of more than 72 hours ago are lost", error=str(error), mend=mend)  # noqa: TRY400
                self._place.forget()
            except CadranError as error:
                log.warning("the change events wait", error=str(error), seconds=self._pause)
            await self._sleep(self._pause)
            self._pause = min(self._pause * 2, MOST_PAUSE)

    async def _follow(self) -> None:
        words = cast(SalesforceAccount, self._account.words)
        async with open_api(self._account) as api:
            session = Session.lent(await api.log_in())
        async with self._connect() as channel:
            bus = Bus(channel, session)
            async for response in bus.responses(words.channel, self._place.read()):
                await self._pass_on(bus, session, response)
                self._pause = LEAST_PAUSE

    async def _pass_on(self, bus: Bus, session: Session, response: FetchResponse) -> None:
        changes = [change for event in response.events if (change := await self._change(bus, event))]
        if changes:
            await self._deliver(Changes(session.organisation, changes))
        self._place.write(response.events[-1].replay_id if response.events else response.latest_replay_id)

    async def _change(self, bus: Bus, event: ConsumerEvent) -> Change | None:
        """A change that counts. One that cannot be read is told and passed by: it would be the same again."""
        try:
            change = read_change(event.event.payload, await bus.schema(event.event.schema_id))
        except Malformed as error:
            log.error("a change event cannot be read", error=str(error))  # noqa: TRY400
            return None
        return change if change and change.change_event_header.entity_name in KINDS else None

    async def _deliver(self, changes: Changes) -> None:
        """
        :raises Unavailable: unless the gateway has written them down.
        """
        path = f"/v1/connectors/{self._account.vendor}/{self._account.name}"
        try:
            response = await self._gateway.post(path, content=msgspec.json.encode(changes))
        except httpx.TransportError:
            raise Unavailable("the gateway does not answer", mend="start it") from None
        if not response.is_success:
            mend = "write the organisation's id into the account's `secret_file`" if response.status_code == 401 else ""
            raise Unavailable(f"the gateway answers {response.status_code}", mend=mend)
