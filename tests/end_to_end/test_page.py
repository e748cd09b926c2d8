"""The board in a real browser: live, in two languages, grey where it is old."""

import re
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from services.common.settings import Port
from tests.support.browser import Open
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import RunningStack, running_stack, wait_for


def pulse(team: str, **figure: float) -> dict[str, Any]:
    """A round that closed yesterday: 20 people were asked in all."""
    yesterday = (NOW - timedelta(days=1)).date().isoformat()
    data = {"round_id": "r", "team_id": team, "opened_on": yesterday, "closed_on": yesterday, "invited": 20}
    return cloud_event("pulse.published", None, NOW, figures=[{"question": "overall", **figure}], **data)


def prices() -> list[dict[str, Any]]:
    """A lamp that costs 120 EUR with us, 100 at acme's and 130 at bolt's."""
    pairs = [{"pair_id": name, "competitor": name, "interval_s": 3600} for name in ("acme", "bolt")]
    events = [
        cloud_event("product.watched", "LAMP", NOW, pairs=pairs),
        cloud_event("price.own", "LAMP", NOW, price_minor=12_000, currency="EUR"),
    ]
    for name, price in (("acme", 10_000), ("bolt", 13_000)):
        read = {"pair_id": name, "competitor": name, "verdict": "trusted", "price_minor": price, "currency": "EUR"}
        events.append(cloud_event("price.observed", "LAMP", NOW, **read))
    return events


def customers() -> list[dict[str, Any]]:
    """Of four customers contacted after an order one came back, of two others none. Thirty were drawn for a campaign,
    half of them as a hold-out; all 15 for contact ordered again, and one of the others.
    """

    def ago(days: int) -> datetime:
        return NOW - timedelta(days=days)

    def order(customer: str, days: int) -> dict[str, Any]:
        sold = {"channel": "online", "currency": "EUR", "lines": [line(0)], "customer_id": customer}
        return cloud_event("order.placed", f"{customer}-{days}", ago(days), **sold)

    events = [order(f"e{i}", 115) for i in range(4)] + [order(f"f{i}", 115) for i in range(2)] + [order("e0", 60)]
    events += [cloud_event("customer.contacted", f"e{i}", ago(113), contact_id="k", medium="phone") for i in range(4)]
    events += [
        cloud_event("customer.assigned", f"{group}{i}", ago(100), campaign_id="spring <b>", group=group)
        for i in range(15)
        for group in ("contact", "holdout")
    ]
    return [*events, *(order(f"contact{i}", 90) for i in range(15)), order("holdout0", 90)]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(CADRAN_STREAM_STALE_AFTER="3") as running:
        running.send(
            [
                cloud_event("rep.set", "r1", NOW - timedelta(days=2), alias="Ana <b>B.</b>"),
                cloud_event(
                    "order.placed", "A1", NOW, channel="online", currency="EUR", rep_id="r1", lines=[line(123_456)]
                ),
                cloud_event(
                    "order.placed", "A0", NOW - timedelta(days=3), channel="online", currency="EUR", lines=[line(1)]
                ),
                *(cloud_event("lead.created", f"L{i}", NOW, rep_id="r1", source="web") for i in range(7)),
                *(
                    cloud_event("nps.answered", f"N{i}", NOW, score=score, touchpoint="delivery", rep_id="r1")
                    for i, score in enumerate((10, 9, 9, 8, 6, 9))
                ),
                *prices(),
                *customers(),
                pulse("all", n=15),
                pulse("north", n=12, mean=7.5),
            ]
        )
        running.wait_applied()
        yield running


def test_the_three_kpis_are_shown_with_what_they_rest_on(page: Page) -> None:
    page.goto("/?window=30d")
    expect(page.locator("#tile-new_leads .value")).to_have_text("7")
    expect(page.locator("#tile-sales .value")).to_have_text("€1,235")
    expect(page.locator("#tile-acquisition_rate .value")).to_have_text("–")
    expect(page.locator("#tile-sales")).to_contain_text("2 orders")
    expect(page.locator(".as-of")).to_contain_text("As of")
    page.get_by_text("How it is made").first.click()
    expect(page.locator("#tile-new_leads details")).to_contain_text("each once")


