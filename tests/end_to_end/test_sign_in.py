"""Signing in to the board: by a password and by OpenID Connect; who is removed is out; what is guessed is slowed."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, expect

from services.board.users import Role
from services.common.settings import Port
from tests.support.browser import look_at, pages_of
from tests.support.stack import PASSWORD, RunningStack, running_stack, wait_for
from tests.support.streams import pushed

PEOPLE = {
    "dora": {"sub": "1", "email": "dora@example.org", "email_verified": True},
    "eve": {"sub": "2", "email": "eve@example.org", "email_verified": True},
    "mal": {"sub": "3", "email": "dora@example.org", "email_verified": False},
}


@contextmanager
def running_provider() -> Iterator[str]:
    """A real OpenID Connect service, that lets in whoever says who they are."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    claims = [part for person in PEOPLE.values() for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: httpx.get(f"{url}/.well-known/openid-configuration").status_code == 200, "it answers")
            yield url
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text("a secret of the client's\n")
    with (
        running_provider() as issuer,
        running_stack(
            CADRAN_BOARD_OIDC_ISSUER=issuer,
            CADRAN_BOARD_OIDC_CLIENT_ID="cadran",
            CADRAN_BOARD_OIDC_CLIENT_SECRET_FILE=str(secret),
        ) as running,
    ):
        running.add_person("dora@example.org", Role.DIRECTOR, password=None)
        yield running


@pytest.fixture
def outside(stack: RunningStack) -> Iterator[httpx.Client]:
    """A browser that nobody has signed in with."""
    with httpx.Client(base_url=stack.url(Port.BOARD), timeout=30) as client:
        yield client


def sign_in(client: httpx.Client, name: str, password: str, to: str = "/", **fields: str) -> httpx.Response:
    return client.post("/sign-in", params={"to": to}, data={"name": name, "password": password, **fields})


@pytest.mark.parametrize("path", ["/", "/?window=7d", "/?window=%3Cscript%3E"])
def test_who_is_not_signed_in_is_led_to_the_door_and_back(
    stack: RunningStack, outside: httpx.Client, path: str
) -> None:
    door = outside.get(path)
    assert door.status_code == 303
    assert door.headers["location"].startswith("/sign-in?to=")
    assert "<h1>" in outside.get(door.headers["location"]).text
    inside = outside.post(door.headers["location"], data={"name": "director", "password": stack.password})
    assert inside.headers["location"] == path


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "", "x"])
def test_our_door_leads_nowhere_else(stack: RunningStack, outside: httpx.Client, to: str) -> None:
    assert sign_in(outside, "director", stack.password, to).headers["location"] == "/"


def test_the_cookie_is_not_for_scripts_nor_other_sites(stack: RunningStack, outside: httpx.Client) -> None:
    until_tomorrow = sign_in(outside, "director", stack.password).headers["set-cookie"]
    assert "HttpOnly" in until_tomorrow
    assert "SameSite=lax" in until_tomorrow
    assert "Max-Age=86400;" in until_tomorrow
    on_a_wall = sign_in(outside, "director", stack.password, screen="yes").headers["set-cookie"]
    assert "Max-Age=7776000;" in on_a_wall


def test_neither_name_nor_password_is_told_to_be_the_wrong_one(stack: RunningStack, outside: httpx.Client) -> None:
    wrong, nobody = sign_in(outside, "director", "x"), sign_in(outside, "nobody", "x")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text == nobody.text
    assert "set-cookie" not in wrong.headers


def test_who_guesses_is_slowed_and_who_comes_in_is_not(stack: RunningStack, outside: httpx.Client) -> None:
    stack.add_person("guessed", Role.READER)
    assert sign_in(outside, "guessed", PASSWORD).status_code == 303
    assert [sign_in(outside, "guessed", f"{n}").status_code for n in range(11)] == [401] * 10 + [429]
    assert sign_in(outside, "guessed", PASSWORD).status_code == 429


def test_another_sites_form_is_refused(stack: RunningStack, outside: httpx.Client) -> None:
    fields = {"name": "director", "password": stack.password}
    answer = outside.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_who_is_removed_or_has_a_new_password_is_out_and_so_is_their_live_page(stack: RunningStack) -> None:
    stack.add_person("tom", Role.DIRECTOR)
    with stack.board("tom", PASSWORD) as client, client.stream("GET", "/live/") as live:
        told = pushed(live)
        assert [next(told).name, next(told).name] == ["version", "content"]
        stack.people.set_password("tom", f"{PASSWORD}, another")
        wait_for(lambda: client.get("/").status_code == 303, "tom is out")
        assert [event.name for event in told][-1] == "signed-out"
    with stack.board("tom", f"{PASSWORD}, another") as client:
        stack.people.remove("tom")
        wait_for(lambda: client.get("/").status_code == 303, "tom is out for good")


def test_signing_out_forgets(stack: RunningStack) -> None:
    with stack.board() as client:
        assert client.get("/").status_code == 200
        assert client.post("/sign-out").headers["location"].startswith("/sign-in")
        assert client.get("/").status_code == 303


@pytest.mark.parametrize(("person", "is_let_in"), [("1", True), ("2", False), ("3", False)])
def test_another_services_word_lets_in_who_is_in_the_file_and_is_sure(
    stack: RunningStack, outside: httpx.Client, person: str, is_let_in: bool
) -> None:
    outside.follow_redirects = True
    form = outside.get("/sign-in/oidc", params={"to": "/?window=7d"})
    assert "Authorize" in form.text
    inside = outside.post(str(form.url), data={"sub": person})
    assert inside.status_code == (200 if is_let_in else 403), inside.text
    assert str(inside.url).endswith("/?window=7d") is is_let_in


def test_who_comes_back_without_having_left_is_refused(outside: httpx.Client) -> None:
    assert outside.get("/sign-in/oidc/back", params={"code": "x", "state": "y"}).status_code == 403
    assert outside.get("/sign-in/oidc/back", params={"error": "access_denied"}).status_code == 403


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_door_is_for_everyone(browser: Browser, stack: RunningStack, language: str) -> None:
    with pages_of(browser, stack.url(Port.BOARD)) as opened:
        page = opened()
        page.goto(f"/sign-in?lang={language}")
        look_at(page, "the door")
        page.keyboard.press("Tab")
        page.locator("#name").fill("director")
        page.keyboard.press("Tab")
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        look_at(page, "the door, refused")
        page.locator("#name").fill("director")
        page.locator("#password").fill(stack.password)
        page.keyboard.press("Enter")
        expect(page.locator(".as-of")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
