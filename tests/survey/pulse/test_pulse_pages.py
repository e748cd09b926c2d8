"""The pulse's form, and what a team's reader sees, in a real browser."""

import json
import re
from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.common.auth import KeyRing, Scope
from services.survey.links import Links, Purpose
from services.survey.records import COMMENT_MAX
from tests.support.browser import PHONE, Open, look_at, pages_of
from tests.support.mail import MailServer
from tests.support.stack import RunningStack
from tests.survey.pulse.running import Survey, running_survey

MARKUP = "<b>More</b> quiet, '); DROP TABLE pulse_answers; -- {{ 7 * 7 }}"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3
PEOPLE = 60
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def reader_key(servers: RunningStack) -> str:
    return KeyRing(servers.settings.api_keys_file).create("north's reader", (Scope.READ_SURVEYS,), "")


@pytest.fixture(scope="module")
def other_key(servers: RunningStack) -> str:
    return KeyRing(servers.settings.api_keys_file).create("customer care", (Scope.READ_SURVEYS,), "")


@pytest.fixture(scope="module")
def survey(
    servers: RunningStack, mail: MailServer, reader_key: str, other_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survey]:
    """A round is closed, of which ten of north and ten of south wrote, and one is open."""
    readers = json.dumps({"north": [reader_key.split("_")[1]], "east": [reader_key.split("_")[1]]})
    folder = tmp_path_factory.mktemp("pulse")
    with running_survey(servers, mail, folder, CADRAN_SURVEY_PULSE_READERS=readers) as running:
        teams = ("north", "south")
        running.ask([{"email": f"{team}{i}@example.org", "team_id": team} for team in teams for i in range(10)])
        words = {"north": MARKUP, "south": "Words of south"}
        for team in teams:
            for i in range(10):
                said = LONG if i == 9 else f"{words[team]} {i}"
                sent = httpx.post(running.link(f"{team}{i}@example.org"), data={"overall": str(i), "comment": said})
                assert sent.status_code == 303
        running.close()
        asked = [f"p{i}@example.org" for i in range(PEOPLE)]
        running.ask([{"email": address, "team_id": "north", "language": "en"} for address in asked])
        for address in asked:  # a letter that waits while the round is over for a moment never leaves
            running.link(address)
        yield running


@pytest.fixture(scope="module")
def people() -> Iterator[str]:
    return (f"p{number}@example.org" for number in count())


@pytest.fixture
def link(survey: Survey, people: Iterator[str]) -> str:
    """A link that nobody has used yet."""
    return survey.link(next(people))


@pytest.fixture
def open_page(browser: Browser, survey: Survey) -> Iterator[Open]:
    with pages_of(browser, survey.url) as opened:
        yield opened


def answers(survey: Survey) -> list[tuple[dict[str, int], str]]:
    return [(json.loads(row["scores"]), row["comment"]) for row in survey.rows("SELECT * FROM pulse_answers")]


def test_an_answer_by_keyboard_alone(open_page: Open, survey: Survey, link: str) -> None:
    page = open_page()
    page.goto(link)
    page.get_by_role("link", name="FR").focus()
    press(page, "Tab", *["ArrowRight"] * 9)
    press(page, "Tab", "ArrowLeft")
    press(page, "Tab")  # no opinion
    press(page, "Tab", "ArrowRight", "ArrowRight")
    press(page, "Tab")
    page.keyboard.type("by 5 keys")
    press(page, "Tab", "Enter")
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert ({"overall": 9, "methods": 10, "workload": 2}, "by 5 keys") in answers(survey)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_answer_by_touch_on_a_phone_in_french(open_page: Open, survey: Survey, link: str) -> None:
    page = open_page(**PHONE, locale="fr-FR")
    page.goto(f"{link}?lang=fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    for question, score in enumerate((8, 10, 0, 7)):
        page.locator("fieldset").nth(question).locator("label").nth(score).tap()
    page.locator("textarea").tap()
    page.keyboard.type("Très bien")
    page.get_by_role("button", name="Envoyer ma réponse").tap()
    expect(page.get_by_role("heading", name="Merci !")).to_be_visible()
    assert ({"overall": 8, "methods": 10, "manager": 0, "workload": 7}, "Très bien") in answers(survey)
    page.goto(f"{link}?lang=fr")
    expect(page.get_by_role("heading")).to_have_text("Déjà répondu")


def test_without_a_script_nothing_is_missing(open_page: Open, survey: Survey, link: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(link)
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("alert")).to_have_text("Answer at least one question.")
    page.locator("fieldset").nth(3).locator("label").nth(10).click()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert ({"workload": 10}, "") in answers(survey)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"overall": "11"}, "Choose a number from 0 to 10."),
        ({"overall": "9", "manager": "nine"}, "Choose a number from 0 to 10."),
        ({"overall": "-1"}, "Choose a number from 0 to 10."),
        ({}, "Answer at least one question."),
        ({"comment": "kept words"}, "Answer at least one question."),
        ({"workload": "9", "comment": "é" * 20_000}, f"Please shorten this to {COMMENT_MAX:,} characters."),
        ({"overall": "x", "comment": "</textarea><script>alert(1)</script>"}, "&lt;/textarea&gt;&lt;script&gt;"),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_kept(
    survey: Survey, link: str, fields: dict[str, str], said: str
) -> None:
    before = answers(survey)
    refused = httpx.post(f"{link}?lang=en", data=fields or {"overall": ""})
    assert (refused.status_code, said in refused.text) == (422, True)
    assert fields.get("comment", "").partition("<")[0] in refused.text
    assert all(
        f'name="{name}" value="{text}" checked' in refused.text for name, text in fields.items() if text in ("7", "9")
    )
    assert answers(survey) == before
    assert httpx.get(link).status_code == 200  # it is still good


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"overall=9&overall=1", "headers": FORM}, 400),
        ({"content": b"overall=9&comment=%ff", "headers": FORM}, 400),
        ({"content": b"overall=9&comment=" + b"a" * 200_000, "headers": FORM}, 413),
        ({"json": {"overall": 9}}, 415),
        ({"data": {"overall": "9"}, "headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"data": {"overall": "9"}, "headers": {"Origin": "https://evil.example"}}, 403),
    ],
)
def test_what_no_form_of_ours_sends_is_not_taken(
    survey: Survey, link: str, sent: dict[str, object], status: int
) -> None:
    before = answers(survey)
    refused = httpx.post(link, **sent)  # type: ignore[arg-type]
    assert (refused.status_code, "<main>" in refused.text) == (status, True)
    assert answers(survey) == before


