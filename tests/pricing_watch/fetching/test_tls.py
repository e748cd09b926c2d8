"""HTTP/2 over TLS: the connection goes to the checked address, and the name stays the name."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from tests.support.shop import CONTACT

NAME, OTHER = "shop.example", "other.example"


class Secure:
    """A server of HTTP/2 that answers everything with one page, and notes names and protocols."""

    def __init__(self) -> None:
        self.port = 0
        self.names: list[str | None] = []
        self.authorities: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        with contextlib.suppress(OSError):
            while received := await reader.read(65536):
                for event in connection.receive_data(received):
                    if isinstance(event, h2.events.RequestReceived):
                        self.answer(connection, event)
                writer.write(connection.data_to_send())
        writer.close()

    def answer(self, connection: h2.connection.H2Connection, event: h2.events.RequestReceived) -> None:
        headers = dict(event.headers)
        self.authorities.append(headers[b":authority"])
        if headers[b":path"] == b"/robots.txt":
            connection.send_headers(event.stream_id, [(":status", "404")], end_stream=True)
            return
        connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/html")])
        connection.send_data(event.stream_id, b"<p>9.90</p>", end_stream=True)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS, whose certificate is for one name, and trusted."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    return context


SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def frame(kind: int, flags: int, payload: bytes, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense, and a lot of it, where a frame should be",
        SETTINGS,
        SETTINGS + frame(1, 4, b"\xff" * 50),
        SETTINGS + frame(1, 4, b"\x88") + frame(0, 0, b"x" * 10) + frame(0, 0, b"x", stream=7),
        SETTINGS + frame(1, 0, b"\x88") + frame(9, 0, b"") * 1000,
        SETTINGS + frame(1, 0, b"\x88") + frame(9, 0, b"\x40\x01a\x7f\x00" + b"x" * 126) * 60,
        SETTINGS + frame(5, 4, b"\x00\x00\x00\x02\x88"),
        SETTINGS + frame(3, 0, b"\x00\x00\x00\x01"),
        SETTINGS + frame(7, 0, b"\x00" * 8, stream=0),
        SETTINGS + frame(1, 5, b"\x48\x03abc"),
    ],
)
async def test_what_is_no_http_2_is_told(certified: ssl.SSLContext, sent: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read(65536)
            writer.write(sent)
            await writer.drain()
            await reader.read(65536)
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.2", 0, ssl=certified) as listening:
        server = Secure()
        server.port = listening.sockets[0].getsockname()[1]
        async with fetcher(server) as fetching:
            with pytest.raises(FetchFault) as raised:
                await fetching.fetch(f"https://{NAME}:{server.port}/")
    assert raised.value.kind in (Fault.SERVER, Fault.UNREACHABLE, Fault.TIMEOUT)


@pytest.fixture
async def secure(certified: ssl.SSLContext) -> AsyncIterator[Secure]:
    server = Secure()
    certified.sni_callback = lambda _, name, __: server.names.append(name)
    async with await asyncio.start_server(server.serve, "127.0.0.2", 0, ssl=certified) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def fetcher(server: Secure) -> Fetcher:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.2"]

    allowed = frozenset({f"{NAME}:{server.port}", f"{OTHER}:{server.port}"})
    return Fetcher(
        FetchSettings(contact=CONTACT, per_host_delay=0.0, allowed_hosts=allowed, total_timeout=3.0), resolve=resolve
    )


async def test_the_name_is_kept_and_the_connection_used_again(secure: Secure) -> None:
    async with fetcher(secure) as fetching:
        for _ in range(3):
            fetched = await fetching.fetch(f"https://{NAME}:{secure.port}/")
            assert fetched.page.body == b"<p>9.90</p>"
    assert secure.names == [NAME]
    assert secure.authorities == [f"{NAME}:{secure.port}".encode()] * 4


async def test_a_certificate_of_another_name_is_not_taken(secure: Secure) -> None:
    async with fetcher(secure) as fetching:
        with pytest.raises(FetchFault) as raised:
            await fetching.fetch(f"https://{OTHER}:{secure.port}/")
    assert raised.value.kind is Fault.TLS
    assert secure.authorities == []


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with fetcher(secure) as fetching:
        with pytest.raises(FetchFault) as raised:
            await fetching.fetch(f"https://{NAME}:{secure.port}/")
    assert raised.value.kind is Fault.TLS
    assert secure.authorities == []
