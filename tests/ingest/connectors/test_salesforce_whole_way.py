"""Salesforce the whole way: from its bus and its messages over the gateway and its API to the numbers."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import grpc
import httpx
import msgspec
import pytest

from services.common.database import Database
from services.ingest import tables
from services.ingest.connectors.salesforce_cdc.following import Following, Place
from services.ingest.connectors.vendors.salesforce import CONNECTOR
from tests.ingest.connectors.parts import Connectors
from tests.ingest.connectors.salesforce_bus import CHANNEL, ORGANISATION, event, running_bus
from tests.ingest.connectors.vendors.salesforce_org import Org
from tests.ingest.connectors.vendors.salesforce_story import ACCOUNT, LOST, THE_STORY, counted, message
from tests.support.engine import Engine
from tests.support.vendor_server import Answer, Asked, VendorServer, running_vendor

PATIENCE = 20.0


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    answers = Org()

    def respond(asked: Asked) -> Answer:
        told = answers(asked)
        if asked.path != "/services/oauth2/token":
            return told
        user = f"https://login.salesforce.com/id/{ORGANISATION}/005"
        return Answer({**told.content, "instance_url": "https://x.example", "id": user})

    with running_vendor(respond) as server:
        yield server


@pytest.fixture
def gateway(database: Database, tmp_path: Path, vendor: VendorServer) -> Connectors:
    words = {name: getattr(ACCOUNT, name) for name in ("reps", "currency", "stages", "sources")}
    connectors = Connectors(database, tmp_path, vendor.url, connector=CONNECTOR, token="client:secret", **words)
    connectors.secret_file.write_text(ORGANISATION)
    connectors.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    return connectors


async def completed(gateway: Connectors) -> None:
    """Have all that is wanted asked for."""
    task = asyncio.create_task(gateway.completing.run())
    async with asyncio.timeout(PATIENCE):
        while await gateway.rows(tables.wanted):  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])


async def numbers(gateway: Connectors) -> dict[tuple[str, str, int], int]:
    engine = Engine()
    engine.publish(await gateway.events())
    engine.run(Random(1))
    return counted(engine, "rep")


async def test_one_message_and_the_api_tell_the_whole_story(gateway: Connectors) -> None:
    async with gateway.client() as api:
        answer = await api.post("/connectors/salesforce/paris", content=message(LOST))
    assert (answer.status_code, answer.content) == (200, CONNECTOR.acknowledgement.body)
    assert answer.headers["Content-Type"].startswith("text/xml")
    await completed(gateway)
    assert await numbers(gateway) == THE_STORY


async def test_one_change_event_and_the_api_tell_the_whole_story(gateway: Connectors, tmp_path: Path) -> None:
    place = Place(tmp_path / "paris.place", CHANNEL)
    async with running_bus() as bus, gateway.client() as api:
        bus.kept = [event(1)]
        api.base_url = httpx.URL("http://gateway")
        following = Following(
            gateway.account, place, api, connect=lambda: grpc.aio.insecure_channel(f"127.0.0.1:{bus.port}")
        )
        task = asyncio.create_task(following.run())
        async with asyncio.timeout(PATIENCE):
            while not place.read():  # noqa: ASYNC110 - it is in a file
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
    await completed(gateway)
    assert await numbers(gateway) == THE_STORY


async def test_nothing_that_names_anybody_is_kept(gateway: Connectors) -> None:
    async with gateway.client() as api:
        await api.post("/connectors/salesforce/paris", content=message(LOST))
    await completed(gateway)
    kept = msgspec.json.encode([row["value"].decode() for row in await gateway.rows(tables.outbox)])
    assert [name for name in (b"Exemple", b"0015w00002BFDeL") if name in kept] == []
