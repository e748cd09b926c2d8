"""What stands before FastAPI: the same answers as FastAPI's own, and the count of refusals."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from services.common.errors import Invalid, Unauthenticated, Unavailable
from services.common.http import install_error_handlers, json_response, read_body
from services.ingest.asgi import CountRefused, DirectPosts, TracedPosts
from services.ingest.metrics import IngestMetrics
from tests.support.collector import InMemory

LIMIT = 1000


async def kept(request: Request) -> Response:
    """Takes what is asked for, or raises what the body names."""
    body = await read_body(request, LIMIT)
    raised: dict[bytes, Callable[[], Exception]] = {
        b"known": lambda: Invalid("is missing", field="id", mend="send one"),
        b"no key": lambda: Unauthenticated("no API key", mend="send one"),
        b"later": lambda: Unavailable("not now", retry_after=7),
        b"defect": ZeroDivisionError,
    }
    if body in raised:
        raise raised[body]()
    return json_response({"bytes": len(body)}, 202)


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)
    app.post("/v1/kept")(kept)
    return app


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def direct(app: FastAPI, registry: CollectorRegistry) -> ASGIApp:
    return CountRefused(DirectPosts(app, {"/v1/kept": kept}), IngestMetrics(registry))


def client(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def in_pieces() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"x" * (LIMIT // 2)


Asked = tuple[str, str, dict[str, Any], int]
ASKED: list[Asked] = [
    ("POST", "/v1/kept", {"content": b"fine"}, 202),
    ("POST", "/v1/kept?a=b", {"content": b"fine"}, 202),
    ("POST", "/v1/kept", {"content": b""}, 202),
    ("POST", "/v1/kept", {"content": b"known"}, 422),
    ("POST", "/v1/kept", {"content": b"no key"}, 401),
    ("POST", "/v1/kept", {"content": b"later"}, 503),
    ("POST", "/v1/kept", {"content": b"defect"}, 500),
    ("POST", "/v1/kept", {"content": b"x" * (LIMIT + 1)}, 413),
    ("GET", "/v1/kept", {}, 405),
    ("PUT", "/v1/kept", {"content": b"fine"}, 405),
    ("POST", "/v1/kept/", {"content": b"fine"}, 307),
    ("POST", "/v1/nothing", {"content": b"fine"}, 404),
]


@pytest.mark.parametrize(("method", "path", "sent", "status"), ASKED)
async def test_the_answer_is_the_one_of_fastapi(
    app: FastAPI,
    direct: ASGIApp,
    registry: CollectorRegistry,
    method: str,
    path: str,
    sent: dict[str, Any],
    status: int,
) -> None:
    async with client(app) as slow, client(direct) as fast:
        expected = await slow.request(method, path, **sent)
        found = await fast.request(method, path, **sent)
    assert found.status_code == status
    assert (found.status_code, found.headers, found.content) == (
        expected.status_code,
        expected.headers,
        expected.content,
    )
    refused = registry.get_sample_value("cadran_ingest_refused_requests_total", {"code": str(status)})
    assert refused == (1 if status >= 400 else None)


async def test_a_body_that_grows_over_the_limit_is_refused(direct: ASGIApp) -> None:
    async with client(direct) as fast:
        assert (await fast.post("/v1/kept", content=in_pieces())).status_code == 413


async def test_a_defect_is_logged_once_and_tells_nothing(direct: ASGIApp) -> None:
    with capture_logs() as logs:
        async with client(direct) as fast:
            answer = await fast.post("/v1/kept", content=b"defect")
    assert [(entry["event"], entry["path"]) for entry in logs] == [("unforeseen error", "/v1/kept")]
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Zero" not in answer.text


async def test_who_goes_away_within_a_body_is_no_defect(direct: ASGIApp) -> None:
    received = iter(({"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}))
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received)

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as logs:
        await direct({"type": "http", "method": "POST", "path": "/v1/kept", "headers": []}, receive, send)
    assert (sent, logs) == ([], [])


@pytest.mark.parametrize(
    ("body", "status", "is_error"), [(b"x", 202, False), (b"known", 422, False), (b"defect", 500, True)]
)
async def test_a_span_tells_the_route_and_what_was_answered(
    app: FastAPI, body: bytes, status: int, is_error: bool
) -> None:
    memory = InMemory()
    direct = DirectPosts(app, {"/v1/kept": kept})
    async with client(TracedPosts(direct, memory.tracing, {"/v1/kept"})) as http:
        await http.post("/v1/kept", content=body)
        await http.get("/v1/kept")

    (span,) = memory.spans
    assert span.attributes is not None
    assert (span.name, span.attributes["http.route"]) == ("POST /v1/kept", "/v1/kept")
    assert span.attributes["http.response.status_code"] == status
    assert (not span.status.is_ok and not span.status.is_unset) == is_error
