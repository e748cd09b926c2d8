"""What tests of an operator's commands need, as these run in the tests' own process."""

import pytest

from services.kpi_stream import commands as of_the_worker
from services.operations.backup import commands as of_backups
from services.operations.erasing import commands as of_erasing


@pytest.fixture(autouse=True)
def logs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a process logs could not be set back for the tests after them."""
    for commands in (of_the_worker, of_backups, of_erasing):
        monkeypatch.setattr(commands, "configure_logging", lambda *_, **__: None)
