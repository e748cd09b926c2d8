"""What browsers are told by every answer of every service, errors included."""

import re
from collections.abc import Iterator

import httpx
import pytest

from services.common.secure_headers import HEADERS, OF_DOCS
from services.common.settings import Port
from tests.security.places import SERVICES
from tests.support.stack import RunningStack, running_stack

PAGES = {
    Port.BOARD: ("/", "/sign-in", "/kpis/sales", "/explain/sales", "/reps", "/wall", "/alerts", "/week", "/targets",
                 "/promotions", "/kpis/sales.csv", "/live/", "/static/board.css", "/brand", "/sign-out"),
    Port.SURVEY: ("/nps/x", "/pulse/x", "/unsubscribe/x", "/verbatims", "/verbatims/sign-in", "/brand.css",
                  "/brand-logo", "/static/survey.css"),
}  # fmt: skip
ALIKE = ("/healthz", "/readyz", "/metrics", "/nowhere", "/openapi.json", "/v1/%00", "/../etc/passwd")
LONG = ("/v1/events", "/live/")
"""Streams: their answers begin, and do not end."""


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(CADRAN_HTTPS_ONLY_DAYS="365") as running:
        yield running


def routes(stack: RunningStack, port: Port) -> set[tuple[str, str]]:
    """Every method and path of a service: those that it documents, its pages, and what is not there."""
    told = httpx.get(f"{stack.url(port)}/openapi.json")
    paths = told.json()["paths"] if told.status_code == 200 else {}
    documented = {(method.upper(), re.sub(r"\{[^}]+\}", "x", path)) for path, of in paths.items() for method in of}
    others = {(method, path) for path in (*PAGES.get(port, ()), *ALIKE) for method in ("GET", "POST", "OPTIONS")}
    return documented | others


def answer(stack: RunningStack, client: httpx.Client, method: str, path: str) -> httpx.Response:
    headers = {"Origin": "https://elsewhere.example", "Authorization": f"Bearer {stack.key}"}
    with client.stream(method, path, headers=headers) as response:
        return response


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_every_answer_keeps_others_out(stack: RunningStack, port: Port, is_signed_in: bool) -> None:
    wanted = {**HEADERS, "Strict-Transport-Security": "max-age=31536000"}
    statuses = set()
    with stack.board() as board:
        cookies = board.cookies if is_signed_in and port is Port.BOARD else None
    with httpx.Client(base_url=stack.url(port), cookies=cookies, timeout=30) as client:
        for method, path in sorted(routes(stack, port)):
            response = answer(stack, client, method, path)
            statuses.add(response.status_code)
            told = {name: response.headers.get_list(name) for name in wanted}
            assert told == {name: [value] for name, value in wanted.items()}, (method, path)
            assert not [name for name in response.headers if name.startswith("access-control-")], (method, path)
    assert {200, 404, 405} <= statuses


@pytest.mark.parametrize("port", [port for port in SERVICES if port is not Port.BOARD])
def test_the_pages_of_the_documentation_may_run_their_own_scripts_and_no_others(
    stack: RunningStack, port: Port
) -> None:
    page = httpx.get(f"{stack.url(port)}/docs")
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == OF_DOCS["Content-Security-Policy"]
    assert "'self' 'unsafe-inline'" in page.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', page.text)
