"""Every query of every board, run on a real Prometheus over a story whose numbers were worked out by hand."""

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path

import holidays
import httpx
import msgspec
import pytest

from deploy.grafana.lint.boards import read_boards
from deploy.grafana.lint.link_rules import EXPLANATION
from deploy.grafana.lint.syntax import filled_in
from deploy.grafana.lint.views import Board, Panel, queries, series_asked
from services.common.settings import Port
from services.common.windows import Period
from tests.end_to_end.boards_story import LAST_READ, MONTH, NOW, TODAY, story
from tests.support.events import PARIS
from tests.support.prometheus import query
from tests.support.stack import RunningStack, wait_for

BOARDS = [
    msgspec.convert(whole, Board)
    for name, whole in read_boards(Path("deploy/grafana/dashboards")).items()
    if name.endswith("-en")
]
"""Those in French ask the same: that is a rule of theirs."""
EXPRESSIONS = list(dict.fromkeys(query.expr for board in BOARDS for query in queries(board)))
OF_A_MONTH = re.compile(r"_(?:target|pace_ratio)\{")
ANY = re.compile(r"\$(?:channel|region|store|competitor|team)\b")

Expected = dict[str, float]


@pytest.fixture(scope="module", autouse=True)
def told(stack: RunningStack) -> None:
    """The story, and a request that is no event at all."""
    stack.send(story())
    stack.wait_applied()
    with stack.http(Port.INGEST) as client:
        refused = client.post("/v1/events", content=b"{", headers={"Content-Type": "application/cloudevents+json"})
    assert refused.status_code == 400
    last = 'cadran_net_sales_euros{window="90d"} == 500 and cadran_price_index{window="90d"} < 90'
    wait_for(lambda: query(stack, last), "Prometheus has scraped the exporter")
    wait_for(lambda: query(stack, "rate(cadran_worker_stage_seconds_count[1m])"), "the worker, twice")
    wait_for(lambda: query(stack, "rate(cadran_ingest_refused_requests_total[1m])"), "the gateway, twice")


def as_sent(expression: str) -> str:
    """A query as Grafana sends it: targets are of the month, everything else of 90 days, of every member, of ana."""
    window = "mtd" if OF_A_MONTH.search(expression) else "90d"
    return filled_in(ANY.sub(".*", expression.replace("$window", window)).replace("$rep", "ana"))


def values(stack: RunningStack, expression: str) -> Expected:
    """By the members' names."""
    found = {}
    for series in query(stack, as_sent(expression)):
        hidden = ("__name__", "window", "instance", *(("job",) if "instance" in series["metric"] else ()))
        labels = [value for name, value in series["metric"].items() if name not in hidden]
        found["/".join(labels)] = float(series["value"][1])
    return found


def wilson(successes: int, n: int) -> tuple[float, float]:
    """As in the books: the ends are the roots of (p - rate)² = z² p (1 - p) / n."""
    z, rate = 1.96, successes / n
    a, b, c = 1 + z * z / n, -(2 * rate + z * z / n), rate * rate
    root = sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def pace(value: float, target: float) -> Expected:
    """Attainment over the share of opening time: Monday to Saturday from 9 to 19, but for holidays. None before a day
    of it is over, nor on the last evening.
    """
    closed = holidays.country_holidays("FR")
    days = [MONTH + timedelta(days=i) for i in range((Period.MONTH.next_first_day(MONTH) - MONTH).days)]
    days = [day for day in days if day.weekday() < 6 and day not in closed]
    now = datetime.now(PARIS)  # not when this file was read: many tests may run in between
    today = (
        min(max((now - now.replace(hour=9, minute=0, second=0)).total_seconds() / 36_000, 0), 1) if TODAY in days else 0
    )
    gone = sum(day < TODAY for day in days) + today
    is_told = gone >= 1 and gone < len(days)
    return {"": value / target / (gone / len(days))} if is_told else {}


def of_ana(expected: Expected) -> Expected:
    return {"ana": expected[""]} if expected else {}


