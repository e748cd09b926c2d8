"""From the board's page of alerts to the file of thresholds and back, through the alerts process itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from services.common.settings import Port
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Threshold
from tests.support.browser import Open
from tests.support.stack import RunningStack, running_stack, wait_for


@pytest.fixture(scope="module")
def thresholds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the file that people edit."""
    path = tmp_path_factory.mktemp("alerts") / "thresholds.yml"
    path.write_bytes(AlertSettings().thresholds_file.read_bytes())
    return path


@pytest.fixture(scope="module")
def stack(thresholds: Path) -> Iterator[RunningStack]:
    with running_stack(CADRAN_ALERTS_THRESHOLDS=str(thresholds)) as running:
        yield running


def version(stack: RunningStack) -> str:
    with stack.http(Port.ALERTS) as client:
        return str(client.get("/v1/alerts").json()["version"])


def declared_of(name: str) -> Threshold:
    return next(threshold for kpi in all_kpis().values() for threshold in kpi.alerts if threshold.name == name)


def level(page: Page) -> Locator:
    return page.get_by_label("Below this level")


def test_every_alert_that_the_kpis_declare_is_shown(page: Page) -> None:
    page.goto("/alerts")
    declared = {f"alert-{threshold.name}" for kpi in all_kpis().values() for threshold in kpi.alerts}
    expect(page.locator(".tile.alert")).to_have_count(len(declared))
    assert {each.get_attribute("id") for each in page.locator(".tile.alert").all()} == declared
    expect(page.locator("#alert-SalesFall")).to_contain_text(declared_of("SalesFall").title.en)


def test_what_a_director_saves_stands_in_the_file_and_nothing_else_moves(page: Page, thresholds: Path) -> None:
    page.goto("/alerts/SalesFall")
    before = thresholds.read_text()
    level(page).fill("-7.5%")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved. In force since")
    expect(level(page)).to_have_value("-7.5%")
    after = thresholds.read_text()
    assert re.search(r"SalesFall:\n\s+below: -7\.5 %\n\s+clear: 0 %\n", after)
    assert len(after.splitlines()) <= len(before.splitlines()) + 3
    assert {line for line in before.splitlines() if line.startswith("#")} <= set(after.splitlines())


def test_what_may_not_be_is_told_beside_its_field(page: Page, thresholds: Path) -> None:
    page.goto("/alerts/SalesBehindPace")
    before = thresholds.read_text()
    page.get_by_label("It ends when back at").fill("50%")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#clear-fault")).to_be_visible()
    expect(page.get_by_label("It ends when back at")).to_have_value("50%")
    assert thresholds.read_text() == before


def test_who_edits_the_file_and_who_edits_the_page_do_not_overwrite_each_other(
    page: Page, stack: RunningStack, thresholds: Path
) -> None:
    page.goto("/alerts/LeadsFall")
    before = version(stack)
    thresholds.write_text(thresholds.read_text() + "\n# looked at by hand\n")
    wait_for(lambda: version(stack) != before, "the file is looked at")
    level(page).fill("-9%")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("somebody changed it meanwhile")
    expect(page.locator("#level-stands")).to_have_text("It is now: -1%.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert "# looked at by hand" in thresholds.read_text()


def test_a_file_that_is_wrong_is_told_and_its_mending_too(page: Page, open_page: Open, thresholds: Path) -> None:
    page.goto("/alerts")
    editing = open_page()
    editing.goto("/alerts/NpsFalls")
    good = thresholds.read_text()
    thresholds.write_text(f"{good}\nsomething: else\n")
    expect(page.locator(".refused pre")).to_contain_text("something")
    expect(page.locator("#alert-SalesFall")).to_be_visible()
    level(editing).fill("-3 pt")
    editing.get_by_label("It ends when back at").fill("-1 pt")
    editing.get_by_role("button", name="Save").click()
    expect(editing.get_by_role("alert")).to_contain_text("Nothing is saved")
    expect(level(editing)).to_have_value("-3 pt")
    thresholds.write_text(good)
    expect(page.locator(".refused")).to_have_count(0)


def test_while_the_alerts_process_is_down_the_page_says_since_when(page: Page, stack: RunningStack) -> None:
    page.goto("/alerts")
    expect(page.locator("#alert-SalesFall")).to_be_visible()
    stack.supervisor.stop("alerts")
    expect(page.get_by_role("alert")).to_contain_text("Not live: the alerts do not answer since")
    expect(page.locator(".tile.alert:not(.stale)")).to_have_count(0)
    stack.supervisor.start("alerts")
    expect(page.get_by_role("alert")).to_have_count(0)
