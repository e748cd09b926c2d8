from collections.abc import Iterator

import pytest

from services.board.tables import SCHEMA
from services.common.database import Database, opened


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, SCHEMA) as database:
        yield database
