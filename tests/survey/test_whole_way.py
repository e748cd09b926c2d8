"""The whole way: a letter by real SMTP, its link in a real browser, the answer in the read API's NPS."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from services.common.settings import Port
from tests.support.mail import MailServer, running_mail_server
from tests.support.stack import RunningStack, running_stack, wait_for
from tests.survey.parts import ALWAYS

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SUPPRESSED_UNDER = 5


class Running(NamedTuple):
    """A stack whose letters arrive."""

    stack: RunningStack
    mail: MailServer

    def letter_link(self, address: str, language: str) -> str:
        """Ask somebody by mail; the link in their letter."""
        asking = {"touchpoint": "delivery", "email": address, "language": language}
        with self.stack.http(Port.SURVEY) as client:
            assert client.post("/v1/invitations", json=asking).status_code == 201
        wait_for(lambda: self.mail.to(address), f"a letter to {address}")
        body = self.mail.to(address)[0].get_body(("plain",))
        assert body is not None
        return re.findall(r"http://\S+", body.get_content())[0]

    def nps(self) -> dict[str, Any]:
        row: dict[str, Any] = self.stack.kpi("nps", window="30d")["rows"][0]
        return row


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with (
        running_mail_server() as mail,
        running_stack(
            CADRAN_SURVEY_SMTP_HOST="127.0.0.1",
            CADRAN_SURVEY_SMTP_PORT=str(mail.port),
            CADRAN_SURVEY_SMTP_SECURITY="none",
            CADRAN_SURVEY_MAIL_FROM="avis@example.org",
            CADRAN_SURVEY_MAIL_HOURS=json.dumps(ALWAYS),
            CADRAN_SURVEY_MAIL_ON_HOLIDAYS="true",
            CADRAN_SURVEY_MAIL_PER_MINUTE="6000",
        ) as stack,
    ):
        yield Running(stack, mail)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield launched
        launched.close()


def by_keyboard(page: Page) -> None:
    page.keyboard.press("9")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def by_touch(page: Page) -> None:
    page.locator("label", has_text="9").tap()
    page.get_by_role("button").tap()


@pytest.mark.parametrize(
    ("language", "options", "answer", "closed"),
    [("fr", PHONE, by_touch, "Déjà répondu"), ("en", {}, by_keyboard, "Already answered")],
)
def test_from_the_letter_to_the_number(
    running: Running,
    browser: Browser,
    language: str,
    options: dict[str, Any],
    answer: Callable[[Page], None],
    closed: str,
) -> None:
    before = running.nps()["n"]
    for number in range(SUPPRESSED_UNDER):
        _answer_without_a_browser(running, f"{language}{number}@example.org")
    wait_for(lambda: running.nps()["n"] == before + SUPPRESSED_UNDER, "the first answers are counted")
    link = running.letter_link(f"{language}@example.org", language)
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    value = running.nps()["value"]
    answer(page)
    expect(page).to_have_url(re.compile("/thanks"))
    sent = time.monotonic()
    wait_for(lambda: running.nps()["value"] != value, "the answer is in the number")
    print(f"in the read API {time.monotonic() - sent:.2f} s after the page said thank you")
    assert running.nps()["n"] == before + SUPPRESSED_UNDER + 1
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text(closed)
    context.close()


def _answer_without_a_browser(running: Running, address: str) -> None:
    with running.stack.http(Port.SURVEY) as client:
        response = client.post(running.letter_link(address, "en"), data={"score": "3"})
    assert response.status_code == 303, response.text
