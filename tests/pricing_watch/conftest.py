from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.database import Database
from services.pricing_watch.tables import SCHEMA
from tests.pricing_watch.parts import Service
from tests.support.databases import emptied, opened, sqlite_url
from tests.support.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, SCHEMA) as database:
        yield database


@pytest.fixture
def service(database: Database) -> Service:
    return Service(database)