def test_a_number_moves_by_itself(page: Page, stack: RunningStack) -> None:
    page.goto("/?window=30d&by=channel")
    expect(page.locator("#tile-sales .value")).to_have_text("€1,235")
    stack.send([cloud_event("order.placed", "A2", NOW, channel="store", currency="EUR", lines=[line(100_000)])])
    expect(page.locator("#tile-sales .value")).to_have_text("€2,235")
    expect(page.locator("#bars-sales")).to_contain_text("store")


def test_a_cut_that_the_code_does_not_order_is_chosen_too_and_one_that_no_kpi_has_is_the_usual(page: Page) -> None:
    chosen = page.locator(".cuts [aria-current]")
    page.goto("/?window=30d&by=channel,region")
    expect(chosen).to_have_text("By channel and region")
    expect(page.locator(".tile.bars h3")).to_have_text(["Net sales by channel and region"])
    page.goto("/?window=30d&by=nothing")
    expect(chosen).to_have_text("By rep")


def test_answers_stand_with_their_margin_and_whose_they_are_is_not_told(page: Page) -> None:
    page.goto("/?window=30d&by=rep")
    expect(page.locator("#tile-nps .value")).to_have_text("50 ± 51")
    expect(page.locator("#tile-nps")).to_contain_text("6 answers")
    expect(page.locator("#bars-nps")).to_contain_text("Nothing in this window")
    page.goto("/?window=30d&by=touchpoint")
    expect(page.locator("#bars-nps")).to_contain_text("delivery")


def test_the_teams_that_are_told_stand_for_the_company_and_how_many_they_are_is_told(page: Page) -> None:
    page.goto("/?window=30d&by=team")
    expect(page.locator("#tile-team_satisfaction .value")).to_have_text("7.5")
    expect(page.locator("#tile-team_satisfaction")).to_contain_text("12 answers, of 20 people asked")
    expect(page.locator("#bars-team_satisfaction")).to_contain_text("north")


def test_prices_stand_against_the_competitors_and_where_we_are_dearest_is_told(page: Page) -> None:
    page.goto("/?window=30d&by=competitor")
    expect(page.locator("#tile-competitor_prices .value")).to_have_text("105.2")
    expect(page.locator("#tile-competitor_prices")).to_contain_text("2 prices compared")
    expect(page.locator("#tile-competitor_prices")).to_contain_text("Prices known 100.0%")
    expect(page.locator("#bars-competitor_prices")).to_contain_text("acme")
    row = page.locator("#dearest-competitor_prices tbody tr")
    expect(row.locator("th, td")).to_have_text(["LAMP", "105.2", "€120.00", "€100.00 acme"])


def test_loyalty_is_observed_and_only_a_draw_tells_an_effect(page: Page) -> None:
    page.goto("/?window=30d&by=medium")
    tile = page.locator("#tile-loyalty")
    expect(tile.locator(".value")).to_have_text("25.0%")
    expect(tile).to_contain_text("1 of 4")
    expect(tile).to_contain_text("Not contacted 0.0%")
    expect(tile).to_contain_text("Observed gap +25.0 pt")
    expect(tile.locator("details .beside")).to_contain_text("Repeat rate")
    expect(tile.locator("details .beside")).not_to_contain_text("plift")
    expect(page.locator("#bars-loyalty")).to_contain_text("phone")


def test_a_campaign_that_drew_by_lot_tells_its_effect(page: Page) -> None:
    page.goto("/?window=today")
    campaign = page.locator("#campaigns-loyalty tbody tr").first
    expect(campaign.locator("th")).to_have_text("spring <b>")
    expect(campaign).to_contain_text("+93.3 pt")
    expect(campaign).to_contain_text("15 of 15")
    expect(campaign).to_contain_text("1 of 15")


