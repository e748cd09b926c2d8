from collections.abc import Iterator

import pytest

from tests.support.mail import MailServer, running_mail_server
from tests.support.webhook import Webhook, running_webhook


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running_webhook() as server:
        yield server
