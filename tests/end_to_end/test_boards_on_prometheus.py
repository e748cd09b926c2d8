"""Every query of every panel, run on a real Prometheus over a story whose numbers were worked out by hand."""

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.common.settings import Port
from services.common.windows import Period
from tests.support.events import PARIS, at, cloud_event, line
from tests.support.stack import RunningStack, wait_for

BOARDS = sorted(Path("deploy/grafana/dashboards").glob("*.json"))
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
WINDOW = "90d"
LAST_READ = NOW - timedelta(days=5)


@pytest.fixture(scope="module", autouse=True)
def story(stack: RunningStack) -> None:
    """Within 90 days: 6 leads of ana's and 4 of bob's from two sources, sales in two channels and regions; targets.

    Beside them ten invitations and six answers, and a round of the team's pulse; five answers and a round of before.
    Four watched pages of competitors; of three the price is known, and was at parity 90 days ago. Customers, whose
    orders are worth nothing, as sales are another matter. Five offers, and two orders with desks, one with its lamp.
    """
    zone = stack.settings.zone
    today = NOW.astimezone(zone).date()
    month = Period.MONTH.first_day(today).isoformat()
    cohort = NOW - timedelta(days=140)
    events = [
        cloud_event("lead.created", f"L{i}", NOW, rep_id="ana" if i < 6 else "bob", source="web" if i < 8 else "fair")
        for i in range(10)
    ]
    events += [
        cloud_event("lead.created", f"C{i}", NOW - timedelta(days=70), rep_id="ana", source="web") for i in range(4)
    ]
    events += [cloud_event("lead.closed", "C0", NOW - timedelta(days=65), outcome="won")]
    events += [cloud_event("lead.closed", "C1", NOW - timedelta(days=60), outcome="lost")]
    events += [cloud_event("lead.created", "B0", cohort, source="web")]
    for name, channel, region, gross, rep in (
        ("A1", "online", "north", 30_000, "ana"),
        ("A2", "store", "south", 12_345, "bob"),
        ("A3", "store", "north", 10_000, "bob"),
    ):
        lines = [line(gross)]
        events.append(
            cloud_event(
                "order.placed", name, NOW, channel=channel, currency="EUR", region=region, rep_id=rep, lines=lines
            )
        )
    events.append(
        cloud_event(
            "order.placed",
            "A4",
            NOW - timedelta(days=100),
            channel="online",
            currency="EUR",
            region="north",
            lines=[line(40_000)],
        )
    )
    for measure, value, rep in (("new_leads", 20, None), ("sales", 100_000, None), ("new_leads", 8, "ana")):
        data = {"measure": measure, "period": "month", "starts_on": month, "value": value}
        events.append(
            cloud_event("target.set", None, NOW - timedelta(days=40), **data, **({"rep_id": rep} if rep else {}))
        )
    stack.send([*events, *surveys(), *prices(), *customers(), *offers()])
    stack.wait_applied()
    all_told = f'cadran_net_sales_euros{{window="{WINDOW}"}} == 523.45 and cadran_price_index{{window="{WINDOW}"}} < 90'
    wait_for(lambda: query(stack, all_told), "Prometheus has scraped")


def surveys() -> list[dict[str, Any]]:
    asked = {"survey": "nps", "touchpoint": "delivery", "delivered": True}
    where = {"touchpoint": "delivery", "store_id": "lyon", "rep_id": "ana"}
    events = [cloud_event("survey.invited", f"N{i}", NOW - timedelta(days=20), **asked) for i in range(10)]
    for days, scores in ((5, (10, 9, 9, 8, 6, 9)), (100, (9, 9, 9, 9, 0))):
        events += [
            cloud_event("nps.answered", f"N{i if days == 5 else i + 10}", NOW - timedelta(days=days), score=s, **where)
            for i, s in enumerate(scores)
        ]
    for days, mean in ((10, 7.5), (100, 7.0)):
        closed_on = (NOW - timedelta(days=days)).date().isoformat()
        means = {"overall": mean, "methods": 6.5, "manager": 8.0, "workload": 5.5}
        figures = [{"question": question, "n": 12, "mean": each} for question, each in means.items()]
        for team in ("all", "north"):
            data = {
                "round_id": f"r{days}",
                "team_id": team,
                "opened_on": closed_on,
                "closed_on": closed_on,
                "invited": 16,
            }
            events.append(cloud_event("pulse.published", None, NOW - timedelta(days=days), **data, figures=figures))
    return events


