"""The board's look in a real browser: eight KPIs at a glance, reps side by side, and a wall that never lies."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from services.board.users import Role
from services.common.settings import Port
from tests.support.browser import PHONE, Open, check_for_everyone, look_at, pages_of
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import PASSWORD, RunningStack, running_stack, wait_for

REPS = {"r1": "Ana <b>B.</b>", "r2": "Bob", "r3": "Cleo"}
PAGES = ("/", "/reps", "/wall")
SCREEN: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}}
EIGHT = 8
MOST_BYTES = 1_000_000
AT_5_METRES = 80
"""Pixels that a headline must be high on a screen of 1920 by 1080."""


BEFORE = NOW - timedelta(days=2)


def sold(rep: str, orders: int) -> list[dict[str, Any]]:
    fields = {"channel": "online", "currency": "EUR", "rep_id": rep}
    return [cloud_event("order.placed", f"{rep}-{i}", NOW, lines=[line(10_000 + i)], **fields) for i in range(orders)]


def events() -> list[dict[str, Any]]:
    """Three reps who sell, find leads and are spoken of by customers: Ana most, Cleo least; Ana for two days."""
    found = [cloud_event("rep.set", rep, BEFORE, alias=alias) for rep, alias in REPS.items()]
    found.append(
        cloud_event("order.placed", "r1-B", BEFORE, channel="online", currency="EUR", rep_id="r1", lines=[line(9_000)])
    )
    found.append(cloud_event("lead.created", "r1-LB", BEFORE, rep_id="r1", source="web"))
    for number, rep in enumerate(REPS):
        many = 9 - number
        found += sold(rep, many)
        found += [cloud_event("lead.created", f"{rep}-L{i}", NOW, rep_id=rep, source="web") for i in range(many)]
        found += [
            cloud_event("nps.answered", f"{rep}-N{i}", NOW, score=10 - i, touchpoint="delivery", rep_id=rep)
            for i in range(6)
        ]
    return found


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(CADRAN_STREAM_STALE_AFTER="3") as running:
        running.add_person("ana", Role.REP, "r1")
        running.add_person("nora", Role.READER)
        running.send(events())
        running.wait_applied()
        yield running


def shown(page: Page) -> int:
    """Which slide is shown, and that it is one."""
    at: list[int] = page.evaluate(
        "[...document.querySelectorAll('.slide')].flatMap((slide, i) => slide.checkVisibility() ? [i] : [])"
    )
    assert len(at) == 1
    return at[0]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_every_screen_and_everyone(open_page: Open, path: str, language: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(f"{path}?lang={language}&window=30d")
    look_at(page, f"{path} in {language}, {scheme}")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900), (1920, 1080)])
def test_the_eight_are_seen_together(open_page: Open, language: str, width: int, height: int) -> None:
    page = open_page(viewport={"width": width, "height": height})
    page.goto(f"/?lang={language}")
    ends = page.evaluate(
        "[...document.querySelectorAll('.eight .tile')].map((it) => it.getBoundingClientRect().bottom)"
    )
    assert len(ends) == EIGHT
    assert max(ends) <= height


def test_on_a_phone_each_tile_says_value_change_target_and_trend_before_anything_is_opened(open_page: Open) -> None:
    page = open_page(**PHONE)
    page.goto("/?window=30d&lang=en")
    tile = page.locator("#tile-new_leads")
    for part in (".value", ".change", ".target", ".trend"):
        expect(tile.locator(part)).to_be_visible()
    expect(tile.get_by_text("each once")).to_be_hidden()
    tile.get_by_text("How it is made").click()
    expect(tile.get_by_text("each once")).to_be_visible()


def test_pages_lead_to_each_other_by_keyboard_and_keep_window_and_language(open_page: Open) -> None:
    page = open_page(viewport={"width": 1280, "height": 800})
    page.goto("/?window=7d&lang=fr")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Commerciaux")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reps?window=7d&lang=fr")
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")).to_have_text("Commerciaux")


@pytest.mark.parametrize("path", PAGES)
def test_little_is_moved(open_page: Open, path: str) -> None:
    page = open_page()
    page.goto(f"{path}?window=30d")
    moved = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    assert 0 < moved < MOST_BYTES


def test_direction_prints_on_two_pages_of_a4_the_eight_on_the_first(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    page.goto("/?window=30d&by=rep")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    colours = "getComputedStyle(document.querySelector('{}')).{}"
    assert page.evaluate(colours.format(".tile h2", "color")) == "rgb(0, 0, 0)"
    grey = page.evaluate(colours.format(".trend polyline", "stroke"))
    assert len(set(re.findall(r"\d+", grey))) == 1
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 2


def told(stack: RunningStack) -> list[dict[str, Any]]:
    """What the read API tells of the KPIs that have a cut by rep."""
    with stack.http(Port.EXPORTER) as client:
        kpis = client.get("/v1/kpis").json()
    return [kpi for kpi in kpis if any(cut["by"] == "rep" for cut in kpi["cuts"])]


def data_value(value: float | None) -> str:
    return "None" if value is None else str(value)


def test_reps_stand_side_by_side_with_what_the_read_api_tells(open_page: Open, stack: RunningStack) -> None:
    page = open_page()
    page.goto("/reps?window=30d&rep=r3&rep=r1&lang=en")
    assert page.locator("table.side-by-side thead th").all_inner_texts() == [
        "KPI",
        "Cleo",
        "Ana <b>B.</b>",
        "Everybody",
    ]
    kpis = told(stack)
    assert len(kpis) == page.locator("table.side-by-side tbody tr").count()
    for kpi in kpis:
        line_of = page.locator(f"#line-{kpi['id']}")
        rows = {row["by"]["rep"]: row for row in stack.kpi(kpi["id"], window="30d", by="rep")["rows"]}
        for rep in ("r1", "r3"):
            value = rows[rep]["value"] if rep in rows else None
            expect(line_of.locator(f"[data-rep={rep}] .value")).to_have_attribute("data-value", data_value(value))
        total = stack.kpi(kpi["id"], window="30d")["rows"][0]["value"]
        expect(line_of.locator(".total .value")).to_have_attribute("data-value", data_value(total))
    few = page.locator("#line-new_leads [data-rep=r3]")
    expect(few).to_contain_text("little data")
    expect(few).not_to_contain_text("place")


def test_reps_are_chosen_without_a_script_and_the_first_are_shown_when_nobody_is(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/reps?window=30d&lang=en")
    names = page.locator("table.side-by-side thead th")
    expect(names).to_have_text(["KPI", "Ana <b>B.</b>", "Bob", "Cleo", "Everybody"])
    page.get_by_text("Choose up to 4 reps").click()
    page.get_by_label("Cleo").uncheck()
    page.get_by_label("Bob").uncheck()
    page.get_by_role("button", name="Compare").click()
    expect(names).to_have_text(["KPI", "Ana <b>B.</b>", "Everybody"])
    page.get_by_role("link", name="FR", exact=True).click()
    assert "rep=r1" in page.url
    expect(names).to_have_text(["Indicateur", "Ana <b>B.</b>", "Tous"])


@pytest.mark.parametrize("path", ["/reps?rep=r2&rep=r1&window=30d", "/reps?rep=r3", "/reps?window=30d"])
def test_a_rep_sees_their_own_column_and_the_total(stack: RunningStack, browser: Browser, path: str) -> None:
    with (
        stack.board("ana", PASSWORD) as client,
        pages_of(browser, stack.url(Port.BOARD), dict(client.cookies)) as opened,
    ):
        page = opened()
        page.goto(f"{path}&lang=en" if "?" in path else path)
        expect(page.locator("table.side-by-side thead th")).to_have_text(["KPI", "Ana <b>B.</b>", "Everybody"])
        assert "Bob" not in page.content()
        with client.stream("GET", f"/live{path}") as stream:
            pushed = next(text for text in stream.iter_lines() if text.startswith("data: ") and "side-by-side" in text)
        assert "Bob" not in pushed
        assert "Cleo" not in pushed
        expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Targets")).to_have_count(0)


def test_the_wall_turns_by_itself_pauses_and_is_turned(open_page: Open) -> None:
    page = open_page(**SCREEN)
    page.goto("/wall?window=30d&seconds=5&lang=en")
    assert shown(page) == 0
    expect(page.locator("#slide-new_leads")).to_be_visible(timeout=9_000)
    page.keyboard.press(" ")
    expect(page.get_by_text("Paused")).to_be_visible()
    page.wait_for_timeout(6_500)
    assert shown(page) == 1
    page.keyboard.press("ArrowRight")
    assert shown(page) == 2
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert shown(page) == EIGHT
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_hidden()
    expect(page.locator(".slide.together")).to_be_visible(timeout=9_000)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_wall_is_read_from_afar_and_nothing_on_it_is_cut_off(open_page: Open, language: str) -> None:
    page = open_page(**SCREEN, reduced_motion="reduce")
    page.goto(f"/wall?window=30d&lang={language}&seconds=600")
    for turn in range(EIGHT + 1):
        assert shown(page) == turn
        sizes = page.evaluate(
            "[...document.querySelectorAll('.value')].filter((it) => it.checkVisibility())"
            ".map((it) => parseFloat(getComputedStyle(it).fontSize))"
        )
        assert min(sizes) >= AT_5_METRES
        assert page.evaluate("document.documentElement.scrollHeight") <= SCREEN["viewport"]["height"]
        cut_off = page.evaluate(
            "[...document.querySelectorAll('.tile, .alone')].filter((it) => it.checkVisibility()"
            " && it.scrollHeight > it.clientHeight + 1).map((it) => it.id)"
        )
        assert cut_off == []
        page.keyboard.press("ArrowRight")


def test_the_wall_says_since_when_it_is_lost_turns_on_and_recovers(open_page: Open, stack: RunningStack) -> None:
    page = open_page(**SCREEN)
    page.goto("/wall?window=30d&seconds=5&lang=en")
    expect(page.locator("#tile-sales .value")).to_be_visible()
    stack.supervisor.stop("board")
    try:
        banner = page.locator("#lost")
        expect(banner).to_be_visible()
        expect(banner).to_have_text(re.compile(r"Not live since .*\d\d:\d\d:\d\d"))
        assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('lost')).fontSize)") >= 40
        at = shown(page)
        wait_for(lambda: shown(page) != at, "it turns on", patience=9)
        page.keyboard.press("Space")
        check_for_everyone(page, "the wall when it is lost")
        page.keyboard.press("Space")
    finally:
        stack.supervisor.start("board")
    expect(banner).to_be_hidden()
    stack.send(sold("r3", 1))
    page.keyboard.press(" ")
    expect(page.locator(".lost")).to_have_count(0)


def test_the_wall_shows_what_is_old_as_old(open_page: Open, stack: RunningStack) -> None:
    page = open_page(**SCREEN)
    page.goto("/wall?window=30d&seconds=600&lang=en")
    colour = "getComputedStyle(document.querySelector('#tile-sales .trend polyline')).stroke"
    live = page.evaluate(colour)
    stack.supervisor.stop("exporter")
    try:
        expect(page.get_by_role("alert")).to_contain_text("the read API does not answer since")
        expect(page.locator(".together .tile.stale")).to_have_count(EIGHT)
        assert page.evaluate(colour) != live
        assert "grayscale" in page.evaluate("getComputedStyle(document.querySelector('.slides')).filter")
    finally:
        stack.supervisor.start("exporter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".together .tile.stale")).to_have_count(0)


def test_a_wall_left_open_does_not_grow(open_page: Open, stack: RunningStack) -> None:
    numbers = count()
    page = open_page(**SCREEN)
    page.goto("/wall?window=30d&seconds=5")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def held() -> tuple[int, float]:
        """Nodes of the page, and listeners on it and on whatever is kept of before."""
        devtools.send("HeapProfiler.collectGarbage")
        metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
        nodes = page.evaluate("document.evaluate('count(//node())', document).numberValue")
        return nodes, metrics["JSEventListeners"]

    page.evaluate(
        "window.pushed = 0; new MutationObserver(() => window.pushed++)"
        ".observe(document.getElementById('content'), { childList: true, subtree: true })"
    )

    def pushed_since(seen: int) -> bool:
        return bool(page.evaluate("window.pushed") > seen)

    def push(times: int) -> None:
        for _ in range(times):
            seen = page.evaluate("window.pushed")
            stack.send([cloud_event("lead.created", f"grown-{next(numbers)}", NOW, rep_id="r1", source="web")])
            wait_for(partial(pushed_since, seen), "it is pushed")

    push(3)
    before = held()
    push(12)
    assert held() == before


def test_a_page_of_before_an_upgrade_loads_itself_anew(open_page: Open) -> None:
    page = open_page(**SCREEN)
    versions: list[str] = []

    def of_before(route: Route) -> None:
        """The first time, the page as it was when scripts and styles were others."""
        answer = route.fetch()
        body = answer.text()
        versions.extend(re.findall(r'data-version="(\w+)"', body))
        route.fulfill(response=answer, body=body if len(versions) > 1 else body.replace(versions[0], "before"))

    page.route(re.compile(r":\d+/wall\?"), of_before)
    page.goto("/wall?window=30d&lang=en")
    wait_for(lambda: page.evaluate("document.body.dataset.version") == versions[0], "it has loaded itself anew")
    assert versions == [versions[0]] * 2


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_week_is_a_page_to_read_and_to_print(open_page: Open, language: str) -> None:
    page = open_page()
    page.goto(f"/week?lang={language}")
    look_at(page, f"/week in {language}")
    assert page.locator("tbody tr").count() == EIGHT
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()


def test_the_week_as_a_pdf_is_for_directors_and_only_of_weeks_that_are_over(stack: RunningStack) -> None:
    today = datetime.now(UTC).date()
    with stack.board() as director:
        made = director.get("/week.pdf", params={"ending": (today - timedelta(days=8)).isoformat()})
        assert made.headers["content-type"] == "application/pdf"
        assert made.content.startswith(b"%PDF")
        assert director.get("/week", params={"ending": (today + timedelta(days=1)).isoformat()}).status_code == 422
        assert director.get("/week", params={"ending": "sunday"}).status_code == 400
    for name in ("ana", "nora"):
        with stack.board(name, PASSWORD) as client:
            assert [client.get(path).status_code for path in ("/week", "/week.pdf")] == [403, 403]
            assert 'href="/week' not in client.get("/").text
