"""Targets and promotions that people set on the board, in a real browser, and what breaks meanwhile."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from services.board.users import Role
from services.common.events import decode
from services.common.settings import Port
from services.common.topics import Topic
from tests.support.browser import PHONE, Open, look_at
from tests.support.events import NOW, cloud_event, line
from tests.support.kafka import records
from tests.support.stack import PASSWORD, RunningStack, running_stack, wait_for

YEAR = NOW.year
WINTER = {"name": "Winter", "from_": f"{YEAR}-01-01", "to": f"{YEAR}-01-31"}
OTHERS = {"max": (Role.DIRECTOR, None), "ana": (Role.REP, "r1"), "ria": (Role.READER, None)}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        for name, (role, rep) in OTHERS.items():
            running.add_person(name, role, rep)
        sold = {"channel": "online", "currency": "EUR", "promotion_ids": ["summer"]}
        running.send(
            [
                cloud_event("rep.set", "r1", NOW - timedelta(days=2), alias="Ana", team_id="north"),
                cloud_event("rep.set", "r2", NOW - timedelta(days=2), alias="Bob <b>", team_id="north"),
                cloud_event("order.placed", "A1", NOW, rep_id="r1", lines=[line(100_000)], **sold),
                cloud_event("promotion.set", "winter", NOW - timedelta(days=2), **WINTER),
                target(YEAR, 2_000_00),
                target(YEAR - 1, 1_500_00, rep_id="r1"),
                target(YEAR - 1, 1_600_00, rep_id="r2"),
            ]
        )
        running.wait_applied()
        yield running


def target(year: int, value: int, **whose: str) -> dict[str, Any]:
    """An event of before, of a year's sales."""
    period = {"period": "year", "starts_on": f"{year}-01-01"}
    stated = NOW - timedelta(days=2) if year == YEAR else datetime(year, 2, 1, tzinfo=UTC)
    return cloud_event("target.set", None, stated, measure="sales", value=value, **period, **whose)


def sheet(measure: str = "sales", year: int = YEAR, **query: str) -> str:
    asked = httpx.QueryParams({"measure": measure, "period": "year", "starts_on": f"{year}-01-01", **query})
    return f"/targets?{asked}"


def field(page: Page, whose: str) -> Locator:
    return page.locator(f'input[name="value:{whose}"]')


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def form_of(client: httpx.Client, path: str) -> dict[str, str]:
    """The fields of a page's form as it is shown."""
    page = client.get(path).text
    named = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*? value="([^"]*)"', page)
    return {name: value.replace("\u202f", " ") for name, value in named}


def events_of(stack: RunningStack, subject: str) -> list[Any]:
    """What Kafka holds of a subject; asked in a thread, as the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(records, stack.settings, Topic.REFERENCE).result()
    return [event for event in map(decode, found) if event.subject == subject]


def edits(stack: RunningStack, subject: str) -> list[tuple[str, str]]:
    """Who edited, and the event's id."""
    with closing(sqlite3.connect(stack.layout.data / "board.sqlite")) as database:
        return database.execute("SELECT person, event_id FROM edits WHERE subject = ?", (subject,)).fetchall()


def test_a_target_that_a_director_sets_moves_the_tile_of_a_page_that_is_open(
    open_page: Open, stack: RunningStack
) -> None:
    board, page = open_page(), open_page()
    board.goto("/?window=ytd")
    expect(board.locator("#tile-sales")).to_contain_text("Target €2,000")
    before = stack.kpi("sales", window="ytd")["rows"][0]
    page.goto(sheet())
    expect(field(page, "all")).to_have_value("2,000")
    field(page, "all").fill("€4,000.50")
    save(page)
    expect(board.locator("#tile-sales")).to_contain_text("Target €4,000")
    after = stack.kpi("sales", window="ytd")["rows"][0]
    assert after["target"] == 4000.5
    assert after["pace"] == (before["pace"] and pytest.approx(before["pace"] * 2000 / 4000.5, rel=0.01))
    expect(page.get_by_role("status")).to_contain_text("Saved: 1.")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("The numbers hold it.")
    expect(field(page, "all")).to_have_value("4,000.50")
    history = page.locator("section tbody tr")
    expect(history.nth(0)).to_contain_text("director")
    expect(history.nth(0).locator("td.number")).to_have_text(["2,000", "4,000.50"])
    expect(history.nth(1)).to_contain_text("sent as an event")
    (event,) = [event for event in events_of(stack, f"sales/all/year/{YEAR}-01-01") if event.source == "/board"]
    assert (event.data.value, "director" in str(event)) == (400_050, False)