def prices() -> list[dict[str, Any]]:
    """Of what costs 100 EUR with us: acme's lamp fell to 80, bolt's desk rose to 200, bolt's lamp stays."""
    long_ago = NOW - timedelta(days=120)
    pages = {"LAMP": ["acme", "bolt"], "DESK": ["bolt", "cole"]}
    events = []
    for sku, rivals in pages.items():
        pairs = [{"pair_id": f"{rival} {sku}", "competitor": rival, "interval_s": 21600} for rival in rivals]
        events.append(cloud_event("product.watched", sku, long_ago, pairs=pairs))
        events.append(cloud_event("price.own", sku, long_ago, price_minor=10_000, currency="EUR"))
    for time, rival, sku, price in (
        (long_ago, "acme", "LAMP", 10_000),
        (long_ago, "bolt", "LAMP", 10_000),
        (long_ago, "bolt", "DESK", 10_000),
        (LAST_READ, "acme", "LAMP", 8_000),
        (LAST_READ, "bolt", "DESK", 20_000),
        (NOW - timedelta(days=3), "bolt", "LAMP", 10_000),
    ):
        data = {"pair_id": f"{rival} {sku}", "competitor": rival, "verdict": "trusted", "stock": "in_stock"}
        amounts = {"price_minor": price, "list_price_minor": 10_000, "currency": "EUR"}
        events.append(cloud_event("price.observed", sku, time, **data, **amounts))
    return events


def customers() -> list[dict[str, Any]]:
    """Four customers contacted after an order of 120 days ago, one of whom came back; two who were not, and did not.

    A campaign drew four for contact, two of whom ordered again (one of them twice), and two for its hold-out: 91 days
    ago, so that all is over today.
    """

    def noon(days: int) -> datetime:
        return at(f"{_day(NOW) - timedelta(days=days)} 12:00")

    def order(customer: str, days: int) -> dict[str, Any]:
        sold = {"channel": "online", "currency": "EUR", "region": "north", "rep_id": "bob", "lines": [line(0)]}
        return cloud_event("order.placed", f"{customer}-{days}", noon(days), customer_id=customer, **sold)

    groups = {**dict.fromkeys(("c0", "c1", "c2", "c3"), "contact"), **dict.fromkeys(("h0", "h1"), "holdout")}
    events = [cloud_event("customer.assigned", c, noon(91), campaign_id="spring", group=g) for c, g in groups.items()]
    events += [order(customer, 120) for customer in ("e0", "e1", "e2", "e3", "f0", "f1")]
    for customer in ("e0", "e1", "e2", "e3"):
        events.append(cloud_event("customer.contacted", customer, noon(119), contact_id="k", medium="phone"))
    return [*events, order("e0", 60), order("c0", 50), order("c0", 40), order("c1", 50)]


def offers() -> list[dict[str, Any]]:
    """Of ana's four of 40 days ago two were accepted, for 10 and 30 EUR, and one refused; bob's of today was too."""
    before = NOW - timedelta(days=40)
    bundle = {"kind": "cross_sell", "rep_id": "ana", "technique": "bundle", "offered_sku": "LAMP-01"}
    events = [cloud_event("offer.made", f"P{i}", before, **bundle) for i in range(4)]
    for name, amount in (("P0", 1_000), ("P1", 3_000)):
        answer = {"outcome": "accepted", "amount_delta_minor": amount, "currency": "EUR"}
        events.append(cloud_event("offer.answered", name, before, **answer))
    premium = {"kind": "up_sell", "rep_id": "bob", "technique": "premium", "base_sku": "DESK-01"}
    events += [
        cloud_event("offer.answered", "P2", before, outcome="refused"),
        cloud_event("offer.made", "P4", NOW, **premium, offered_sku="LAMP-01"),
        cloud_event("offer.answered", "P4", NOW, outcome="accepted"),
    ]
    sold = {"channel": "online", "currency": "EUR", "region": "north", "rep_id": "bob"}
    for name, skus in (("X1", ("DESK-01", "LAMP-01")), ("X2", ("DESK-01",))):
        lines = [line(0, sku=sku) for sku in skus]
        events.append(cloud_event("order.placed", name, before, **sold, lines=lines))
    return events


