"""A real Kafka and Redis for a file of tests, and what erasing asks of Kafka."""

from collections.abc import Iterator

import pytest

from services.kpi_stream import commands as worker_commands
from services.operations.erasing import commands
from services.operations.erasing.swapping import Admin
from tests.support.stack import RunningStack, running_servers


@pytest.fixture(autouse=True)
def logs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in this process here, and how it logs could not be set back for the tests after them."""
    for module in (commands, worker_commands):
        monkeypatch.setattr(module, "configure_logging", lambda *_, **__: None)


@pytest.fixture(scope="module")
def servers() -> Iterator[RunningStack]:
    with running_servers() as stack:
        yield stack


@pytest.fixture
def admin(servers: RunningStack) -> Iterator[Admin]:
    with Admin(servers.settings) as opened:
        yield opened