def until_now(sold: float) -> float:
    """What is of this hour is not compared yet."""
    return sold if datetime.now(UTC).replace(minute=0, second=0, microsecond=0) > NOW else 0


def nps_of_ana() -> Expected:
    """Her block of six answers closed five days ago, if that is in this month."""
    return {"ana": 50} if TODAY - timedelta(days=5) >= MONTH else {}


W = '{window="$window"}'
LOW, HIGH = wilson(2, 5)
HAND_MADE: dict[str, Expected] = {
    f"cadran_new_leads{W}": {"": 15},
    f"cadran_new_leads_target{W}": {"": 20},
    f"sort_desc(cadran_source_new_leads{W})": {"web": 13, "fair": 2},
    'cadran_rep_new_leads{window="mtd"}': {"ana": 6, "bob": 4},
    'cadran_rep_new_leads_target{window="mtd"}': {"ana": 8},
    'cadran_rep_new_leads{rep="$rep",window="mtd"}': {"ana": 6},
    'cadran_rep_new_leads_target{rep="$rep",window="mtd"}': {"ana": 8},
    f"cadran_acquisition_ratio{W}": {"": 2 / 5},  # C0 and M0 of C0..C3 and M0
    f"cadran_acquisition_ratio_low{W}": {"": LOW},
    f"cadran_acquisition_ratio_high{W}": {"": HIGH},
    f"cadran_acquisition_ratio_target{W}": {"": 0.4},
    f"100 * (cadran_acquisition_ratio_compared{W} - cadran_acquisition_ratio_previous{W})": {"": 40},  # B0 was not won
    f"sort_desc(cadran_source_acquisition_ratio{W})": {"web": 2 / 5},
    f"cadran_closing_ratio{W}": {"": 2 / 3},
    'cadran_rep_acquisition_ratio{window="mtd"}': {"ana": 1},
    'cadran_rep_acquisition_ratio_target{window="mtd"}': {"ana": 0.5},
    'cadran_rep_acquisition_ratio{rep="$rep",window="mtd"}': {"ana": 1},
    'cadran_rep_acquisition_ratio_target{rep="$rep",window="mtd"}': {"ana": 0.5},
    f"cadran_net_sales_euros{W}": {"": 500},
    f"cadran_net_sales_euros_target{W}": {"": 1000},
    f"cadran_conversion_ratio{W}": {"": 3 / 8},  # X1, X2 and what c0 bought on that day
    f"cadran_basket_euros{W}": {"": 55.56},  # 500 over the three of today, X1, X2 and four of customers who came back
    f"cadran_return_ratio{W}": {"": 23.45 / 523.45},
    'sort_desc(cadran_channel_net_sales_euros{channel=~"$channel",window="$window"})': {"online": 300, "store": 200},
    'cadran_channel_net_sales_euros{channel=~"$channel",window="$window"}': {"online": 300, "store": 200},
    'sort_desc(cadran_channel_conversion_ratio{channel=~"$channel",window="$window"})': {"online": 3 / 8},
    'sort_desc(cadran_region_net_sales_euros{region=~"$region",window="$window"})': {"north": 400, "south": 100},
    'sort_desc(cadran_store_net_sales_euros{store=~"$store",window="$window"})': {"lyon": 100, "unknown": 400},
    'sort_desc(cadran_promotion_net_sales_euros{window="mtd"})': {"autumn": 100},
    "cadran_promotion_active == 1": {"autumn": 1},
    'cadran_rep_net_sales_euros{window="mtd"}': {"ana": 300, "bob": 200},
    'cadran_rep_net_sales_euros_target{window="mtd"}': {"ana": 600},
    'cadran_rep_net_sales_euros{rep="$rep",window="mtd"}': {"ana": 300},
    'cadran_rep_net_sales_euros_target{rep="$rep",window="mtd"}': {"ana": 600},
    f"cadran_price_index{W}": {"": 85.5},  # 100 x the cube root of 1.25 x 1 x 0.5
    f"cadran_price_index_target{W}": {"": 98},
    f"cadran_price_index_compared{W} - cadran_price_index_previous{W}": {"": -14.5},
    'sort_desc(cadran_competitor_price_index{competitor=~"$competitor",window="$window"})': {
        "acme": 125,
        "bolt": 70.71,
    },
    'sort_desc(cadran_competitor_price_falls{competitor=~"$competitor",window="$window"})': {
        "acme": 1,
        "bolt": 0,
        "cole": 0,
    },
    f"cadran_price_coverage_ratio{W}": {"": 0.75},
    f"cadran_price_undercuts{W}": {"": 1},
    f"cadran_price_promotions{W}": {"": 1},
    f"cadran_price_falls{W}": {"": 1},
    f"cadran_price_rises{W}": {"": 1},
    f"cadran_contacted_came_back_ratio{W}": {"": 1 / 4},
    f"cadran_contacted_came_back_ratio_low{W}": {"": wilson(1, 4)[0]},
    f"cadran_contacted_came_back_ratio_high{W}": {"": wilson(1, 4)[1]},
    f"cadran_contacted_came_back_ratio_target{W}": {"": 0.3},
    f"100 * (cadran_contacted_came_back_ratio_compared{W} - cadran_contacted_came_back_ratio_previous{W})": {"": 25},
    f"cadran_others_came_back_ratio{W}": {"": 0},
    f"cadran_repeat_ratio{W}": {"": 1 / 3},
    f"sort_desc(cadran_medium_observed_gap_ratio{W})": {"phone": 0.25},
    'sort_desc(cadran_campaign_uplift_ratio{window="mtd"})': {"spring": 0.5},
    f"cadran_satisfaction{W}": {"": 7.5},
    f"cadran_satisfaction_target{W}": {"": 8},
    f"cadran_satisfaction_compared{W} - cadran_satisfaction_previous{W}": {"": 0.5},
    f"cadran_satisfaction_covered_ratio{W}": {"": 0.75},
    f"cadran_satisfaction_methods{W}": {"": 6.5},
    f"cadran_satisfaction_manager{W}": {"": 8},
    f"cadran_satisfaction_workload{W}": {"": 5.5},
    'sort_desc(cadran_team_satisfaction{team=~"$team",window="$window"})': {"north": 7.5},
    f"cadran_add_on_success_ratio{W}": {"": 3 / 5},
    f"cadran_add_on_success_ratio_low{W}": {"": wilson(3, 5)[0]},
    f"cadran_add_on_success_ratio_high{W}": {"": wilson(3, 5)[1]},
    f"cadran_add_on_success_ratio_target{W}": {"": 0.5},
    f"100 * (cadran_add_on_success_ratio_compared{W} - cadran_add_on_success_ratio_previous{W})": {
        "": 50
    },  # P0..P3, P5
    f"cadran_add_on_accepted_ratio{W}": {"": 3 / 4},
    f"cadran_add_on_revenue_euros{W}": {"": 40},
    f"cadran_attach_ratio{W}": {"": 1 / 2},
    f"sort_desc(cadran_technique_add_on_success_ratio{W})": {"premium": 1, "bundle": 0.5},
    f"sort_desc(cadran_kind_add_on_success_ratio{W})": {"up_sell": 1, "cross_sell": 0.5},
    'sort_desc(cadran_base_offered_add_on_success_ratio{window="mtd"})': {"DESK-01/LAMP-01": 1},
    'cadran_rep_add_on_success_ratio{window="mtd"}': {"ana": 1},
    'cadran_rep_add_on_success_ratio_target{window="mtd"}': {"ana": 0.7},
    'cadran_rep_add_on_success_ratio{rep="$rep",window="mtd"}': {"ana": 1},
    'cadran_rep_add_on_success_ratio_target{rep="$rep",window="mtd"}': {"ana": 0.7},
    f"cadran_nps{W}": {"": 50},
    f"cadran_nps_low{W}": {"": 33.33 - 51.07},  # 4 and 1 of 6 with 3 answers more: 4.75 and 1.75 of 9, ± 1.96 σ
    f"cadran_nps_high{W}": {"": 33.33 + 51.07},
    f"cadran_nps_target{W}": {"": 60},
    f"cadran_nps_compared{W} - cadran_nps_previous{W}": {"": -10},
    f"cadran_survey_response_ratio{W}": {"": 0.6},
    f"sort_desc(cadran_touchpoint_nps{W})": {"delivery": 50},
    'sort_desc(cadran_store_nps{store=~"$store",window="$window"})': {"lyon": 50},
    'cadran_rep_nps_target{window="mtd"}': {"ana": 70},
    'cadran_rep_nps_target{rep="$rep",window="mtd"}': {"ana": 70},
    "cadran_exporter_lag_records": {"": 0},
    "max(cadran_exporter_lag_records)": {"": 0},
    "sum(cadran_worker_lag_records)": {"": 0},
    "min(cadran_exporter_store_up)": {"": 1},
    "max(cadran_exporter_dropped_members)": {"": 0},
    "sum(cadran_ingest_pending_bytes)": {"": 0},
    "sum(rate(cadran_worker_errors_total[$__rate_interval]))": {"": 0},
    "sum(rate(cadran_worker_conflicts_total[$__rate_interval]))": {"": 0},
    "sum(cadran_survey_outbox_events)": {"": 0},
    "sum(cadran_pricing_outbox_events)": {"": 0},
    "sum(cadran_ingest_outbox_events)": {"": 0},
    "sum(cadran_board_outbox_events)": {"": 0},
    "sum(cadran_survey_letters_waiting)": {"": 0},
    "sum(cadran_pricing_pages_due)": {"": 0},
    'min by (job) (up{job=~"cadran-.*"})': dict.fromkeys(
        (
            "cadran-kpis",
            "cadran-ingest",
            "cadran-survey",
            "cadran-pricing",
            "cadran-board",
            "cadran-alerts",
            "cadran-worker",
        ),
        1,
    ),
    "sum by (topic) (increase(cadran_worker_dead_letters_total[$__rate_interval]))": dict.fromkeys(
        (f"cadran.{t}" for t in ("leads", "orders", "customers", "offers", "answers", "prices", "visits", "reference")),
        0,
    ),
}
BY_THE_CLOCK: dict[str, Callable[[], Expected]] = {
    f"cadran_price_oldest_reading_seconds{W}": lambda: {
        "": (datetime.now(PARIS).date() - LAST_READ.date()).total_seconds()
    },
    f"cadran_new_leads_pace_ratio{W}": lambda: pace(10, 20),
    'cadran_rep_new_leads_pace_ratio{window="mtd"}': lambda: of_ana(pace(6, 8)),
    'cadran_rep_new_leads_pace_ratio{rep="$rep",window="mtd"}': lambda: of_ana(pace(6, 8)),
    f"cadran_net_sales_euros_pace_ratio{W}": lambda: pace(500, 1000),
    'cadran_rep_net_sales_euros_pace_ratio{window="mtd"}': lambda: of_ana(pace(300, 600)),
    'cadran_rep_net_sales_euros_pace_ratio{rep="$rep",window="mtd"}': lambda: of_ana(pace(300, 600)),
    f"cadran_new_leads_compared{W} / cadran_new_leads_previous{W} - 1": lambda: {"": (5 + until_now(10)) / 1 - 1},
    f"cadran_net_sales_euros_compared{W} / cadran_net_sales_euros_previous{W} - 1": lambda: {
        "": until_now(500) / 400 - 1
    },
    'cadran_rep_nps{window="mtd"}': nps_of_ana,
    'cadran_rep_nps{rep="$rep",window="mtd"}': nps_of_ana,
}
OF_THE_MACHINE = {
    "1000 * min(cadran_kpi_as_of_timestamp_seconds)",
    "time() - cadran_kpi_as_of_timestamp_seconds",
    "cadran_too_late_additions",
    "sum by (outcome) (rate(cadran_ingest_events_total[$__rate_interval]))",
    "sum by (code) (rate(cadran_ingest_refused_requests_total[$__rate_interval]))",
    "histogram_quantile(0.95, sum by (le, mode) (rate(cadran_ingest_request_seconds_bucket[$__rate_interval])))",
    "sum by (topic) (rate(cadran_worker_records_total[$__rate_interval]))",
    "histogram_quantile(0.95, sum by (le, stage) (rate(cadran_worker_stage_seconds_bucket[$__rate_interval])))",
    'max by (job) (scrape_duration_seconds{job=~"cadran-.*"})',
    "max(cadran_exporter_snapshot_seconds)",
}
"""What is told of how fast the machine is: it is there."""
MEMBERS = {
    "rep": ["ana", "bob"],
    "channel": ["online", "store"],
    "region": ["north", "south"],
    "store": ["lyon", "unknown"],
    "competitor": ["acme", "bolt", "cole"],
    "team": ["north"],
}


