"""One KPI whole and what stands behind it, in a real browser: by cut, by trend, as CSV, and a rep's own line alone."""

import csv
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from services.board.users import Role
from services.common.windows import Period
from tests.support.browser import Open, look_at
from tests.support.events import NOW, PARIS, cloud_event, line
from tests.support.stack import PASSWORD, RunningStack, running_stack

YESTERDAY = (NOW - timedelta(days=1)).astimezone(UTC)
BEFORE = NOW - timedelta(days=45)
"""`BEFORE`: in the 30 days before the last 30, so that it is known how many were to be expected."""
DAY = NOW.strftime(f"{NOW.day} %b %Y")
FORMULA = '=HYPERLINK("//evil.example")'
PAGES = (
    "/kpis/sales?window=30d&by=channel,region",
    "/kpis/new_leads?window=mtd&by=rep&trend=12m",
    "/kpis/nps?window=30d&by=touchpoint",
    "/kpis/competitor_prices?window=30d",
    "/explain/sales?window=30d",
    "/explain/new_leads?window=30d&by=rep&member=r1",
    "/explain/competitor_prices?window=7d",
    "/explain/nps?window=30d",
)
CUTS = [("sales", "channel,region"), ("sales", "rep"), ("new_leads", "source"), ("nps", "touchpoint"), ("loyalty", "")]


def order(name: str, at: datetime, cents: int, **more: Any) -> dict[str, Any]:
    return cloud_event("order.placed", name, at, currency="EUR", lines=[line(cents)], **{"channel": "online", **more})


def events() -> list[dict[str, Any]]:
    month = Period.MONTH.first_day(NOW.date())
    target = {"measure": "new_leads", "period": "month", "value": 100}
    watched = [{"pair_id": "acme", "competitor": "acme", "interval_s": 3600}]
    read = {"pair_id": "acme", "competitor": "acme", "verdict": "trusted", "price_minor": 10_000, "currency": "EUR"}
    sources = ["fair"] * 40 + ["web"] * 35 + ["<i>post</i>"] * 3
    return [
        cloud_event("rep.set", "r1", NOW - timedelta(days=70), alias="Ana <b>B.</b>"),
        cloud_event("rep.set", "r2", NOW - timedelta(days=70), alias=FORMULA),
        *(
            cloud_event("target.set", None, NOW - timedelta(days=40), starts_on=first.isoformat(), **target)
            for first in (month, Period.MONTH.next_first_day(month))
        ),
        order("A1", NOW, 123_456, rep_id="r1", region="north"),
        order("A2", NOW, 50_000, rep_id="r2", region="south", channel="store"),
        order("A3", NOW, 1_000, region="south"),
        order("Y1", YESTERDAY, 20_000, rep_id="r1"),
        *(order(f"P{rep}{i}", BEFORE, 100, rep_id=rep) for rep in ("r1", "r2") for i in range(10)),
        *(cloud_event("lead.created", f"L{i:02}", NOW, rep_id="r1", source=name) for i, name in enumerate(sources)),
        *(cloud_event("lead.created", f"B{i}", BEFORE, source=name) for i, name in enumerate(["fair", "web"] * 10)),
        cloud_event("lead.created", "LY", YESTERDAY, rep_id="r2", source="fair"),
        *(
            cloud_event("nps.answered", f"N{i}", NOW, score=score, touchpoint="delivery")
            for i, score in enumerate((10, 9, 9, 8, 6, 9))
        ),
        cloud_event("product.watched", "LAMP", NOW, pairs=watched),
        cloud_event("price.own", "LAMP", NOW, price_minor=12_000, currency="EUR"),
        cloud_event("price.observed", "LAMP", NOW, **read),
    ]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """What is heard of a day that is over is a correction at once: after the second in which it was shown."""
    with running_stack(CADRAN_STREAM_SETTLED_AFTER="0") as running:
        running.send(events())
        time.sleep(1.5)
        running.send([order("LATE", YESTERDAY, 5_000, rep_id="r1")])
        running.wait_applied()
        running.add_person("ana", Role.REP, "r1")
        yield running


