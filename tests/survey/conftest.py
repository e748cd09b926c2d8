from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.sync_api import Browser

from services.common.database import Database, opened
from services.survey.tables import SCHEMA
from tests.support.browser import running_browser
from tests.support.mail import MailServer, running_mail_server
from tests.support.stack import RunningStack, running_stack
from tests.survey.asked import Asked, ask
from tests.survey.parts import Service


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    """A stack for the tests of this folder, which keep to ids and days of their own."""
    with running_stack() as running:
        yield running


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, SCHEMA) as database:
        yield database


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


@pytest.fixture
async def service(database: Database, server: MailServer) -> AsyncIterator[Service]:
    async with Service(database, server.port) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def asked(stack: RunningStack) -> Asked:
    """An open invitation."""
    return ask(stack)
