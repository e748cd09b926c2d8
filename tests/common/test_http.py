"""What every service does alike with a request: who it is from, and how many of them."""

from pathlib import Path

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from starlette.requests import Request as Plain
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.errors import HeadersTooLarge, Invalid
from services.common.header_limit import MOST_HEADER_BYTES, HeaderLimit
from services.common.http import address_of, install_error_handlers, problem_response, require, require_recorded
from services.common.secure_headers import HEADERS, SecureHeaders

GUEST = "198.51.100.7"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys.json", request_rate="3/minute")


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.log")


@pytest.fixture
def app(ring: KeyRing, audit: AuditLog) -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/v1/looked-at", dependencies=[Depends(require(ring, Scope.READ_KPIS))])
    async def look() -> str:
        return "seen"

    @app.put("/v1/things/{name}", dependencies=[require_recorded(ring, Scope.ADMIN, audit)])
    async def change(name: str, request: Request) -> str:
        if await request.body():
            raise Invalid("Unforgettable words")
        return name

    return app


def asking(app: FastAPI, token: str = "", address: str = GUEST) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(SecureHeaders(app), client=(address, 1))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)


async def test_a_key_that_asks_too_often_is_told_when_to_come_back_and_others_go_on(
    app: FastAPI, ring: KeyRing
) -> None:
    keen, other = (ring.create(name, (Scope.READ_KPIS,), "") for name in ("keen", "other"))
    async with asking(app, keen) as client:
        answers = [await client.get("/v1/looked-at") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].json()["mend"] == "ask again after the seconds of Retry-After"
    async with asking(app, other) as client:
        assert (await client.get("/v1/looked-at")).status_code == 200


async def test_who_guesses_is_answered_429_and_a_key_elsewhere_goes_on(app: FastAPI, ring: KeyRing) -> None:
    token = ring.create("shop", (Scope.READ_KPIS,), "")
    async with asking(app, f"{token}x") as client:
        answers = [await client.get("/v1/looked-at") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    async with asking(app, token, "203.0.113.9") as client:
        assert (await client.get("/v1/looked-at")).status_code == 200


async def test_an_act_is_recorded_with_its_key_and_what_it_is_of(app: FastAPI, ring: KeyRing, audit: AuditLog) -> None:
    token = ring.create("ops", (Scope.ADMIN,), "")
    (key,) = ring.all()
    async with asking(app, token) as client:
        await client.put("/v1/things/lamp")
        await client.put("/v1/things/desk", content=b"x")
    async with asking(app, "cdr_x_y") as client:
        await client.put("/v1/things/lamp")
    told = [(entry.who, entry.what, entry.subject, entry.outcome, entry.why) for entry in audit.entries()]
    who, what = f"key:{key.id}", "PUT /v1/things/{name}"
    assert told == [
        (who, what, "lamp", "begun", ""),
        (who, what, "lamp", "done", ""),
        (who, what, "desk", "begun", ""),
        (who, what, "desk", "refused", "invalid"),
    ]


async def test_what_cannot_be_recorded_is_not_done(app: FastAPI, ring: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "audit.log").mkdir()
    async with asking(app, ring.create("ops", (Scope.ADMIN,), "")) as client:
        answer = await client.put("/v1/things/lamp")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_every_answer_bears_the_headers_each_once(app: FastAPI) -> None:
    async with asking(app) as client:
        for path in ("/v1/looked-at", "/nowhere", "/openapi.json"):
            answer = await client.get(path)
            assert {name: answer.headers.get_list(name) for name in HEADERS} == {n: [v] for n, v in HEADERS.items()}


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_who_has_many_addresses_counts_as_one(host: str, whose: str) -> None:
    assert address_of(Plain({"type": "http", "client": (host, 1)})) == whose


async def test_headers_without_end_are_refused_before_they_are_read() -> None:
    async def never(scope: AsgiScope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was read")

    app = HeaderLimit(never, problem_response(HeadersTooLarge("more than there may be")))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/", headers={"Cookie": "a" * MOST_HEADER_BYTES})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
