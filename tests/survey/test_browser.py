"""The survey's pages in a real browser: by keyboard, by touch, in two languages, for everyone."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from tests.support.browser import PHONE, Open, look_at, pages_of
from tests.support.stack import RunningStack
from tests.survey.asked import Asked, add_contact, answer_of, ask, expire, withdraw

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3


@pytest.fixture
def open_page(browser: Browser, stack: RunningStack) -> Iterator[Open]:
    with pages_of(browser, stack.url(Port.SURVEY)) as opened:
        yield opened


def test_an_answer_by_keyboard_alone(open_page: Open, stack: RunningStack, asked: Asked) -> None:
    page = open_page()
    page.goto(asked.link)
    page.keyboard.press("1")
    page.keyboard.press("0")
    expect(page.get_by_label("10", exact=True)).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("9", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("7 days early")
    expect(page.get_by_label("9", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    kept = answer_of(stack, asked)
    assert (kept["score"], kept["comment"], kept["may_call"], kept["language"]) == (9, "7 days early", 1, "en")


def test_an_answer_by_touch_on_a_phone_in_french(open_page: Open, stack: RunningStack) -> None:
    asked = ask(stack, language="fr")
    page = open_page(**PHONE)
    page.goto(asked.link)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("label", has_text="8").tap()
    page.get_by_label("Quelle est la principale raison").tap()
    page.keyboard.type("Très bien")
    page.get_by_text("Vous pouvez me recontacter").tap()
    page.get_by_role("button", name="Envoyer ma réponse").tap()
    expect(page.get_by_role("heading", name="Merci !")).to_be_visible()
    kept = answer_of(stack, asked)
    assert (kept["score"], kept["comment"], kept["may_call"], kept["language"]) == (8, "Très bien", 1, "fr")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_score_in_the_link_is_chosen_and_counts_once_it_is_sent(
    open_page: Open, stack: RunningStack, language: str
) -> None:
    asked = ask(stack, language=language)
    page = open_page()
    page.goto(f"{asked.link}?score=9")
    expect(page.get_by_label("9", exact=True)).to_be_checked()
    assert answer_of(stack, asked) is None
    page.get_by_role("link", name="FR" if language == "en" else "EN").click()
    expect(page.get_by_label("9", exact=True)).to_be_checked()
    page.go_back()
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", name={"fr": "Merci !", "en": "Thank you!"}[language])).to_be_visible()
    assert answer_of(stack, asked)["score"] == 9
    page.goto(f"{asked.link}?score=1")
    expect(page.get_by_role("heading")).to_have_text({"fr": "Déjà répondu", "en": "Already answered"}[language])
    assert answer_of(stack, asked)["score"] == 9


def test_without_a_script_nothing_is_missing(open_page: Open, stack: RunningStack, asked: Asked) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(asked.link)
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_text("Choose a number from 0 to 10.")).to_be_visible()
    page.locator("label", has_text="10").click()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert answer_of(stack, asked)["score"] == 10


def test_a_form_sent_from_another_site_is_not_taken(open_page: Open, stack: RunningStack, asked: Asked) -> None:
    page = open_page()
    page.set_content(
        f'<form method="post" action="{asked.link}"><input name="score" value="0"><button>x</button></form>'
    )
    page.get_by_role("button").click()
    expect(page.get_by_role("heading")).to_have_text("Not from here")
    assert answer_of(stack, asked) is None


@pytest.fixture(scope="module")
def reader_key(stack: RunningStack) -> str:
    return KeyRing(stack.settings.api_keys_file).create("browser", (Scope.READ_SURVEYS,), "")


def sign_in(page: Page, key: str) -> None:
    page.goto("/verbatims")
    page.locator("#key").fill(key)
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/verbatims(\?|$)"))


@pytest.fixture(scope="module")
def everything(stack: RunningStack) -> dict[str, str]:
    """The pages that a link opens, by name."""
    for score, words in ((9, "<b>Lovely</b>\n\nThank you!"), (3, LONG), (6, "")):
        customer = f"C-browser-{score}"
        add_contact(stack, customer, f"{customer}.has.a.long.address@a-long-domain.example.org", "Ana Li")
        said = ask(stack, touchpoint="browser", customer_id=customer, channel="store", store_id="Lyon", region="S")
        httpx.post(said.link, data={"score": str(score), "comment": words, "may_call": "yes"})
    links = {name: ask(stack, touchpoint="browser") for name in ("form", "answered", "expired", "withdrawn")}
    httpx.post(links["answered"].link, data={"score": "9"})
    expire(stack, links["expired"])
    withdraw(stack, links["withdrawn"])
    return {
        **{name: made.link for name, made in links.items()},
        "thanks": f"{links['answered'].link}/thanks",
        "no_link": f"{links['form'].link}x",
        "sign_in": "/verbatims/sign-in",
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_for_everyone(
    open_page: Open, everything: dict[str, str], reader_key: str, scheme: str, language: str
) -> None:
    """axe finds nothing serious, and nothing sticks out sideways on any screen."""
    page = open_page(color_scheme=scheme)
    for name, link in everything.items():
        page.goto(f"{link}?lang={language}")
        look_at(page, name)
    page.goto(f"{everything['form']}?lang={language}")
    page.locator("textarea").evaluate(
        "(area, text) => { area.removeAttribute('maxlength'); area.value = text; }", "a" * 5000
    )
    page.get_by_role("button").click()
    expect(page.locator(".wrong-score, #wrong-score")).to_be_visible()
    look_at(page, "faults")
    page.goto(f"/verbatims/sign-in?lang={language}")
    page.get_by_role("button").click()
    expect(page.locator("#wrong-key")).to_be_visible()
    look_at(page, "refused")
    sign_in(page, reader_key)
    page.goto(f"/verbatims?touchpoint=browser&lang={language}")
    expect(page.locator("article")).to_have_count(3)
    look_at(page, "verbatims")


def test_reading_and_leaving_by_keyboard(open_page: Open, everything: dict[str, str], reader_key: str) -> None:
    page = open_page(java_script_enabled=False, **PHONE)
    page.goto("/verbatims")
    page.locator("#key").focus()
    page.keyboard.type(reader_key)
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_be_visible()
    page.get_by_label("Scores").select_option("promoters")
    page.get_by_label("Asked about").select_option("browser")
    page.get_by_role("button", name="Show").tap()
    expect(page.locator("blockquote")).to_have_text("<b>Lovely</b>\n\nThank you!")
    page.get_by_role("button", name="Sign out").tap()
    expect(page.locator("#key")).to_be_visible()
    page.goto("/verbatims")
    expect(page.locator("#key")).to_be_visible()
