"""What no form of ours sends: a clear page, the right status, and nothing kept."""

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from services.common.database import Database
from services.common.http import install_error_handlers
from services.common.secure_headers import HEADERS, SecureHeaders
from services.common.settings import Port
from services.common.signing_secrets import read_secrets
from services.survey.api import error_pages
from services.survey.links import Links, Purpose
from services.survey.records import COMMENT_MAX
from services.survey.tables import SCHEMA
from tests.support.databases import sqlite_url
from tests.support.stack import RunningStack
from tests.survey.asked import Asked, answer_of, ask, expire, rows, withdraw
from tests.survey.parts import Service

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def is_page(response: httpx.Response) -> bool:
    """A page of ours, not a line of text from the framework."""
    return response.headers["content-type"].startswith("text/html") and "<main>" in response.text


@pytest.mark.parametrize("score", ["11", "nine", "-1", "", "9 ", " 9", "٩", "9.0", "09", "1e1", "9\0", "null"])
def test_a_score_that_is_none_is_asked_for_again(stack: RunningStack, asked: Asked, score: str) -> None:
    refused = httpx.post(f"{asked.link}?lang=en", data={"score": score, "comment": "kept words", "may_call": "yes"})
    assert refused.status_code == 422
    assert "Choose a number from 0 to 10." in refused.text
    assert "kept words" in refused.text
    assert 'value="yes" checked' in refused.text
    assert " checked><span>" not in refused.text
    assert answer_of(stack, asked) is None


@pytest.mark.parametrize("body", ["", "score=9&score=3", "score=9&score=9", "comment=a&comment=b&score=1"])
def test_a_form_without_a_score_or_with_two_is_not_taken(stack: RunningStack, asked: Asked, body: str) -> None:
    refused = httpx.post(asked.link, content=body, headers=FORM)
    assert (refused.status_code, is_page(refused)) == (400 if body else 422, True)
    assert answer_of(stack, asked) is None


@pytest.mark.parametrize("score", ["11", "nine", "9 ", "9" * 5000, "<script>"])
def test_a_link_with_a_wrong_score_opens_with_none_chosen(asked: Asked, score: str) -> None:
    form = httpx.get(f"{asked.link}?score={quote(score)}")
    assert form.status_code == 200
    assert "checked" not in form.text
    assert "<script>" not in form.text


def test_a_comment_that_is_too_long_comes_back_to_be_shortened(stack: RunningStack, asked: Asked) -> None:
    long = "é" * 20_000
    refused = httpx.post(f"{asked.link}?lang=en", data={"score": "7", "comment": long})
    assert refused.status_code == 422
    assert "Please shorten this to 4,000 characters." in refused.text
    assert long in refused.text
    assert 'value="7" required checked' in refused.text
    assert answer_of(stack, asked) is None
    taken = httpx.post(asked.link, data={"score": "7", "comment": long[:COMMENT_MAX]})
    assert (taken.status_code, len(answer_of(stack, asked)["comment"])) == (303, COMMENT_MAX)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("'); DROP TABLE answers; --", "'); DROP TABLE answers; --"),
        ("{{ 7 * 7 }}{% raw %}%(brand)s %s", "{{ 7 * 7 }}{% raw %}%(brand)s %s"),
        (" a\r\nb\rc\td ", "a\nb\nc\td"),
        ("a\0b\x1b[31mc\x7f", "ab[31mc"),
        ("👩‍👩‍👧 \u202eevil\u2066 z̸̢a ﷽ \ufeff", "👩‍👩‍👧 \u202eevil\u2066 z̸̢a ﷽ \ufeff"),
        ("\U0010ffff", "\U0010ffff"),
    ],
)
def test_words_are_kept_as_they_were_written(stack: RunningStack, asked: Asked, written: str, kept: str) -> None:
    assert httpx.post(asked.link, data={"score": "3", "comment": written}).status_code == 303
    assert answer_of(stack, asked)["comment"] == kept


def test_words_that_look_like_markup_are_shown_as_text(asked: Asked) -> None:
    refused = httpx.post(asked.link, data={"score": "x", "comment": "</textarea><script>alert(1)</script>{{ 7 * 7 }}"})
    assert "&lt;/textarea&gt;&lt;script&gt;" in refused.text
    assert "{{ 7 * 7 }}" in refused.text


NO_FORM = [
    b"score=9&comment=%ED%A0%80",
    b"score=9&comment=\xff",
    b"score=9&comment=%ff",
    b"nothing",
    b"&".join([b"a=1"] * 30),
]


@pytest.mark.parametrize("body", NO_FORM)
def test_what_is_no_form_is_not_taken(stack: RunningStack, asked: Asked, body: bytes) -> None:
    refused = httpx.post(asked.link, content=body, headers=FORM)
    assert (refused.status_code, is_page(refused)) == (400, True)
    assert answer_of(stack, asked) is None


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/json", b'{"score": 9}', 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"score=9", 415),
        ("", b"score=9", 415),
        ("application/x-www-form-urlencoded", b"score=9&comment=" + b"a" * 200_000, 413),
    ],
)
def test_another_type_or_too_much_is_refused(
    stack: RunningStack, asked: Asked, content_type: str, content: bytes, status: int
) -> None:
    refused = httpx.post(asked.link, content=content, headers={"Content-Type": content_type})
    assert (refused.status_code, is_page(refused)) == (status, True)
    assert answer_of(stack, asked) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "SELF"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "SELF"}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_form_is_taken(stack: RunningStack, asked: Asked, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("SELF", stack.url(Port.SURVEY)) for name, value in headers.items()}
    answered = httpx.post(asked.link, data={"score": "9"}, headers=sent)
    assert answered.status_code == status
    assert (answer_of(stack, asked) is None) == (status == 403)
    if status == 403:
        assert is_page(answered)


