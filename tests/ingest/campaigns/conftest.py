from collections.abc import Iterator

import pytest

from services.common.database import Database, opened
from services.ingest.tables import SCHEMA
from tests.ingest.campaigns.parts import Service


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, SCHEMA) as database:
        yield database


@pytest.fixture
def service(database: Database) -> Service:
    return Service(database)
