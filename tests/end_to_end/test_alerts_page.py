"""The alerts on the board, in a real browser: which fire and why, and how a director changes them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from services.board.users import Role
from services.common.settings import Port
from tests.support.alerts_api import AlertsApi, alert, member, served
from tests.support.browser import PHONE, Open, look_at
from tests.support.stack import PASSWORD, RunningStack, running_stack


def ago(**length: float) -> str:
    return (datetime.now(UTC).replace(microsecond=0) - timedelta(**length)).isoformat()


def of_store(name: str, state: str, value: float, **more: Any) -> Any:
    return member(state, value, value - 0.05, value + 0.02, by={"store": name}, label=name, **more)


def told() -> list[dict[str, Any]]:
    untrusted = {"beyond": None, "trusted": False, "enough": None, "sure": None}
    stores = [
        of_store("lyon", "quiet", 0.04),
        of_store("paris", "firing", -0.31, since=ago(minutes=63)),
        of_store("lille", "quiet", 0.2),
    ]
    return [
        alert("LeadsFall", "new_leads", member("quiet", -0.021, -0.12, 0.08)),
        alert("SalesFall", "sales", member("pending", -0.083, -0.11, -0.055, since=ago(minutes=18))),
        alert("StoreFalls", "sales", *stores, by="store", severity="critical"),
        alert("BasketsAreSmall", "sales", of="value", unit="money", level=45.5, clear=48.0, off=True),
        alert(
            "PricesAreHigh",
            "competitor_prices",
            member("firing", 106.3, since=ago(days=2), why={"open": False}),
            **{"of": "value", "unit": "index", "side": "above", "level": 105.0, "clear": 104.0, "sure": False},
        ),
        alert("RateFalls", "acquisition_rate", member("unknown", None, n=None, why=untrusted)),
        alert("NpsFalls", "nps", member("quiet", 3.0), unit="points", level=0.0, clear=0.0),
    ]


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[AlertsApi, RunningStack]]:
    api = AlertsApi()
    with served(api) as url, running_stack(CADRAN_BOARD_ALERTS=url) as running:
        running.add_person("ana", Role.REP, "r1")
        running.add_person("ria", Role.READER)
        yield api, running


@pytest.fixture
def api(standing: tuple[AlertsApi, RunningStack]) -> AlertsApi:
    """As it is before each test."""
    api = standing[0]
    api.alerts, api.refused, api.is_away = told(), None, False
    return api


@pytest.fixture(scope="module")
def stack(standing: tuple[AlertsApi, RunningStack]) -> RunningStack:
    return standing[1]


@pytest.fixture
def page(api: AlertsApi, page: Page) -> Page:
    """Of all alerts, as they are now."""
    page.goto("/alerts")
    expect(page.locator(".tile.alert")).to_have_count(len(api.alerts))
    expect(page.locator("#alert-StoreFalls.firing")).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    return page.locator(f"#alert-{name}")


def test_what_fires_is_first_and_each_alert_says_its_state_in_words(page: Page) -> None:
    headings = page.locator("h2.of-state")
    expect(headings).to_have_text(
        [re.compile(text) for text in ("Firing 2", "About to fire 1", "Not judged now 1", "Quiet 2", "Switched off 1")]
    )
    expect(card(page, "PricesAreHigh").locator(".state")).to_contain_text(
        re.compile(r"Fires since .+, \d\d:\d\d\s+closed")
    )
    expect(card(page, "SalesFall").locator(".state")).to_contain_text(re.compile(r"Would tell in 1[12] min"))
    expect(card(page, "RateFalls").locator(".state")).to_have_text("Not judged now, data cannot be trusted")
    expect(card(page, "LeadsFall").locator(".state")).to_have_text("Quiet")
    expect(card(page, "BasketsAreSmall").locator(".state")).to_have_text("Switched off")


def test_each_alert_says_why_with_its_figures(page: Page) -> None:
    expect(card(page, "SalesFall").locator(".why li")).to_have_text(
        [
            "Below the level: −8.3%, level −5%",
            "Rests on enough: 1,204, at least 100",
            "Sure: the interval reaches −5.5%, still beyond",
            "Open now",
            "The data can be trusted",
            "Not yet for 30 min",
        ]
    )
    expect(card(page, "PricesAreHigh").locator(".why li").first).to_have_text("Above the level: 106.3, level 105")
    expect(card(page, "RateFalls").locator(".why li.not-known")).to_have_count(3)
    quiet = card(page, "LeadsFall")
    expect(quiet.get_by_text("Not below the level: −2.1%, level −5%")).to_be_hidden()
    quiet.get_by_text("Why not, and what may be done").click()
    expect(quiet.get_by_text("Not below the level: −2.1%, level −5%")).to_be_visible()
    expect(quiet.get_by_text("Not sure: the interval reaches +8%")).to_be_visible()
    expect(quiet.get_by_text("Look at <b>it</b>.")).to_be_visible()


def test_the_picture_says_in_words_what_it_shows(page: Page) -> None:
    picture = card(page, "SalesFall").get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "−8.3%, level −5%; 95% interval: −11% to −5.5%")
    expect(picture.locator("text")).to_have_text(["ends at −2%", "level −5%"])


def test_of_many_members_those_to_look_at_are_shown_and_lead_to_what_stands_behind_them(page: Page) -> None:
    stores = card(page, "StoreFalls")
    expect(stores.locator(".member")).to_have_count(1)
    expect(stores.locator(".state")).to_contain_text("paris – Fires since")
    stores.get_by_text("Quiet: 2 more").click()
    expect(stores.locator(".others li")).to_have_text(["lyon +4%", "lille +20%"])
    link = stores.locator(".value a")
    expect(link).to_have_attribute("href", "/explain/sales?window=7d&by=store&member=paris&lang=en")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What stands behind: Net sales")
    page.goto("/alerts?lang=en")
    expect(card(page, "NpsFalls").locator(".value a")).to_have_attribute("href", "/kpis/nps?window=7d&lang=en")


def test_an_open_page_moves_by_itself_and_keeps_the_place_of_the_keyboard(page: Page, api: AlertsApi) -> None:
    expect(page.locator("#firing")).to_have_text("2 firing")
    card(page, "LeadsFall").locator("summary").focus()
    page.keyboard.press("Enter")
    api.named("LeadsFall")["members"][0]["value"] = -0.03
    expect(card(page, "LeadsFall").locator(".value a")).to_have_text("−3%")
    assert page.evaluate("document.activeElement.id") == "why-LeadsFall-summary"
    expect(card(page, "LeadsFall").locator("details")).to_have_attribute("open", "")
    page.locator("nav.pages a", has_text="Alerts").focus()
    api.named("SalesFall")["members"] = [member("firing", -0.09, -0.11, -0.06, since=ago(minutes=1))]
    expect(page.locator("#firing")).to_have_text("3 firing")
    expect(page.locator("h2.of-state").first).to_have_text(re.compile(r"Firing\s+3"))
    assert page.evaluate("document.activeElement.textContent").strip().startswith("Alerts")


def test_the_direction_page_says_in_one_line_what_fires(page: Page, api: AlertsApi) -> None:
    page.goto("/")
    expect(page.locator("#alarms")).to_contain_text("Alerts firing: 2")
    expect(page.locator("#alarms span")).to_have_text(["StoreFalls in English", "PricesAreHigh in English"])
    for each in api.alerts:
        each["members"] = [member("quiet", 0.1)]
    expect(page.locator("#alarms")).to_have_text("")
    expect(page.locator("#firing")).to_be_hidden()
    page.goto("/alerts")
    expect(page.get_by_text("No alert fires.")).to_be_visible()


def test_while_the_alerts_do_not_answer_what_they_said_last_is_old_with_since_when(page: Page, api: AlertsApi) -> None:
    api.is_away = True
    said = page.get_by_role("alert")
    expect(said).to_have_text(re.compile(r"^Not live: the alerts do not answer since \d\d:\d\d:\d\d\."))
    expect(page.locator(".tile.alert:not(.stale)")).to_have_count(0)
    since = said.inner_text()
    page.goto("/")
    expect(page.locator("#alarms .old")).to_have_text(
        re.compile(r"^Not known since \d\d:\d\d:\d\d whether an alert fires\.")
    )
    expect(page.locator("#tile-sales .value")).to_be_visible()
    page.goto("/alerts")
    assert said.inner_text() == since
    api.is_away = False
    expect(said).to_have_count(0)
    expect(page.locator(".tile.alert.stale")).to_have_count(0)


def test_while_the_read_api_does_not_answer_the_page_says_since_when(page: Page, stack: RunningStack) -> None:
    """What KPIs there are is asked for anew once a minute: until then the alerts alone say how new they are."""
    stack.supervisor.stop("exporter")
    try:
        expect(page.get_by_role("alert")).to_contain_text("the read API does not answer since", timeout=80_000)
        expect(card(page, "StoreFalls")).to_be_visible()
    finally:
        stack.supervisor.start("exporter")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_that_is_refused_is_told_with_what_stays_in_force(page: Page, api: AlertsApi) -> None:
    api.refused = "thresholds.yml, line 14: <level> is no number"
    expect(page.locator(".refused")).to_contain_text("the rules of before stay, since 2 Mar 2026, 10:00")
    expect(page.locator(".refused pre")).to_have_text("thresholds.yml, line 14: <level> is no number")
    expect(card(page, "StoreFalls")).to_be_visible()
    page.goto("/alerts/SalesFall")
    expect(page.locator(".refused pre")).to_be_visible()


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def test_a_director_changes_an_alert_by_keyboard(page: Page, api: AlertsApi) -> None:
    card(page, "SalesFall").get_by_role("link", name="Change this alert").press("Enter")
    expect(field(page, "Below this level")).to_have_value("-5%")
    field(page, "Below this level").fill("−7.5%")
    field(page, "And stays so for").fill("2")
    field(page, "Unit of time").select_option("hours")
    field(page, "Who is told").select_option("operations")
    field(page, "At what hours").select_option("always")
    field(page, "Only when sure: the whole 95% interval is beyond the level").press("Space")
    field(page, "Only where it rests on at least").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved. In force since")
    changed = {"level": -0.075, "lasts": "2h", "team": "operations", "hours": "always", "sure": False, "least": 100}
    assert changed.items() <= api.named("SalesFall").items()
    expect(page.locator(".ruler .at-level")).to_have_text("level −7.5%")
    field(page, "Switched on").uncheck()
    save(page)
    expect(page.locator(".state")).to_have_text("Switched off")
    assert api.named("SalesFall")["off"] is True
    history = page.get_by_role("region", name="History")
    expect(history.locator("tbody tr").first).to_have_text(
        re.compile(r"\d\d:\d\d\s+director\s+Switched off\s+no\s+yes")
    )
    expect(history.locator("tbody tr")).to_have_count(6)


def test_what_is_typed_wrongly_is_told_beside_its_field_and_kept(api: AlertsApi, open_page: Open) -> None:
    """Without a script, on a phone, in French: by the board what cannot be read, by the API what may not be."""
    page = open_page(java_script_enabled=False, **PHONE, locale="fr-FR")
    page.goto("/alerts/SalesFall")
    field(page, "Sous ce seuil").fill("0,05")
    field(page, "Seulement si le chiffre repose sur au moins").fill("beaucoup")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("À corriger : 2")
    expect(page.locator("#least-fault")).to_be_visible()
    expect(field(page, "Sous ce seuil")).to_have_value("0,05")
    field(page, "Sous ce seuil").fill("−5 %")
    field(page, "Seulement si le chiffre repose sur au moins").fill("1 000")
    field(page, "Elle finit au retour à").fill("−9 %")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#clear-fault")).to_have_text("is not on the good side of level – put it at the level")
    expect(field(page, "Seulement si le chiffre repose sur au moins")).to_have_value("1 000")
    assert api.named("SalesFall")["least"] == 100


def test_of_two_directors_the_second_is_told_what_is_in_force_and_may_replace_it(page: Page, api: AlertsApi) -> None:
    page.goto("/alerts/SalesFall")
    field(page, "Only where it rests on at least").fill("many")
    save(page)
    expect(page.locator("#least-fault")).to_be_visible()
    look_at(page, "a fault")
    field(page, "Only where it rests on at least").fill("100")
    api.change("SalesFall", {"version": api.version, "level": -0.1, "severity": "critical"})
    field(page, "Below this level").fill("-6%")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved: somebody changed it meanwhile.")
    expect(page.locator("#level-stands")).to_have_text("It is now: -10%.")
    expect(page.locator("#severity-stands")).to_have_text("It is now: urgent.")
    expect(page.locator("[id$=-stands]")).to_have_count(2)
    expect(field(page, "Below this level")).to_have_value("-6%")
    look_at(page, "overtaken")
    assert api.named("SalesFall")["level"] == -0.1
    save(page)
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert api.named("SalesFall")["level"] == -0.06


def test_while_the_alerts_do_not_answer_nothing_is_saved_and_all_is_kept(page: Page, api: AlertsApi) -> None:
    page.goto("/alerts/SalesFall")
    field(page, "Below this level").fill("-6%")
    api.is_away = True
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved. the alerts process answers 503")
    api.is_away = False
    save(page)
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert api.named("SalesFall")["level"] == -0.06


def form_of(client: httpx.Client, path: str) -> dict[str, str]:
    """What a browser would send of a form that is left as it is, but the level."""
    page = client.get(path).text
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version is not None
    sent = {"version": version[1], "level": "-7%", "clear": "-2%", "least": "100", "lasts": "30", "span": "m"}
    return {**sent, "severity": "warning", "team": "direction", "hours": "opening", "sure": "yes", "on": "yes"}


@pytest.mark.usefixtures("page")
def test_a_form_that_is_sent_twice_is_one_change(stack: RunningStack, api: AlertsApi) -> None:
    with stack.board() as client:
        fields = form_of(client, "/alerts/SalesFall?lang=en")
        before = api.changes
        answers = [client.post("/alerts/SalesFall?lang=en", data=fields) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert (api.changes, api.named("SalesFall")["level"]) == (before + 1, -0.07)


@pytest.mark.usefixtures("page")
def test_a_form_of_another_site_is_refused(stack: RunningStack, api: AlertsApi) -> None:
    with stack.board() as client:
        fields = form_of(client, "/alerts/SalesFall?lang=en")
        from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert client.post("/alerts/SalesFall", data=fields, headers=from_elsewhere).status_code == 403
        assert client.get("/alerts/Nothing").status_code == 404
    assert httpx.post(stack.url(Port.BOARD) + "/alerts/SalesFall", data=fields).status_code == 401
    assert api.named("SalesFall")["level"] == -0.05


@pytest.mark.usefixtures("page")
def test_who_reads_surveys_sees_their_alerts_alone_and_changes_none(stack: RunningStack, api: AlertsApi) -> None:
    with stack.board("ria", PASSWORD) as client:
        page = client.get("/alerts?lang=en").text
        assert "alert-NpsFalls" in page
        assert "SalesFall" not in page
        assert "Change this alert" not in page
        assert "Alerts firing" not in client.get("/?lang=en").text
        for answer in (client.get("/alerts/NpsFalls"), client.post("/alerts/NpsFalls", data={"version": api.version})):
            assert answer.status_code == 403


@pytest.mark.usefixtures("page")
def test_a_rep_sees_no_alerts(stack: RunningStack) -> None:
    with stack.board("ana", PASSWORD) as client:
        assert client.get("/alerts").status_code == 403
        assert client.get("/alerts/SalesFall").status_code == 403
        direction = client.get("/?lang=en").text
    assert "/alerts" not in direction
    assert "PricesAreHigh" not in direction


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everyone(page: Page, open_page: Open, api: AlertsApi, language: str, scheme: str) -> None:
    api.refused = "thresholds.yml, line 14: a word that is as long as a whole line of a phone: " + 80 * "x"
    looked = open_page(color_scheme=scheme)
    for path in ("/alerts", "/alerts/SalesFall", "/alerts/BasketsAreSmall", "/"):
        answer = looked.goto(f"{path}?lang={language}")
        assert answer is not None
        assert answer.status == 200, path
        look_at(looked, path)
