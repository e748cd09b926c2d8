import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from services.board.letter.reading import WeekReader
from services.board.letter.story import Story
from services.board.letter.writing import WeekWriter
from services.board.read_api import ReadApi
from tests.board.letter import company
from tests.support.clock import Clock
from tests.support.engine import Engine
from tests.support.events import PARIS, at
from tests.support.mail import MailServer, running_mail_server
from tests.support.read_api import EngineObservatory, client_of
from tests.support.world import engine_of, world


@pytest.fixture(scope="session")
def engine() -> Engine:
    return engine_of(company.events(), at(company.MONDAY))


@pytest.fixture
def observatory(engine: Engine) -> EngineObservatory:
    return EngineObservatory(engine, world(company.MONDAY, company.statements()))


@pytest.fixture
async def client(observatory: EngineObservatory, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(observatory, tmp_path) as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    """It is the Monday after the week."""
    clock = Clock()
    clock.now = at(company.MONDAY)
    return clock


@pytest.fixture
def reader(client: httpx.AsyncClient, clock: Clock) -> WeekReader:
    return WeekReader(ReadApi(client).get, PARIS, clock)


@pytest.fixture(scope="session")
def story(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What the read API tells of the week, on the Monday after it."""

    async def read() -> Story:
        observatory = EngineObservatory(engine, world(company.MONDAY, company.statements()))
        async with client_of(observatory, tmp_path_factory.mktemp("keys")) as client:
            return await WeekReader(ReadApi(client).get, PARIS, lambda: at(company.MONDAY)).read(company.WEEK)

    return asyncio.run(read())


@pytest.fixture(scope="session")
def writer() -> WeekWriter:
    return WeekWriter(PARIS, "https://board.example.org")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running