def of_another_purpose(stack: RunningStack, asked: Asked) -> str:
    links = Links(read_secrets(stack.layout.root / "survey.secret", ""), "")
    return links.token(Purpose.UNSUBSCRIBE, asked.id)


def test_a_link_that_is_not_ours_opens_nothing(stack: RunningStack, asked: Asked) -> None:
    forged = Links(["x" * 40], "").token(Purpose.NPS, asked.id)
    id_, _, signature = asked.token.partition(".")
    bad = [
        *(asked.token[:length] for length in range(1, len(asked.token))),
        *(id_ + "." + signature[:i] + ("A" if signature[i] != "A" else "B") + signature[i + 1 :] for i in range(20)),
        forged,
        asked.id,
        of_another_purpose(stack, asked),
        asked.token + ".",
        asked.token + "%00",
        "%F0%9F%92%A9",
        "%FF",
        "..%2F..%2Fetc%2Fpasswd",
        "a" * 4000,
    ]
    with httpx.Client(base_url=stack.url(Port.SURVEY)) as client:
        for token in bad:
            seen, sent = client.get(f"/nps/{token}"), client.post(f"/nps/{token}", data={"score": "9"})
            assert (seen.status_code, sent.status_code) == (404, 404), token
            assert is_page(seen)
            assert is_page(sent)
            assert client.get(f"/nps/{token}/thanks").status_code == 404
    assert answer_of(stack, asked) is None


@pytest.mark.parametrize(
    ("language", "late", "gone"), [("en", "Too late", "No longer asked"), ("fr", "Trop tard", "Question retirée")]
)
def test_a_link_that_is_closed_says_why(stack: RunningStack, language: str, late: str, gone: str) -> None:
    expired, withdrawn = ask(stack, language=language), ask(stack, language=language)
    expire(stack, expired)
    withdraw(stack, withdrawn)
    for asked, text in ((expired, late), (withdrawn, gone)):
        for response in (
            httpx.get(asked.link),
            httpx.post(f"{asked.link}?lang={language}", data={"score": "9"}),
            httpx.post(f"{asked.link}?lang={language}", data={"score": "no number"}),
        ):
            assert (response.status_code, text in response.text) == (410, True)
        assert answer_of(stack, asked) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_told_in_our_own_form(stack: RunningStack, asked: Asked, method: str) -> None:
    page = httpx.request(method, asked.link)
    assert (page.status_code, is_page(page)) == (405, True)
    assert page.headers["allow"]
    problem = httpx.request(method, f"{stack.url(Port.SURVEY)}/v1/invitations")
    assert (problem.status_code, problem.json()["code"]) == (405, "method_not_allowed")
    assert problem.headers["content-type"] == "application/problem+json"


def test_what_is_not_there_is_told_in_our_own_form(stack: RunningStack) -> None:
    for path in ("/", "/nps", "/nps/", "/nps/a/b/c", "/static/none.css", "/verbatims/x"):
        assert is_page(httpx.get(stack.url(Port.SURVEY) + path)), path
    assert httpx.get(f"{stack.url(Port.SURVEY)}/v1/none").json()["code"] == "not_found"


def test_who_only_looks_has_not_opened_it(stack: RunningStack, asked: Asked) -> None:
    def opened() -> bool:
        return rows(stack, "SELECT opened_at FROM invitations WHERE id = ?", asked.id)[0]["opened_at"] is not None

    head = httpx.head(f"{asked.link}?score=9")
    assert (head.status_code, head.content) == (200, b"")
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        assert httpx.get(f"{asked.link}?score=9", headers=headers).status_code == 200
    assert not opened()
    assert httpx.get(f"{asked.link}?score=9").status_code == 200
    assert opened()
    assert answer_of(stack, asked) is None


def test_every_page_keeps_others_out(stack: RunningStack, asked: Asked) -> None:
    elsewhere = httpx.get(f"{stack.url(Port.SURVEY)}/docs-of-nobody")
    for response in (httpx.get(asked.link), httpx.get(asked.link + "x"), httpx.put(asked.link), elsewhere):
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"


async def test_a_page_of_what_was_not_foreseen_keeps_others_out_and_says_nothing_of_the_inside(tmp_path: Path) -> None:
    app = FastAPI()
    install_error_handlers(app, error_pages(Service(Database(sqlite_url(tmp_path), SCHEMA)).pages))

    @app.get("/nps/{token}")
    async def fails(token: str) -> None:
        raise ValueError(token)

    transport = httpx.ASGITransport(SecureHeaders(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://survey") as client:
        page = await client.get("/nps/a-secret")
    assert (page.status_code, is_page(page), "a-secret" in page.text.partition("<main>")[2]) == (500, True, False)
    assert page.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()


def test_the_log_holds_no_link_no_word_and_no_address(stack: RunningStack) -> None:
    customer = ask(stack, customer_id="C-log-1")
    words = "Unforgettable-words-of-Zoe"
    httpx.get(f"{customer.link}?score=9")
    httpx.post(customer.link, data={"score": "x", "comment": words})
    httpx.post(customer.link, content=f"score=9&comment={words}%ff", headers=FORM)
    httpx.post(customer.link, data={"score": "9", "comment": words})
    httpx.post(customer.link, data={"score": "9", "comment": words})
    httpx.get(f"{customer.link}x")
    httpx.get(f"{stack.url(Port.SURVEY)}/nps/zoe@example.org")
    log = (stack.layout.logs / "survey.log").read_text()
    assert "listening" in log
    for secret in (customer.token, customer.id, words, "zoe@example.org", "C-log-1", urlsplit(customer.link).path):
        assert secret not in log
    assert not re.search(r"nps/[A-Za-z0-9_-]{20}", log)
