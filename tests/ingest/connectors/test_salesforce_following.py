"""Change events: read from the bus, handed on, and passed by only then."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import msgspec
import pytest

from services.common.errors import Forbidden, Unavailable
from services.ingest.connectors.accounts import Configured
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.names import Names, Pseudonyms
from services.ingest.connectors.salesforce_cdc.bus import Bus, Session
from services.ingest.connectors.salesforce_cdc.following import Following, Place
from services.ingest.connectors.salesforce_cdc.pubsub_pb2 import (
    CUSTOM,
    EARLIEST,
    ConsumerEvent,
    FetchRequest,
    FetchResponse,
    ProducerEvent,
)
from services.ingest.connectors.vendors.salesforce import CONNECTOR, SalesforceAccount
from tests.ingest.connectors.salesforce_bus import BOB, CHANNEL, ORGANISATION, FakeBus, event, running_bus
from tests.support.stories import delivery
from tests.support.vendor_server import Answer, Asked, running_vendor

ACCOUNT = SalesforceAccount(currency="EUR")
NAMES = Names("salesforce", "paris", Pseudonyms(""), reps={}, customers="id")


class Gateway:
    """Salesforce's tokens and the gateway's answers, and what was handed on."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[Reading] = []
        self.logins = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            self.logins += 1
            user = f"https://login.salesforce.com/id/{ORGANISATION}/{BOB}"
            return Answer({"access_token": f"token-{self.logins}", "instance_url": "https://x.example", "id": user})
        assert asked.path == "/v1/connectors/salesforce/paris"
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            CONNECTOR.verify(delivery(asked.body), ACCOUNT, [ORGANISATION])
            self.taken.append(CONNECTOR.read(delivery(asked.body), ACCOUNT, NAMES))
        return Answer({}, status)


@contextmanager
def running_gateway() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway()
    with running_vendor(gateway) as server:
        yield gateway, server.url


async def follow_until(done: Callable[[], bool], bus: FakeBus, url: str, place: Place, token_file: Path) -> None:
    """Follow until something is so."""
    token_file.write_text("client:secret")
    account = msgspec.structs.replace(ACCOUNT, api=url, token_file=str(token_file))
    configured = Configured(CONNECTOR, "paris", account, NAMES)

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
    """The kinds of the records that the gateway is to ask for."""
    return [wanted.kind for reading in gateway.taken for wanted in reading.wanted]


async def test_what_is_kept_is_handed_on_and_then_what_follows_each_place_once(tmp_path: Path) -> None:
    path = tmp_path / "paris.place"
    async with running_bus() as bus:
        with running_gateway() as (gateway, url):
            bus.kept = [event(1), event(2, entity="Account"), event(3, entity="Lead")]
            await follow_until(
                lambda: Place(path, CHANNEL).read() == b"\x03", bus, url, Place(path, CHANNEL), tmp_path / "t"
            )
            assert handed_on(gateway) == ["Opportunity", "Lead"]
            assert {said.type for reading in gateway.taken for said in reading.said} == {"lead.assigned"}
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


def test_the_process_says_which_account_it_misses(tmp_path: Path) -> None:
    (tmp_path / "accounts.yml").write_text("accounts: {}")
    run = [sys.executable, "-m", "services.ingest.connectors.salesforce_cdc", "lyon"]
    environment = {**os.environ, "CADRAN_INGEST_CONNECTORS": str(tmp_path / "accounts.yml")}
    ended = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "salesforce has no account 'lyon'" in ended.stderr


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
