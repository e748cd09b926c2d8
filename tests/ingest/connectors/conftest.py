from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.database import Database, opened
from services.ingest.tables import SCHEMA
from tests.ingest.connectors.parts import Connectors
from tests.support.databases import sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(sqlite_url(tmp_path), SCHEMA) as database:
        yield database


@pytest.fixture
def connectors(database: Database, tmp_path: Path) -> Connectors:
    return Connectors(database, tmp_path)
