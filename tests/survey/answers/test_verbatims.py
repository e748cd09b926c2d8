"""What customers write is read by those who may, on one page, and nowhere else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from fastapi import Request, Response

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from services.common.signed_cookie import SignedCookie
from services.survey.sessions import COOKIE, GOOD_FOR, Sessions
from tests.support.stack import RunningStack, wait_for
from tests.survey.asked import Asked, add_contact, ask, ask_with, rows

WORDS = "<b>Slow</b> & late"


def key(stack: RunningStack, *scopes: Scope) -> str:
    return KeyRing(stack.settings.api_keys_file).create("reader", scopes, "")


def sign_in(client: httpx.Client, made: str, status: int = 200) -> None:
    """Sign in; a key that was just made is known within a second."""
    wait_for(
        lambda: client.post("/verbatims/sign-in", data={"key": made}).status_code == status,
        f"signing in gives {status}",
    )


def reader(stack: RunningStack) -> httpx.Client:
    return httpx.Client(base_url=stack.url(Port.SURVEY), follow_redirects=True, headers={"Accept-Language": "en"})


@pytest.fixture(scope="module")
def answered(stack: RunningStack) -> Asked:
    """A detractor who wants to be called, among many others, all about a touchpoint of this module."""
    with stack.http(Port.SURVEY) as client:
        for number in range(45):
            asked = ask_with(client, touchpoint="tower", customer_id=f"C-quiet-{number}")
            sent = client.post(asked.link, data={"score": str(number % 11), "comment": f"opinion {number}."})
            assert sent.status_code == 303
        client.post(ask_with(client, touchpoint="tower").link, data={"score": "5", "comment": " "})
    add_contact(stack, "C-tower", "anna@example.org", 'Anna "<i>" Li')
    add_contact(stack, "C-quiet-3", "quiet@example.org")
    about = {"customer_id": "C-tower", "channel": "store", "store_id": "Lyon 2", "region": "South"}
    last = ask(stack, touchpoint="tower", **about)
    httpx.post(last.link, data={"score": "2", "comment": WORDS, "may_call": "yes"})
    return last


@pytest.fixture
def page(stack: RunningStack, answered: Asked) -> Iterator[httpx.Client]:
    """Signed in."""
    with reader(stack) as client:
        sign_in(client, key(stack, Scope.READ_SURVEYS))
        yield client


def test_the_newest_is_first_with_what_it_is_about_and_whom_to_call(page: httpx.Client) -> None:
    text = page.get("/verbatims?touchpoint=tower").text
    first = text[text.index("<article") : text.index("</article>")]
    assert "&lt;b&gt;Slow&lt;/b&gt; &amp; late" in first
    for part in ("2<small>/10", "tower", "store", "Lyon 2", "South", "May be contacted", "C-tower"):
        assert part in first
    assert "mailto:anna%40example.org" in first
    assert "Anna &#34;&lt;i&gt;&#34; Li" in first
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT[\d:.]+\+00:00">\w{3} \d+, \d{4}, ', first)


def test_who_does_not_want_to_be_called_is_not_named(page: httpx.Client) -> None:
    pages = "".join(text for text in all_pages(page, "/verbatims?touchpoint=tower"))
    assert "opinion 3." in pages
    assert "C-quiet" not in pages
    assert "quiet@example.org" not in pages


def all_pages(page: httpx.Client, address: str) -> Iterator[str]:
    """A page and those that are older."""
    while address:
        text = page.get(address).text
        yield text
        found = re.search(r'<a href="([^"]+)" rel="next">', text)
        address = "/verbatims" + found[1].replace("&amp;", "&") if found else ""


def test_pages_hold_every_one_once_in_order(page: httpx.Client) -> None:
    pages = list(all_pages(page, "/verbatims?touchpoint=tower"))
    assert len(pages) == 3
    found = [int(number) for text in pages for number in re.findall(r"opinion (\d+)\.", text)]
    assert found == sorted(range(45), reverse=True)
    assert "Newest" in pages[1]
    assert "Newest" not in pages[0]


@pytest.mark.parametrize(
    ("score_class", "scores"),
    [("promoters", {"9", "10"}), ("passives", {"7", "8"}), ("detractors", {"0", "1", "2", "3", "4", "5", "6"})],
)
def test_a_class_of_scores_can_be_chosen(page: httpx.Client, score_class: str, scores: set[str]) -> None:
    pages = "".join(all_pages(page, f"/verbatims?touchpoint=tower&class={score_class}"))
    assert set(re.findall(r"(\d+)<small>/10", pages)) == scores


def test_a_touchpoint_can_be_chosen_and_the_choice_stays(page: httpx.Client, stack: RunningStack) -> None:
    other = ask(stack, touchpoint="bridge")
    httpx.post(other.link, data={"score": "9", "comment": "steady"})
    text = page.get("/verbatims?touchpoint=bridge&class=promoters&lang=fr").text
    assert (text.count("<article"), "steady" in text) == (1, True)
    assert "<option selected>bridge</option>" in text
    assert 'href="?touchpoint=bridge&amp;class=promoters&amp;lang=en"' in text
    assert "Ce que les clients écrivent" in text


@pytest.mark.parametrize("query", ["class=nobody", "before=none", "touchpoint=' OR 1=1 --", "class=&touchpoint="])
def test_a_choice_that_is_none_harms_nothing(page: httpx.Client, query: str) -> None:
    assert page.get(f"/verbatims?{query}").status_code == 200


def test_without_signing_in_nothing_is_shown(stack: RunningStack, answered: Asked) -> None:
    with reader(stack) as client:
        seen = client.get("/verbatims?touchpoint=tower")
        assert seen.url.path == "/verbatims/sign-in"
        assert "Slow" not in seen.text
        client.cookies.set(COOKIE, "ImFiYyI.aaaa.bbbb")
        assert client.get("/verbatims").url.path == "/verbatims/sign-in"


@pytest.mark.parametrize("given", ["", "cdr_x_y", "é", "a" * 5000])
def test_a_wrong_key_is_refused_in_words(stack: RunningStack, given: str) -> None:
    with reader(stack) as client:
        refused = client.post("/verbatims/sign-in", data={"key": given})
        assert (refused.status_code, "This key is not known." in refused.text) == (401, True)
        assert not client.cookies
        assert not given or given not in refused.text


def test_a_key_without_the_scope_is_refused_in_words(stack: RunningStack) -> None:
    with reader(stack) as client:
        made = key(stack, Scope.WRITE_SURVEYS, Scope.READ_KPIS)
        sign_in(client, made, 403)
        assert "may not read" in client.post("/verbatims/sign-in", data={"key": made}).text
        assert not client.cookies


def test_another_site_cannot_sign_anyone_in_or_out(stack: RunningStack, page: httpx.Client) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert page.post("/verbatims/sign-out", headers=foreign).status_code == 403
    with reader(stack) as client:
        sent = client.post("/verbatims/sign-in", data={"key": key(stack, Scope.READ_SURVEYS)}, headers=foreign)
        assert (sent.status_code, len(client.cookies)) == (403, 0)


def test_the_cookie_holds_the_keys_id_and_goes_nowhere_else(stack: RunningStack) -> None:
    made = key(stack, Scope.READ_SURVEYS)
    with reader(stack) as client:
        sign_in(client, made)
        header = client.post("/verbatims/sign-in", data={"key": made}).history[0].headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/verbatims", f"Max-Age={GOOD_FOR}"} <= set(header.split("; "))
    assert made.split("_", 2)[2] not in header


@pytest.mark.parametrize(("base_url", "secure"), [("https://ask.example.org", True), ("http://127.0.0.1:8002", False)])
def test_the_cookie_is_for_https_alone_where_there_is_some(stack: RunningStack, base_url: str, secure: bool) -> None:
    response = Response()
    sessions(stack, base_url).begin(response, key(stack, Scope.READ_SURVEYS))
    assert ("Secure" in response.headers["set-cookie"]) == secure


def sessions(stack: RunningStack, base_url: str = "") -> Sessions:
    keys = KeyRing(stack.settings.api_keys_file)
    return Sessions(SignedCookie(COOKIE, ["x" * 40], path="/verbatims", base_url=base_url), keys, Scope.READ_SURVEYS)


def test_a_sign_in_ends_by_itself(stack: RunningStack) -> None:
    response, now = Response(), datetime.now(UTC)
    signed_in = sessions(stack)
    with time_machine.travel(now, tick=False):
        made = signed_in.begin(response, key(stack, Scope.READ_SURVEYS))
    cookie = response.headers["set-cookie"].split(";")[0]
    request = Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})
    for seconds, known in ((0, True), (GOOD_FOR, True), (GOOD_FOR + 1, False)):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            assert (signed_in.current(request) == made) == known


def test_a_revoked_key_ends_it(stack: RunningStack, answered: Asked) -> None:
    made = key(stack, Scope.READ_SURVEYS)
    with reader(stack) as client:
        sign_in(client, made)
        assert client.get("/verbatims").url.path == "/verbatims"
        KeyRing(stack.settings.api_keys_file).revoke(made.split("_")[1])
        wait_for(lambda: client.get("/verbatims").url.path == "/verbatims/sign-in", "the key is refused")


def test_signing_out_ends_it(page: httpx.Client) -> None:
    assert page.post("/verbatims/sign-out").url.path == "/verbatims/sign-in"
    assert page.get("/verbatims").url.path == "/verbatims/sign-in"


def test_who_looked_is_on_record(stack: RunningStack, answered: Asked) -> None:
    made = key(stack, Scope.READ_SURVEYS)
    with reader(stack) as client:
        sign_in(client, made)
    id_ = made.split("_")[1]

    def lines_of() -> list[str]:
        return [line for line in (stack.layout.logs / "survey.log").read_text().splitlines() if id_ in line]

    wait_for(lambda: len(lines_of()) == 2, "both are in the log")
    lines = lines_of()
    assert [("signed in" in line, "verbatims were read" in line) for line in lines] == [(True, False), (False, True)]
    assert all(f"{datetime.now(UTC):%Y-%m-%d}T" in line for line in lines)
    assert made.split("_", 2)[2] not in (stack.layout.logs / "survey.log").read_text()


def test_words_are_nowhere_else(stack: RunningStack, answered: Asked) -> None:
    """Neither in what leaves as an event, nor in metrics, nor in logs."""
    sent = rows(stack, "SELECT value FROM outbox")
    elsewhere = httpx.get(f"{stack.url(Port.SURVEY)}/metrics").text + str(sent)
    elsewhere += (stack.layout.logs / "survey.log").read_text()
    for words in ("opinion", "Slow", "anna@example.org", "Anna"):
        assert words not in elsewhere