@pytest.fixture(scope="module")
def director(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.board() as client:
        yield client


@pytest.fixture(scope="module")
def ana(stack: RunningStack) -> Iterator[httpx.Client]:
    """A rep, signed in."""
    with stack.board("ana", PASSWORD) as client:
        yield client


def cells(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def day_of(moment: datetime) -> str:
    """A day alone, as addresses name it: `today` is another one once it is over."""
    day = moment.astimezone(PARIS).date()
    return f"from={day}&to={day}"


def text_of(value: object) -> str:
    return "" if value is None else str(value)


def test_a_kpi_is_shown_with_all_that_it_rests_on(page: Page) -> None:
    page.goto("/kpis/nps?window=30d")
    expect(page.locator("h1")).to_have_text("Net promoter score")
    expect(page).to_have_title("Net promoter score – Cadran")
    expect(page.locator("#number .value")).to_have_text("50 ± 51")
    expect(page.locator("#number")).to_contain_text("little data")
    expect(page.locator(".how")).to_contain_text("Europe/Paris")
    windows = page.get_by_role("navigation", name="Window").get_by_role("link")
    expect(windows).to_have_text(["7 days", "30 days", "90 days", "Today", "Week", "Month", "Quarter", "Year"])
    page.goto("/kpis/new_leads?window=mtd")
    expect(page.locator("#number .target")).to_contain_text("Target 100")
    expect(page.locator("#trend .legend")).to_contain_text("this month’s target, spread over its days")


def test_a_tile_draws_the_trend_that_its_page_draws(page: Page) -> None:
    for kpi in ("sales", "new_leads"):
        page.goto("/")
        drawn = page.locator(f"#tile-{kpi} svg.trend").get_attribute("aria-label")
        page.goto(f"/kpis/{kpi}")
        assert drawn == page.locator("#trend svg.wide").get_attribute("aria-label")


def test_a_cut_is_ranked_and_what_rests_on_few_or_is_nobodys_is_not(page: Page) -> None:
    page.goto("/kpis/new_leads?window=30d&by=source")
    rows = page.locator("#members tbody tr")
    expect(rows.locator("th")).to_have_text(["fair", "web", "<i>post</i>"])
    expect(rows.locator(".place")).to_have_text(["1", "2", ""])
    page.goto("/kpis/sales?window=30d&by=rep")
    expect(rows.locator("th")).to_have_text(["Ana <b>B.</b>", FORMULA, "unassigned"])
    expect(rows.locator(".place")).to_have_text(["1", "2", ""])
    expect(rows.nth(2)).to_have_class("small")
    page.goto("/kpis/nps?window=30d&by=touchpoint")
    expect(rows.locator("th")).to_have_text(["delivery"])
    expect(rows.locator(".place")).to_have_text([""])


def test_members_of_two_fields_lead_to_what_stands_behind_them(page: Page) -> None:
    page.goto("/kpis/sales?window=30d&by=channel,region")
    page.get_by_role("link", name="online · north").click()
    expect(page.locator("h1")).to_have_text("What stands behind: Net sales – online · north")
    expect(page.locator("#behind tbody th strong")).to_have_text(["A1"])


def test_a_trend_is_drawn_and_told_in_words_and_as_a_table(page: Page) -> None:
    page.goto("/kpis/sales?window=30d")
    plot = page.locator("#trend svg.wide")
    expect(plot).to_be_visible()
    page.get_by_text("The points as a table").click()
    points = page.locator("#points tbody tr")
    expect(points.first).to_contain_text("not over yet")
    last = points.first.locator("th").inner_text().removesuffix("not over yet").strip()
    assert str(plot.get_attribute("aria-label")).endswith(f"on {last}")
    expect(points.filter(has_text="€1,745").locator("th")).to_contain_text(DAY)
    page.get_by_role("link", name="12 months").click()
    expect(points).not_to_have_count(30)


def test_the_number_and_what_stands_behind_it_move_by_themselves(
    page: Page, open_page: Open, stack: RunningStack
) -> None:
    explained = open_page()
    page.goto("/kpis/acquisition_rate?window=30d")
    page.goto("/kpis/new_leads?window=7d&by=kind")
    explained.goto("/explain/new_leads?window=7d&by=source&member=live")
    before = int(page.locator("#number .value").inner_text())
    expect(explained.locator("#behind")).to_contain_text("Nothing in this window.")
    stack.send([cloud_event("lead.created", "M1", NOW, source="live")])
    expect(page.locator("#number .value")).to_have_text(f"{before + 1}")
    expect(explained.locator("#behind tbody th strong")).to_have_text(["M1"])


def test_the_pages_keep_window_and_cut_from_one_to_the_next(page: Page) -> None:
    page.goto("/?window=7d&by=channel")
    page.get_by_role("link", name="Net sales", exact=True).click()
    expect(page.locator("#members-title")).to_have_text("Net sales by channel")
    expect(page.locator("a[aria-current]").filter(has_text="7 days")).to_have_count(1)
    page.get_by_role("link", name="Explain this number", exact=True).click()
    expect(page.locator("h1")).to_have_text("What stands behind: Net sales")
    expect(page.locator("a[aria-current]").filter(has_text="7 days")).to_have_count(1)
    page.get_by_role("link", name="Direction").click()
    assert "window=7d" in page.url
    page.get_by_role("link", name="explain this number of Net sales").click()
    expect(page.locator("h1")).to_have_text("What stands behind: Net sales")
    page.goto("/?window=7d&by=channel")
    page.locator("#bars-sales").get_by_role("link", name="store").click()
    expect(page.locator("#behind tbody th strong")).to_have_text(["A2"])


def test_explain_tells_what_each_order_adds_and_when_it_was_heard(page: Page) -> None:
    page.goto(f"/explain/sales?{day_of(NOW)}")
    entity = page.locator("#behind tbody > tr").filter(has_text="Order A1")
    expect(entity.locator(".adds")).to_have_text("orders 1 units 1 gross €1,234.56")
    entity.get_by_text("Events: 1").click()
    expect(entity.locator("details tbody th")).to_contain_text("order placed")
    happened, heard = (str(each.get_attribute("datetime")) for each in entity.locator("time").all())
    assert datetime.fromisoformat(happened) == NOW
    assert NOW < datetime.fromisoformat(heard) <= datetime.now(UTC)
    expect(page.locator("#corrections")).to_contain_text("Nothing was corrected")


def test_what_came_late_is_told_counted_and_can_be_listed_alone(page: Page) -> None:
    page.goto(f"/explain/sales?{day_of(YESTERDAY)}")
    expect(page.locator("#number .value")).to_have_text("€250.00")
    expect(page.locator("#corrections")).to_contain_text("shown: 1. They add:")
    expect(page.locator("#corrections .adds")).to_have_text("orders 1 units 1 gross €50.00")
    expect(page.get_by_role("row", name="Order LATE")).to_contain_text("corrected")
    expect(page.get_by_role("row", name="Order Y1")).not_to_contain_text("corrected")
    page.get_by_role("link", name="Only the corrected ones").click()
    expect(page.locator("#behind tbody th strong")).to_have_text(["LATE"])
    page.get_by_role("link", name="All of them").click()
    expect(page.locator("#behind tbody th strong")).to_have_text(["LATE", "Y1"])


def test_many_are_listed_a_page_at_a_time(page: Page) -> None:
    page.goto("/explain/new_leads?window=30d&by=rep&member=r1")
    names = page.locator("#behind tbody th strong")
    first = names.all_inner_texts()
    page.get_by_role("link", name="Next ones").click()
    expect(page.get_by_role("link", name="From the beginning")).to_be_visible()
    second = names.all_inner_texts()
    assert [*first, *second] == [f"L{i:02}" for i in range(78)]
    assert len(first) == 50


def test_nobody_who_answered_is_listed_and_why_is_told(page: Page) -> None:
    page.goto("/explain/nps?window=30d&lang=fr")
    expect(page.locator("#number .value")).to_have_text("50 ± 51")
    expect(page.locator("main")).to_contain_text("Elles ne sont pas listées, pour que personne ne soit reconnu")
    expect(page.locator(".how")).to_contain_text("promoteurs")
    expect(page.locator("#behind")).to_have_count(0)


@pytest.mark.parametrize(("language", "scheme"), [("fr", "dark"), ("en", "light")])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_for_everyone_on_every_screen(open_page: Open, path: str, language: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(f"{path}&lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    for details in page.locator("main summary").all()[:3]:
        details.click()
    look_at(page, path)
    page.set_viewport_size({"width": 1920, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1920


@pytest.mark.parametrize(("kpi", "by"), CUTS)
def test_a_table_is_what_the_api_says(stack: RunningStack, director: httpx.Client, kpi: str, by: str) -> None:
    asked = {"window": "30d", **({"by": by} if by else {})}
    told = stack.kpi(kpi, **asked)
    table = cells(director.get(f"/kpis/{kpi}.csv", params=asked))
    assert len(table) == len(told["rows"]) > 0
    for row, line_of in zip(told["rows"], table, strict=True):
        assert {name: line_of[f"by.{name}"] for name in row["by"]} == row["by"]
        assert line_of["label"].removeprefix("'") == row["label"]
        for name in ("value", "n", "target"):
            assert line_of[name] == text_of(row[name])
        for name, value in row["measures"].items():
            assert line_of[f"measures.{name}"] == text_of(value)
        assert line_of["flags"].split() == row["flags"]


def test_no_name_is_run_by_a_spreadsheet(director: httpx.Client) -> None:
    labels = {row["label"] for row in cells(director.get("/kpis/sales.csv", params={"window": "30d", "by": "rep"}))}
    assert labels == {"Ana <b>B.</b>", f"'{FORMULA}", "unassigned"}


def test_a_trend_as_csv_is_the_series(stack: RunningStack, director: httpx.Client) -> None:
    table = cells(director.get("/kpis/sales/trend.csv", params={"trend": "12m"}))
    told = stack.kpi("sales/series", from_=table[0]["at"], to=datetime.now(PARIS).date().isoformat(), step="month")
    (row,) = told["rows"]
    assert [(line_of["at"], line_of["value"]) for line_of in table] == [
        (point["at"], text_of(point["value"])) for point in row["points"]
    ]
    assert len(table) == 24


def test_what_cannot_be_told_is_refused_with_the_field(director: httpx.Client) -> None:
    for path, field in (
        ("/explain/sales?from=yesterday&to=2026-11-01", "from"),
        ("/explain/sales?from=2026-11-01", "to"),
        ("/explain/sales?by=rep", "member"),
        ("/kpis/sales.csv?window=x", "window"),
        ("/kpis/sales/trend.csv?trend=x", "trend"),
    ):
        answer = director.get(path)
        assert (answer.status_code, field in answer.text) == (400, True), path
    assert director.get("/kpis/nothing").status_code == director.get("/explain/nothing").status_code == 404


def test_a_rep_sees_their_own_line_and_what_stands_behind_it_alone(ana: httpx.Client) -> None:
    whole = ana.get("/kpis/sales", params={"window": "30d", "by": "store", "lang": "en"}).text
    assert "Everybody together" in whole
    assert "Ana &lt;b&gt;B.&lt;/b&gt;" in whole
    behind = ana.get("/explain/sales", params={"window": "30d", "lang": "en"}).text
    assert [name in behind for name in (">A1<", ">Y1<", ">A2<", ">A3<")] == [True, True, False, False]
    for page in (whole, behind):
        assert FORMULA.partition("(")[0] not in page
        assert "by=store" not in page.partition("<main")[2]
    assert [row["by.rep"] for row in cells(ana.get("/kpis/sales.csv?by=rep&window=30d"))] == ["r1"]
    assert "do not list" not in behind


@pytest.mark.parametrize(
    "path",
    [
        "/explain/sales?by=rep&member=r2",
        "/explain/sales?by=channel&member=online",
        "/kpis/sales.csv?by=channel",
        "/kpis/sales/trend.csv?by=store",
        "/live/explain/sales?by=rep&member=r2",
    ],
)
def test_a_rep_is_refused_what_is_anybody_elses(ana: httpx.Client, path: str) -> None:
    assert ana.get(path).status_code == 403


def test_a_rep_is_told_why_a_total_is_not_explained(ana: httpx.Client) -> None:
    page = ana.get("/explain/competitor_prices", params={"window": "7d", "lang": "en"}).text
    assert "Behind the total stands the work of everybody" in page
    assert "LAMP" not in page


def test_the_keyboard_stays_where_it_is_among_links_to_the_same_place(page: Page, stack: RunningStack) -> None:
    page.goto("/kpis/sales?window=30d&by=channel")
    explain = page.get_by_role("link", name="Explain this number", exact=True)
    explain.focus()
    before = page.locator("#number .value").inner_text()
    stack.send([order("K1", NOW, 40_000, channel="phone")])
    expect(page.locator("#number .value")).not_to_have_text(before)
    expect(explain).to_be_focused()