def test_the_targets_of_the_period_before_are_taken_over_in_one_step(open_page: Open, stack: RunningStack) -> None:
    """Without a script, on a phone: nothing is saved before it was looked at."""
    page = open_page(java_script_enabled=False, **PHONE)
    page.goto(sheet())
    page.get_by_role("link", name=f"Fill in the targets of {YEAR - 1}").click()
    expect(field(page, "rep:r1")).to_have_value("1,500")
    expect(page.get_by_role("status")).to_contain_text(f"Filled in from {YEAR - 1}: 2.")
    assert edits(stack, f"sales/rep%3Ar1/year/{YEAR}-01-01") == []
    field(page, "rep:r2").fill("1,750")
    save(page)
    expect(page.get_by_role("status")).to_contain_text("Saved: 2.")
    wait_for(lambda: targets(stack) == {"r1": 1500, "r2": 1750}, "the numbers hold both")


def targets(stack: RunningStack) -> dict[str, float]:
    """Of the year's sales, by rep."""
    rows = stack.kpi("sales", window="ytd", by="rep")["rows"]
    return {row["by"]["rep"]: row["target"] for row in rows if row["target"] is not None}


def test_what_is_typed_wrongly_is_told_beside_its_field_and_kept(open_page: Open) -> None:
    page = open_page(locale="fr-FR")
    page.goto(sheet("acquisition_rate"))
    field(page, "all").fill("0,25")
    field(page, "team:north").fill("1,400")
    field(page, "rep:r1").fill("150 %")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("À corriger : 3")
    expect(field(page, "all")).to_have_value("0,25")
    expect(page.locator("#member-1-fault")).to_contain_text("12,5\u202f%")
    expect(page.locator("#member-2-fault")).to_contain_text("Milliers ou décimales")
    expect(page.locator("#member-3-fault")).to_contain_text("ne peut pas valoir autant")
    look_at(page, "faults")