def test_windows_cuts_and_languages_are_links_that_work_without_a_script(open_page: Open) -> None:
    page = open_page(java_script_enabled=False, locale="fr-FR")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#tile-new_leads")).to_contain_text("Nouveaux prospects")
    page.get_by_role("link", name="Par origine").click()
    expect(page.locator("#bars-new_leads")).to_contain_text("web")
    page.get_by_role("link", name="7 jours").click()
    assert "window=7d" in page.url
    assert "by=source" in page.url
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("a[aria-current]")).to_have_count(4)


@pytest.mark.parametrize("reached", ["How it is made", "By rep"])
def test_the_keyboard_reaches_every_link_and_keeps_its_place_when_numbers_move(
    page: Page, stack: RunningStack, reached: str
) -> None:
    page.goto("/?window=30d")
    focused = "document.activeElement.textContent.trim()"
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == reached:
            break
    before = page.locator("#tile-sales .value").inner_text()
    stack.send([cloud_event("order.placed", f"K{reached}", NOW, channel="x", currency="EUR", lines=[line(50_000)])])
    expect(page.locator("#tile-sales .value")).not_to_have_text(before)
    assert page.evaluate(focused) == reached


def test_a_name_is_shown_as_text_and_never_as_markup(page: Page) -> None:
    page.goto("/?window=30d&by=rep")
    expect(page.locator("#bars-new_leads tbody th")).to_have_text("Ana <b>B.</b>")


@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
def test_nothing_sticks_out_sideways(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    page.goto("/?lang=fr&window=ytd")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_not_offered_falls_back_to_what_is_usual(stack: RunningStack) -> None:
    with stack.board() as client:
        page = client.get("/", params={"window": "<script>", "by": "x", "lang": "xx"}).text
    assert "<script>" not in re.sub(r'<script type="module" src="/static/board.js">', "", page)
    assert 'aria-current="true">Mois' in page


def test_the_page_lets_in_nothing_from_elsewhere(stack: RunningStack) -> None:
    headers = httpx.get(stack.url(Port.BOARD)).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_old_numbers_are_grey_and_recover(page: Page, stack: RunningStack) -> None:
    """The worker is stopped while events go on: the page says from when its numbers are."""
    page.goto("/?window=30d")
    expect(page.locator(".tile.stale")).to_have_count(0)
    stack.signal("worker", signal.SIGSTOP)
    try:
        stack.send(
            [cloud_event("order.placed", f"S{i}", NOW, channel="x", currency="EUR", lines=[line(1)]) for i in range(60)]
        )
        expect(page.locator("#tile-sales.stale")).to_have_count(1)
        expect(page.locator(".as-of.stale")).to_have_count(1)
    finally:
        stack.signal("worker", signal.SIGCONT)
    expect(page.locator(".tile.stale")).to_have_count(0)


def test_a_lost_connection_is_said_and_mends_itself(page: Page, stack: RunningStack) -> None:
    page.goto("/?window=30d")
    expect(page.locator("#tile-sales .value")).to_be_visible()
    stack.supervisor.stop("board")
    expect(page.locator("#lost")).to_be_visible()
    stack.supervisor.start("board")
    expect(page.locator("#lost")).to_be_hidden()


def test_without_the_read_api_the_page_says_so_and_recovers(page: Page, stack: RunningStack) -> None:
    """What it said last is shown as old, with since when; what was never asked for is not."""
    page.goto("/?window=30d")
    stack.supervisor.stop("exporter")
    expect(page.get_by_role("alert")).to_contain_text("the read API does not answer since")
    expect(page.locator("#tile-sales.stale .value")).to_be_visible()
    page.goto("/?window=ytd&by=medium")
    expect(page.get_by_role("alert")).to_contain_text("No numbers can be shown now")
    stack.supervisor.start("exporter")
    expect(page.locator("#tile-sales:not(.stale) .value")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    wait_for(lambda: httpx.get(f"{stack.url(Port.BOARD)}/readyz").status_code == 200, "the board is ready again")