def query(stack: RunningStack, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.url(Port.PROMETHEUS)}/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", (expression, answer)
    assert not answer.get("warnings")
    return answer["data"]["result"]  # type: ignore[no-any-return]


def panels(path: Path) -> list[dict[str, Any]]:
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def filled_in(expression: str) -> str:
    """A query as Grafana sends it, its variables replaced."""
    return expression.replace("$window", WINDOW)


def _day(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


HAND_MADE: dict[str, dict[str, float]] = {
    'cadran_new_leads{window="90d"}': {"": 14},
    'sort_desc(cadran_source_new_leads{window="90d"})': {"web": 12, "fair": 2},
    'cadran_rep_new_leads{window="mtd"}': {"ana": 6, "bob": 4},
    'cadran_rep_new_leads_target{window="mtd"}': {"ana": 8},
    'cadran_closing_ratio{window="90d"}': {"": 0.5},
    'cadran_net_sales_euros{window="90d"}': {"": 523.45},
    'sort_desc(cadran_channel_net_sales_euros{window="90d"})': {"online": 300, "store": 223.45},
    'sort_desc(cadran_region_net_sales_euros{window="90d"})': {"north": 400, "south": 123.45},
    'cadran_rep_net_sales_euros{window="mtd"}': {"ana": 300, "bob": 223.45},
    'cadran_satisfaction{window="90d"}': {"": 7.5},
    'cadran_satisfaction_covered_ratio{window="90d"}': {"": 0.75},
    'cadran_satisfaction_methods{window="90d"}': {"": 6.5},
    'cadran_satisfaction_manager{window="90d"}': {"": 8},
    'cadran_satisfaction_workload{window="90d"}': {"": 5.5},
    'cadran_satisfaction_compared{window="90d"} - cadran_satisfaction_previous{window="90d"}': {"": 0.5},
    'sort_desc(cadran_team_satisfaction{window="90d"})': {"north": 7.5},
    'cadran_nps{window="90d"}': {"": 50},
    'cadran_survey_response_ratio{window="90d"}': {"": 0.6},
    'cadran_nps_compared{window="90d"} - cadran_nps_previous{window="90d"}': {"": -10},
    'sort_desc(cadran_touchpoint_nps{window="90d"})': {"delivery": 50},
    'sort_desc(cadran_store_nps{window="90d"})': {"lyon": 50},
    'cadran_price_index{window="90d"}': {"": 85.5},  # 100 x the cube root of 1.25 x 1 x 0.5
    'cadran_price_index_compared{window="90d"} - cadran_price_index_previous{window="90d"}': {"": -14.5},
    'sort_desc(cadran_competitor_price_index{window="90d"})': {"acme": 125, "bolt": 70.71},
    'cadran_price_coverage_ratio{window="90d"}': {"": 0.75},
    'cadran_price_undercuts{window="90d"}': {"": 1},
    'cadran_price_promotions{window="90d"}': {"": 1},
    'cadran_price_falls{window="90d"}': {"": 1},
    'cadran_price_rises{window="90d"}': {"": 1},
    'sort_desc(cadran_competitor_price_falls{window="90d"})': {"acme": 1, "bolt": 0, "cole": 0},
    'cadran_price_oldest_reading_seconds{window="90d"}': {"": (_day(NOW) - _day(LAST_READ)).total_seconds()},
    'cadran_contacted_came_back_ratio{window="90d"}': {"": 0.25},
    'cadran_repeat_ratio{window="90d"}': {"": 1 / 3},
    'sort_desc(cadran_medium_observed_gap_ratio{window="90d"})': {"phone": 0.25},
    'sort_desc(cadran_campaign_uplift_ratio{window="mtd"})': {"spring": 0.5},
    'cadran_add_on_success_ratio{window="90d"}': {"": 0.6},
    'cadran_add_on_accepted_ratio{window="90d"}': {"": 0.75},
    'cadran_add_on_revenue_euros{window="90d"}': {"": 40},
    'cadran_attach_ratio{window="90d"}': {"": 0.5},
    'sort_desc(cadran_technique_add_on_success_ratio{window="90d"})': {"premium": 1, "bundle": 0.5},
    'sort_desc(cadran_kind_add_on_success_ratio{window="90d"})': {"up_sell": 1, "cross_sell": 0.5},
    'cadran_rep_add_on_success_ratio{window="mtd"}': {"bob": 1},
    'sort_desc(cadran_base_offered_add_on_success_ratio{window="mtd"})': {"DESK-01/LAMP-01": 1},
    "cadran_exporter_lag_records": {"": 0},
}


@pytest.mark.parametrize(("expression", "expected"), HAND_MADE.items())
def test_a_query_returns_what_was_worked_out_by_hand(
    stack: RunningStack, expression: str, expected: dict[str, float]
) -> None:
    found = {}
    for series in query(stack, expression):
        labels = {n: v for n, v in series["metric"].items() if n not in ("__name__", "window", "instance", "job")}
        found["/".join(labels.values())] = float(series["value"][1])
    assert found == expected


NOT_YET = {
    # Not known in this story: a share of nothing; a pace before an opening day has gone; a target that nobody set.
    'cadran_acquisition_ratio_compared{window="90d"} - cadran_acquisition_ratio_previous{window="90d"}',
    'cadran_new_leads_compared{window="90d"} / cadran_new_leads_previous{window="90d"} - 1',
    'cadran_new_leads_pace_ratio{window="90d"}',
    'cadran_net_sales_euros_pace_ratio{window="90d"}',
    'cadran_contacted_came_back_ratio_compared{window="90d"} - cadran_contacted_came_back_ratio_previous{window="90d"}',
    'cadran_add_on_success_ratio_compared{window="90d"} - cadran_add_on_success_ratio_previous{window="90d"}',
    'cadran_rep_add_on_success_ratio_target{window="mtd"}',
    'cadran_rep_net_sales_euros_target{window="mtd"}',
    'cadran_rep_nps_target{window="mtd"}',
    'cadran_rep_nps{window="mtd"}',  # nothing of the first days of a month: answers of five days ago were before it
}


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_every_query_of_every_panel_runs_and_says_something(stack: RunningStack, path: Path) -> None:
    asked = [filled_in(target["expr"]) for panel in panels(path) for target in panel["targets"]]
    assert len(asked) > 15
    silent = {expression for expression in asked if not query(stack, expression)}
    assert silent <= NOT_YET
    unchecked = {expression for expression in asked if expression not in HAND_MADE} - NOT_YET
    assert unchecked == {
        "1000 * min(cadran_kpi_as_of_timestamp_seconds)",
        'cadran_acquisition_ratio{window="90d"}',
        'sort_desc(cadran_source_acquisition_ratio{window="90d"})',
        'cadran_net_sales_euros_compared{window="90d"} / cadran_net_sales_euros_previous{window="90d"} - 1',
    }


def test_the_rest_is_right_too(stack: RunningStack) -> None:
    """The cohort of 90 days that ended 31 days ago holds C0..C3, one of them won, and B0 if that is not too old."""
    today = NOW.astimezone(stack.settings.zone).date()
    first, last = today - timedelta(days=31 + 89), today - timedelta(days=31)
    created = [(NOW - timedelta(days=days)).astimezone(stack.settings.zone).date() for days in (70, 70, 70, 70, 140)]
    cohort = sum(first <= day <= last for day in created)
    found = query(stack, 'cadran_acquisition_ratio{window="90d"}')
    assert float(found[0]["value"][1]) == pytest.approx(1 / cohort)
    change = query(
        stack, 'cadran_net_sales_euros_compared{window="90d"} / cadran_net_sales_euros_previous{window="90d"} - 1'
    )
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    now_sold = 523.45 if until > NOW else 0
    assert float(change[0]["value"][1]) == pytest.approx(now_sold / 400 - 1)
    as_of = float(query(stack, "min(cadran_kpi_as_of_timestamp_seconds)")[0]["value"][1])
    assert abs(as_of - datetime.now(UTC).timestamp()) < 20


def test_the_exporters_text_is_as_prometheus_wants_it(stack: RunningStack) -> None:
    """promtool finds no fault with /metrics."""
    text = httpx.get(f"{stack.url(Port.EXPORTER)}/metrics").text
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