def test_a_period_that_is_over_is_only_read(open_page: Open, stack: RunningStack) -> None:
    page = open_page()
    page.goto(sheet(year=YEAR - 1))
    expect(page.get_by_text("This period is over")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    with stack.board() as client:
        fields = {"form": "f" * 32, "value:all": "1", "from:all": ""}
        assert client.post(sheet(year=YEAR - 1), data=fields).status_code == 409
        assert client.post("/targets", data=fields).status_code == 400  # which targets is never guessed
        assert client.post(sheet(), data={"value:all": "1"}).status_code == 400


def test_of_two_directors_the_second_is_told_what_stands_and_may_replace_it(
    open_page: Open, stack: RunningStack
) -> None:
    page = open_page()
    page.goto(sheet("new_leads"))
    with stack.board("max", PASSWORD) as client:
        fields = {**form_of(client, sheet("new_leads")), "value:all": "500"}
        assert client.post(sheet("new_leads"), data=fields).status_code == 303
    field(page, "all").fill("600")
    field(page, "rep:r1").fill("60")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved")
    expect(page.locator(".wrong")).to_contain_text("it is now 500 (max, ")
    expect(field(page, "all")).to_have_value("600")
    assert edits(stack, f"new_leads/rep%3Ar1/year/{YEAR}-01-01") == []
    save(page)
    expect(page.get_by_role("status")).to_contain_text("Saved: 2.")
    people = [person for person, _ in edits(stack, f"new_leads/all/year/{YEAR}-01-01")]
    assert people == ["max", "director"]


def test_what_another_system_states_meanwhile_is_not_lost(stack: RunningStack) -> None:
    with stack.board() as client:
        fields = {**form_of(client, sheet("loyalty")), "value:all": "30 %"}
        period = {"period": "year", "starts_on": f"{YEAR}-01-01"}
        stack.send([cloud_event("target.set", None, NOW, measure="loyalty", value=0.4, **period)])
        stack.wait_applied()
        refused = client.post(sheet("loyalty", lang="en"), data=fields)
        assert refused.status_code == 409
        assert "it is now 40% (sent as an event, " in refused.text
        refused = client.post(sheet("loyalty", lang="en"), data={**fields, "value:rep:r1": "1%", "from:rep:r1": "gone"})
        assert refused.status_code == 409
        assert "nothing stands now" in refused.text


def test_a_form_that_is_sent_twice_is_one_edit(stack: RunningStack) -> None:
    subject = f"nps/all/year/{YEAR}-01-01"
    with stack.board() as client:
        fields = {**form_of(client, sheet("nps")), "value:all": "−5"}
        answers = [client.post(sheet("nps"), data=fields) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(edits(stack, subject)) == 1
    wait_for(lambda: [event.data.value for event in events_of(stack, subject)] == [-5], "one event is there")


@pytest.mark.parametrize("name", ["ana", "ria"])
@pytest.mark.parametrize("path", [sheet(), "/promotions"])
def test_who_is_no_director_neither_sees_nor_sets_anything(stack: RunningStack, name: str, path: str) -> None:
    with stack.board(name, PASSWORD) as client:
        fields = {"form": "f" * 32, "value:all": "1", "from:all": "", "id": "x", "name": "x"}
        answers = [client.get(path), client.post(path, data=fields)]
    for answer in answers:
        assert answer.status_code == 403
        assert not re.search("Bob|Winter|4,000", answer.text)


def test_a_form_of_another_site_is_refused(stack: RunningStack) -> None:
    with stack.board() as client:
        fields = {**form_of(client, sheet("nps")), "value:all": "7"}
        assert client.post(sheet("nps"), data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert httpx.post(stack.url(Port.BOARD) + sheet("nps"), data=fields).status_code == 401


def test_a_promotion_is_added_by_keyboard_and_ended_earlier(open_page: Open, stack: RunningStack) -> None:
    page = open_page()
    page.goto("/promotions")
    page.get_by_label("Id").focus()
    page.keyboard.type("summer")
    page.keyboard.press("Tab")
    page.keyboard.type("Summer <i>days")
    page.get_by_label("From").fill(f"{YEAR}-06-01")
    page.get_by_label("To", exact=True).fill(f"{YEAR}-05-31")
    page.get_by_label("Channels").fill("online\nstore, Lyon")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.locator("#to-fault")).to_be_visible()
    look_at(page, "a promotion's fault")
    page.get_by_label("To", exact=True).fill(f"{YEAR}-08-31")
    save(page)
    expect(page.get_by_role("status")).to_contain_text("Saved: 1.")
    wait_for(lambda: promotion_rows(stack) == ["Summer <i>days"], "the numbers know its name")
    page.get_by_label("To", exact=True).fill(f"{YEAR}-08-15")
    save(page)
    expect(page.locator(".change").first).to_have_text(f"to 31 Aug {YEAR} → 15 Aug {YEAR}")
    expect(page.locator("section", has_text="History").locator("tbody tr").first).to_contain_text("director")
    wait_for(lambda: stated_ends(stack) == [f"{YEAR}-08-31", f"{YEAR}-08-15"], "the read API tells both")
    page.goto("/promotions")
    page.get_by_label("Id").fill("summer")
    page.get_by_label("Name").fill("Another")
    page.get_by_label("From").fill(f"{YEAR}-06-01")
    page.get_by_label("To", exact=True).fill(f"{YEAR}-06-02")
    save(page)
    expect(page.get_by_text("There is a promotion with this id already.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Another")


def promotion_rows(stack: RunningStack) -> list[str]:
    return [row["label"] for row in stack.kpi("sales", window="ytd", by="promotion")["rows"]]


def stated_ends(stack: RunningStack) -> list[str]:
    with stack.http(Port.EXPORTER) as client:
        promotions = client.get("/v1/promotions").json()["promotions"]
    (summer,) = (promotion for promotion in promotions if promotion["id"] == "summer")
    return [statement["to"] for statement in summer["statements"]]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everyone(open_page: Open, language: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    for path in (sheet(), sheet(copy="yes"), sheet(year=YEAR - 1), "/promotions?x", "/promotions?id=winter"):
        answer = page.goto(f"{path}&lang={language}")
        assert answer is not None
        assert answer.status == 200, path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look_at(page, path)


def test_killed_right_after_it_said_saved_the_event_still_leaves(stack: RunningStack) -> None:
    subject = f"team_satisfaction/all/year/{YEAR}-01-01"
    with stack.board() as client:
        for value in ("7", "7.5", "8"):
            fields = {**form_of(client, sheet("team_satisfaction", lang="en")), "value:all": value}
            assert client.post(sheet("team_satisfaction", lang="en"), data=fields).status_code == 303
            stack.kill("board")
            wait_for(lambda: client.get(sheet("team_satisfaction")).status_code == 200, "the board is back")
    ids = [id_ for _, id_ in edits(stack, subject)]
    assert len(ids) == 3
    wait_for(lambda: {event.id for event in events_of(stack, subject)} == set(ids), "all of them are in Kafka")


@contextmanager
def without_kafka(stack: RunningStack) -> Iterator[None]:
    stack.signal("kafka", signal.SIGSTOP)
    try:
        yield
    finally:
        stack.signal("kafka", signal.SIGCONT)


def test_without_kafka_it_is_saved_and_sent_later_and_says_so(open_page: Open, stack: RunningStack) -> None:
    """Killed meanwhile, the board starts without Kafka, and shows numbers."""
    page = open_page()
    page.goto(sheet("add_on_sales"))
    with without_kafka(stack):
        field(page, "all").fill("25%")
        save(page)
        expect(page.get_by_role("status")).to_contain_text("It could not be sent yet")
        expect(field(page, "all")).to_have_value("25%")
        stack.kill("board")
        wait_for(lambda: httpx.get(f"{stack.url(Port.BOARD)}/readyz").status_code == 200, "the board is back")
        page.goto("/?window=ytd")
        expect(page.locator("#tile-sales .value")).to_have_text("€1,000")
    wait_for(lambda: stack.kpi("add_on_sales", window="ytd")["rows"][0]["target"] == 0.25, "the numbers hold it")
    page.goto(sheet("add_on_sales"))
    expect(page.locator("section tbody tr").first).to_contain_text("director")


def test_without_its_database_the_board_shows_numbers_and_edits_say_so(open_page: Open, stack: RunningStack) -> None:
    place = stack.layout.data / "board.sqlite"
    kept = place.with_name("kept.sqlite")
    stack.supervisor.stop("board")
    place.rename(kept)
    place.mkdir()
    stack.supervisor.start("board")
    page = open_page()
    wait_for(lambda: httpx.get(f"{stack.url(Port.BOARD)}/readyz").status_code == 200, "the board is ready")
    page.goto("/?window=ytd")
    expect(page.locator("#tile-sales .value")).to_have_text("€1,000")
    answer = page.goto(sheet())
    assert answer is not None
    assert answer.status == 503
    expect(page.get_by_role("heading")).to_have_text("This does not work now.")
    place.rmdir()
    kept.rename(place)
    wait_for(lambda: (found := page.goto(sheet())) and found.status == 200, "it mends itself")
    expect(page.locator("section tbody tr").first).to_contain_text("director")