def test_a_link_that_is_not_ours_opens_nothing(survey: Survey, link: str) -> None:
    token = link.rpartition("/")[2]
    forged = Links(["x" * 40], "").token(Purpose.PULSE, "some-id")
    before = answers(survey)
    for bad in (forged, token[:-1], token + "x", "some-id", "%F0%9F%92%A9", "..%2F..%2Fetc%2Fpasswd"):
        for response in (
            httpx.get(f"{survey.url}/pulse/{bad}?lang=en"),
            httpx.post(f"{survey.url}/pulse/{bad}?lang=en", data={"overall": "9"}),
        ):
            assert (response.status_code, "This link does not work" in response.text) == (404, True), bad
    assert httpx.get(f"{survey.url}/nps/{token}").status_code == 404
    assert answers(survey) == before


def sign_in(page: Page, key: str) -> None:
    page.goto("/verbatims/team?lang=en")
    page.locator("#key").fill(key)
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/verbatims/team\?lang=en$"))


def test_a_reader_sees_the_words_of_their_team_as_they_were_written(
    open_page: Open, survey: Survey, reader_key: str
) -> None:
    page = open_page()
    sign_in(page, reader_key)
    page.get_by_role("link", name="north").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("north, round of October 1, 2026")
    seen = page.locator("blockquote").all_inner_texts()
    assert sorted(seen) == sorted([*(f"{MARKUP} {i}" for i in range(9)), LONG])
    page.get_by_role("link", name="east").click()
    expect(page.locator("blockquote")).to_have_count(0)
    page.goto("/verbatims/team?team=south&lang=en")
    assert "Words of south" not in page.content()


def test_who_reads_no_team_sees_nothing(open_page: Open, survey: Survey, other_key: str) -> None:
    page = open_page()
    sign_in(page, other_key)
    for team in ("", "?team=north", "?team=all"):
        page.goto(f"/verbatims/team{team}")
        expect(page.get_by_text("Your key reads no team.")).to_be_visible()
        expect(page.locator("blockquote")).to_have_count(0)


def test_the_words_of_a_team_are_nowhere_else(survey: Survey, reader_key: str) -> None:
    with httpx.Client(base_url=survey.url) as client:
        client.post("/verbatims/sign-in", data={"key": reader_key})
        elsewhere = client.get("/verbatims").text + client.get("/metrics").text
        assert client.get("/verbatims/team?team=north").text.count("<blockquote") == 10
    elsewhere += survey.log.read_text() + str(survey.rows("SELECT value FROM outbox"))
    assert "a team's words were read" in elsewhere
    secret = [row["id"] for row in survey.rows("SELECT id FROM pulse_tickets")]
    for each in ("quiet", "Words of south", "Donau", "@example.org", survey.link("p0@example.org"), *secret):
        assert each not in elsewhere


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_for_everyone(
    open_page: Open, survey: Survey, link: str, reader_key: str, scheme: str, language: str
) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(f"{link}?lang={language}")
    look_at(page, "form")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at(page, "nothing answered")
    page.get_by_label("5", exact=True).first.check()
    page.locator("textarea").evaluate(
        "(area, text) => { area.removeAttribute('maxlength'); area.value = text; }", "a" * 5000
    )
    page.get_by_role("button").click()
    expect(page.locator("#wrong-comment")).to_be_visible()
    look_at(page, "faults")
    page.locator("textarea").fill("")
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile("thanks"))
    look_at(page, "thanks")
    page.goto(f"{link}?lang={language}")
    look_at(page, "answered")
    sign_in(page, reader_key)
    page.goto(f"/verbatims/team?team=north&lang={language}")
    expect(page.locator("blockquote")).to_have_count(10)
    look_at(page, "words")
    page.goto(f"/verbatims/team?team=east&lang={language}")
    look_at(page, "no words")


def test_a_link_whose_round_is_over_says_so(survey: Survey, link: str) -> None:
    """The last one here: the service may close the round, and destroy its answers, before this is through."""
    before = answers(survey)
    survey.rows("UPDATE pulse_rounds SET closes_at = opened_at WHERE closed_at IS NULL")
    for language, late in (("en", "Too late, sorry"), ("fr", "Trop tard")):
        for each in (link, survey.link("north0@example.org")):
            for response in (
                httpx.get(f"{each}?lang={language}"),
                httpx.post(f"{each}?lang={language}", data={"overall": "9"}),
                httpx.post(f"{each}?lang={language}", data={"overall": "nine"}),
            ):
                assert (response.status_code, late in response.text) == (410, True)
    assert answers(survey) in (before, [])