def test_every_query_of_every_board_is_held_against_something() -> None:
    of_variables = {found["series"] for board in BOARDS for v in board.templating.list if (found := series_asked(v))}
    assert set(EXPRESSIONS) == {*HAND_MADE, *BY_THE_CLOCK, *OF_THE_MACHINE, *of_variables}


@pytest.mark.parametrize("expression", HAND_MADE)
def test_a_query_returns_what_was_worked_out_by_hand(stack: RunningStack, expression: str) -> None:
    assert values(stack, expression) == pytest.approx(HAND_MADE[expression], abs=0.01, rel=1e-4)


@pytest.mark.parametrize("expression", BY_THE_CLOCK)
def test_a_query_returns_what_the_hour_and_the_day_make_of_it(stack: RunningStack, expression: str) -> None:
    assert values(stack, expression) == pytest.approx(BY_THE_CLOCK[expression](), rel=1e-3)


@pytest.mark.parametrize("expression", sorted(OF_THE_MACHINE))
def test_a_query_says_how_the_machine_is(stack: RunningStack, expression: str) -> None:
    assert values(stack, expression)


def test_the_data_are_as_of_now(stack: RunningStack) -> None:
    as_of = values(stack, "1000 * min(cadran_kpi_as_of_timestamp_seconds)")[""] / 1000
    assert abs(as_of - datetime.now(UTC).timestamp()) < 30
    ages = values(stack, "time() - cadran_kpi_as_of_timestamp_seconds")
    assert len(ages) == 8
    assert max(ages.values()) < 30


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_variables_offer_the_members_that_there_are(stack: RunningStack, board: Board) -> None:
    for variable in board.templating.list:
        asked = series_asked(variable)
        if asked:
            url = f"{stack.url(Port.PROMETHEUS)}/api/v1/label/{asked['label']}/values"
            found = httpx.get(url, params={"match[]": asked["series"]}).json()["data"]
            expected = MEMBERS[asked["label"]]
            assert found == (["lyon"] if board.uid == "cadran-customers-en" else expected)


def links() -> list[re.Match[str]]:
    panels: list[Panel] = [panel for board in BOARDS for panel in board.figures]
    urls = {link.url for panel in panels for link in panel.field_config.defaults.links}
    return [found for url in sorted(urls) if (found := EXPLANATION.fullmatch(url))]


def test_what_links_explain_can_be_asked_of_the_read_api(stack: RunningStack) -> None:
    """The page asks for the same KPI, window and cut."""
    assert len(links()) > 15
    for link in links():
        by = {"by": link["by"]} if link["by"] else {}
        window = link["window"].replace("${window}", "90d")
        assert stack.kpi(link["kpi"], window=window, **by)["rows"]


def test_the_exporters_text_is_as_prometheus_wants_it(stack: RunningStack) -> None:
    """promtool finds no fault with /metrics."""
    text = httpx.get(f"{stack.url(Port.EXPORTER)}/metrics").text
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
