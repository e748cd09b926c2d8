"""A real Kafka and Redis for a file of tests, and what erasing asks of Kafka."""

from collections.abc import Iterator

import pytest

from services.operations.erasing.swapping import Admin
from tests.support.stack import RunningStack, running_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[RunningStack]:
    with running_servers() as stack:
        yield stack


@pytest.fixture
def admin(servers: RunningStack) -> Iterator[Admin]:
    with Admin(servers.settings) as opened:
        yield opened
