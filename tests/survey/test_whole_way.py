"""The whole way: a letter by real SMTP, its link in a real browser, the answer in the read API's NPS."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from services.common.settings import Port
from tests.support.browser import PHONE, Open, check_for_everyone, pages_of
from tests.support.mail import MailServer, running_mail_server, text_of
from tests.support.stack import RunningStack, running_stack, wait_for

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
        return re.findall(r"http://\S+", text_of(self.mail.to(address)[0]))[0]

    def nps(self) -> dict[str, Any]:
        row: dict[str, Any] = self.stack.kpi("nps", window="30d")["rows"][0]
        return row


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with (
        running_mail_server() as mail,
        running_stack(**mail.settings) as stack,
    ):
        yield Running(stack, mail)


@pytest.fixture
def open_page(browser: Browser, running: Running) -> Iterator[Open]:
    with pages_of(browser, running.stack.url(Port.SURVEY)) as opened:
        yield opened


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
    open_page: Open,
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
    page = open_page(**options)
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", language)
    check_for_everyone(page, "form")
    value = running.nps()["value"]
    answer(page)
    expect(page).to_have_url(re.compile("/thanks"))
    sent = time.monotonic()
    wait_for(lambda: running.nps()["value"] != value, "the answer is in the number")
    print(f"in the read API {time.monotonic() - sent:.2f} s after the page said thank you")
    assert running.nps()["n"] == before + SUPPRESSED_UNDER + 1
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text(closed)


def _answer_without_a_browser(running: Running, address: str) -> None:
    with running.stack.http(Port.SURVEY) as client:
        response = client.post(running.letter_link(address, "en"), data={"score": "3"})
    assert response.status_code == 303, response.text
