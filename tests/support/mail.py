"""A real SMTP server for a test: it keeps the letters that it takes, and answers as it is told."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.redis import free_port

OK = "250 OK"
ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
"""Hours in which letters may leave."""
Reply = Callable[[str], str]


class MailServer:
    """What was taken, and how to answer: `at_rcpt` and `at_data` are told the recipient and give the reply."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.letters: list[EmailMessage] = []
        self._by_address: defaultdict[str, list[EmailMessage]] = defaultdict(list)
        self.raw: list[bytes] = []
        self.at_rcpt: Reply = lambda _: OK
        self.at_data: Reply = lambda _: OK
        self.at_mail = OK

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a survey service whose letters come here, at once and at any hour."""
        return {
            "CADRAN_SURVEY_SMTP_HOST": "127.0.0.1",
            "CADRAN_SURVEY_SMTP_PORT": str(self.port),
            "CADRAN_SURVEY_SMTP_SECURITY": "none",
            "CADRAN_SURVEY_MAIL_FROM": "avis@example.org",
            "CADRAN_SURVEY_MAIL_HOURS": json.dumps(ALWAYS),
            "CADRAN_SURVEY_MAIL_PER_MINUTE": "6000",
            "CADRAN_SURVEY_MAIL_ON_HOLIDAYS": "true",
        }

    def to(self, address: str) -> list[EmailMessage]:
        return list(self._by_address.get(address, ()))

    async def handle_MAIL(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        reply = self.at_rcpt(address)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        reply = self.at_data(envelope.rcpt_tos[0])
        if reply == OK:
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            letter: EmailMessage = message_from_bytes(envelope.content, policy=default)  # type: ignore[arg-type]
            self.letters.append(letter)
            # Read once: who waits for hundreds would read every header again at each look, and hold this server up.
            self._by_address[letter["To"].addresses[0].addr_spec].append(letter)
        return reply


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    """What a letter says, as `plain` text or as `html`."""
    found = letter.get_body((kind,))
    assert found is not None
    return str(found.get_content())


@contextmanager
def running_mail_server(port: int | None = None, **options: Any) -> Iterator[MailServer]:
    """A mail server on a port, or on a free one."""
    server = MailServer(port or free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def with_login(user: str, password: str, certificate: Path) -> dict[str, Any]:
    """Options of a server that takes letters only from who logs in, and only after STARTTLS."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=good)

    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticate,
    }


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1, its key beside it."""
    certificate = folder / "mail.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.with_suffix(".key"), "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate
