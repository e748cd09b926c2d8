from collections.abc import Iterator

import pytest

from services.common.auth import KeyRing, Scope
from tests.support.mail import MailServer, running_mail_server
from tests.support.stack import RunningStack, running_servers


@pytest.fixture(scope="package")
def servers() -> Iterator[RunningStack]:
    """Kafka and Redis, and a key with every scope."""
    with running_servers() as running:
        running.layout.dev_key.write_text(KeyRing(running.settings.api_keys_file).create("dev", tuple(Scope), ""))
        yield running


@pytest.fixture(scope="package")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running
