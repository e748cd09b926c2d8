"""One thread, end to end: HTTP -> Kafka -> Faust -> Redis -> read API, Prometheus and the server-sent events."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.common.settings import Port
from tests.support.events import NOW, cloud_event, line
from tests.support.prometheus import query
from tests.support.stack import RunningStack, wait_for


def order(name: str, gross: int, **data: Any) -> dict[str, Any]:
    usual = {"channel": "online", "currency": "EUR", "lines": [line(gross)], "rep_id": "ana"}
    return cloud_event("order.placed", name, NOW, **{**usual, **data})


def answers() -> list[dict[str, Any]]:
    """Six customers of ana's answer today, one of them an invitation of three days ago."""
    asked = {"survey": "nps", "touchpoint": "delivery", "delivered": True}
    invited = cloud_event("survey.invited", "i0", NOW - timedelta(days=3), **asked)
    given = {"touchpoint": "delivery", "rep_id": "ana"}
    return [
        invited,
        *(cloud_event("nps.answered", f"i{i}", NOW, score=s, **given) for i, s in enumerate((10, 9, 9, 8, 6, 9))),
    ]


def pulse() -> dict[str, Any]:
    today = NOW.date().isoformat()
    figures = [{"question": "overall", "n": 12, "mean": 7.5, "change": -0.5}]
    return {"round_id": "r", "team_id": "all", "opened_on": today, "closed_on": today, "figures": figures}


@pytest.fixture(scope="module", autouse=True)
def story(stack: RunningStack) -> None:
    """Two leads, one of them won by an order with two reps, of which something comes back."""
    lines = [line(10_000, discount=1_000), {**line(5_001), "rep_id": "bob"}]
    stack.send(
        [
            cloud_event("lead.created", "L1", NOW - timedelta(days=2), rep_id="ana", source="web", region="north"),
            cloud_event("lead.created", "L2", NOW - timedelta(days=2), rep_id="bob", source="fair"),
            order("A1", 0, lines=lines, lead_id="L1", region="north"),
            order("A2", 7_000, channel="store", store_id="s1"),
            cloud_event("order.returned", "A1", NOW, return_id="R1", currency="EUR", amount_minor=700),
            cloud_event("lead.closed", "L2", NOW, outcome="lost"),
            cloud_event("rep.set", "ana", NOW - timedelta(days=9), alias="Ana", team_id="blue"),
            *answers(),
            cloud_event("pulse.published", None, NOW, **pulse()),
        ]
    )
    stack.wait_applied()


def today(stack: RunningStack, kpi: str, **query: str) -> dict[str, Any]:
    """Rows by member, over the three days of the story."""
    first, last = ((NOW - timedelta(days=days)).date().isoformat() for days in (2, 0))
    rows = stack.kpi(kpi, from_=first, to=last, **query)["rows"]
    return {",".join(row["by"].values()): row for row in rows}


def test_sales_are_right_to_the_cent(stack: RunningStack) -> None:
    row = today(stack, "sales")[""]
    assert row["value"] == 203.01
    assert row["measures"] == {
        "orders": 2,
        "units": 3,
        "gross_minor": 22_001,
        "discount_minor": 1_000,
        "returned_minor": 700,
        "net_minor": 20_301,
    }
    by_rep = {rep: r["measures"]["net_minor"] for rep, r in today(stack, "sales", by="rep").items()}
    assert by_rep == {"ana": 9_000 - 450 + 7_000, "bob": 5_001 - 250}
    assert set(today(stack, "sales", by="channel,region")) == {"online,north", "store,unknown"}


def test_an_order_wins_the_lead_that_it_names(stack: RunningStack) -> None:
    assert {s: r["value"] for s, r in today(stack, "new_leads", by="source").items()} == {"web": 1, "fair": 1}
    row = today(stack, "acquisition_rate")[""]
    assert (row["numerator"], row["denominator"], row["value"]) == (1, 2, 0.5)
    cohort = stack.kpi("acquisition_rate", window="7d")["spans"]["cohort"]
    last = datetime.now(stack.settings.zone).date() - timedelta(days=31)
    assert cohort == {"from": (last - timedelta(days=6)).isoformat(), "to": last.isoformat()}
    assert (row["measures"]["won"], row["measures"]["lost"]) == (1, 1)
    assert row["measures"]["won_amount"] == 133.01
    assert row["flags"] == ["immature", "small_n"]
    assert 0 < row["interval"]["low"] < 0.5 < row["interval"]["high"] < 1


def test_people_are_shown_aliases_and_teams(stack: RunningStack) -> None:
    assert today(stack, "sales", by="rep")["ana"]["label"] == "Ana"
    assert today(stack, "new_leads", by="team")["blue"]["value"] == 1


def test_numbers_say_what_they_are_read_from_and_how_old_they_are(stack: RunningStack) -> None:
    answer = stack.kpi("sales", window="today")
    assert answer["unit"] == "EUR"
    assert answer["window"]["zone"] == "Europe/Paris"
    assert abs(datetime.fromisoformat(answer["as_of"]) - datetime.now(UTC)) < timedelta(seconds=5)
    with stack.http(Port.EXPORTER) as client:
        freshness = client.get("/v1/freshness").json()
    assert freshness["kpis"]["sales"]["stale"] is False
    assert set(freshness["sources"]) == {"/test"}
    assert {p["lag"] for p in freshness["partitions"]} == {0}


def test_prometheus_is_told_which_source_was_heard_on_which_topic_and_who_is_open(stack: RunningStack) -> None:
    with stack.http(Port.EXPORTER) as client:
        told = client.get("/metrics").text
    heard = set(re.findall(r'^cadran_source_quiet_seconds\{topic="(.+)",source="(.+)"\} ', told, re.MULTILINE))
    assert heard >= {(f"cadran.{topic}", "/test") for topic in ("leads", "orders", "answers", "reference")}
    assert {source for _, source in heard} == {"/test"}
    assert 'cadran_channel_open{channel="online"} 1.0\n' in told


def test_what_stands_behind_a_number_adds_up_to_it(stack: RunningStack) -> None:
    day = NOW.date().isoformat()
    found: list[dict[str, Any]] = []
    after = ""
    with stack.http(Port.EXPORTER) as client:
        while True:
            query = {"from": day, "to": day, "by": "rep", "member": "ana", "limit": 1, "after": after}
            page = client.get("/v1/kpis/sales/explain", params=query).json()
            found += page["entities"]
            if not page["next"]:
                break
            after = page["next"]
    assert [(entity["kind"], entity["id"]) for entity in found] == [("order", "A1"), ("order", "A2")]
    gross = sum(added["measures"]["gross_minor"] for entity in found for added in entity["adds"])
    assert gross == 17_000
    assert page["formula"]["fr"].startswith("Brut")


def test_answers_are_scored_and_a_rounds_figures_shown(stack: RunningStack) -> None:
    row = today(stack, "nps")[""]
    assert (row["value"], row["n"], row["interval"]["method"]) == (50.0, 6, "adjusted_wald")
    assert row["related"]["response_rate"]["value"] is None
    satisfied = today(stack, "team_satisfaction")[""]
    assert (satisfied["value"], satisfied["related"]["change"]["value"]) == (7.5, -0.5)


def test_whose_answers_they_are_is_not_told(stack: RunningStack) -> None:
    """Today's answers of a rep are in no block yet; what stands behind the number is told to nobody."""
    assert today(stack, "nps", by="rep") == {}
    with stack.http(Port.EXPORTER) as client:
        for query in ({}, {"by": "rep", "member": "ana"}):
            refused = client.get("/v1/kpis/nps/explain", params=query)
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_series_of_answers_rolls_over_thirty_days(stack: RunningStack) -> None:
    first, last = ((NOW + timedelta(days=days)).date().isoformat() for days in (-1, 9))
    with stack.http(Port.EXPORTER) as client:
        series = client.get("/v1/kpis/nps/series", params={"from": first, "to": last}).json()
        by_day = client.get("/v1/kpis/nps/series", params={"from": first, "to": last, "rolling": 1}).json()
    assert [point["value"] for point in series["rows"][0]["points"]] == [None, *[50.0] * 10]
    assert [point["n"] for point in by_day["rows"][0]["points"]] == [0, 6, *[0] * 9]


def test_the_pairs_behind_a_price_index_are_listed(stack: RunningStack) -> None:
    pairs = [{"pair_id": "p", "competitor": "acme", "interval_s": 3600}]
    read = {"pair_id": "p", "competitor": "acme", "verdict": "trusted", "method": "json_ld"}
    long_ago = NOW - timedelta(days=500)
    stack.send(
        [
            cloud_event("product.watched", "LAMP", long_ago, pairs=pairs),
            cloud_event("price.own", "LAMP", long_ago, price_minor=12_000, currency="EUR"),
            cloud_event("price.observed", "LAMP", long_ago, price_minor=10_000, currency="EUR", **read),
        ]
    )
    stack.wait_applied()
    row = stack.kpi("competitor_prices", window="today", dearest="yes")["rows"][0]
    assert (row["value"], row["n"], row["related"]["dearest"]["details"]["products"][0]["sku"]) == (120.0, 1, "LAMP")
    with stack.http(Port.EXPORTER) as client:
        answer = client.get("/v1/kpis/competitor_prices/explain", params={"window": "today"}).json()
        of_another = client.get(
            "/v1/kpis/competitor_prices/explain", params={"window": "today", "by": "competitor", "member": "bolt"}
        ).json()
    (product,) = answer["entities"]
    (pair,) = product["details"]
    assert (product["kind"], product["id"]) == ("product", "LAMP")
    assert (pair["competitor"], pair["ratio"], pair["counts"]) == ("acme", 1.2, True)
    assert (pair["own"]["price_minor"], pair["read"]["price_minor"], pair["read"]["method"]) == (
        12_000,
        10_000,
        "json_ld",
    )
    assert of_another["entities"] == []


def test_an_offer_is_followed_to_what_was_kept_of_it(stack: RunningStack) -> None:
    """A lamp of 40.00 was sold with a desk, of a pair that is shipped as declared; half of its price is given back."""
    proposed = {"kind": "cross_sell", "rep_id": "ana", "technique": "bundle", "offered_sku": "LAMP-01"}
    day, sold = NOW - timedelta(days=300), {"channel": "phone", "currency": "EUR"}
    given_back = {"sku": "LAMP-01", "quantity": 1, "amount_minor": 2_000, "offer_id": "F1"}
    lines = [line(18_000, sku="DESK-01"), line(4_000, sku="LAMP-01", offer="F1")]
    stack.send(
        [
            cloud_event("order.returned", "F-A1", day, return_id="R", currency="EUR", amount_minor=2_000,
                        lines=[given_back]),
            cloud_event("offer.answered", "F1", day, outcome="accepted", amount_delta_minor=4_000, currency="EUR"),
            cloud_event("order.placed", "F-A1", day, lines=lines, **sold),
            cloud_event("order.placed", "F-A2", day, lines=lines[:1], **sold),
            *(cloud_event("offer.made", name, day, base_sku="DESK-01", **proposed) for name in ("F1", "F2")),
        ]
    )  # fmt: skip
    stack.wait_applied()
    on = day.date().isoformat()
    (row,) = stack.kpi("add_on_sales", from_=on, to=on, by="pair")["rows"]
    assert (row["by"], row["value"], row["numerator"]) == ({"base": "DESK-01", "offered": "LAMP-01"}, 0.5, 1)
    assert (row["related"]["revenue_brought"]["value"], row["related"]["attach_rate"]["value"]) == (20.0, 0.5)
    with stack.http(Port.EXPORTER) as client:
        query = {"from": on, "to": on, "by": "pair", "member": "DESK-01/LAMP-01"}
        behind = client.get("/v1/kpis/add_on_sales/explain", params=query).json()["entities"]
    adds = {(each["kind"], each["id"]): each["adds"][0]["measures"] for each in behind}
    assert adds == {
        ("offer", "F1"): {"made": 1, "accepted": 1, "brought_minor": 4_000, "taken_back_minor": 2_000},
        ("offer", "F2"): {"made": 1, "open": 1},
        ("order", "F-A1"): {"orders_with_base": 1, "orders_with_both": 1},
        ("order", "F-A2"): {"orders_with_base": 1},
    }


def test_customers_are_listed_by_pseudonym_for_those_who_may_see_them(stack: RunningStack) -> None:
    """Two of them ordered, one twice; what they scored is told of neither."""
    stack.send(
        [
            *(order(f"K{i}", 0, customer_id=customer) for i, customer in enumerate(("c1", "c1", "c2"))),
            cloud_event("customer.contacted", "c1", NOW - timedelta(days=1), contact_id="k", medium="email"),
            *(
                cloud_event("nps.answered", f"k{i}", NOW - timedelta(days=3), score=9, touchpoint="x", customer_id="c2")
                for i in range(20)
            ),
        ]
    )
    stack.wait_applied()
    row = stack.kpi("loyalty", window="30d")["rows"][0]
    assert [row["measures"][name] for name in ("valid_orders", "customers", "repeaters")] == [3, 2, 1]
    assert row["related"]["repeat_rate"]["value"] == 0.5
    with stack.http(Port.EXPORTER) as client:
        answer = client.get("/v1/kpis/loyalty/explain", params={"window": "30d"}).json()
        read = client.get("/v1/kpis/loyalty", params={"window": "30d"}).json()
    assert [
        (behind["kind"], behind["id"], [added["measures"] for added in behind["adds"]]) for behind in answer["entities"]
    ] == [("customer", "c1", [{"valid_orders": 2}]), ("customer", "c2", [{"valid_orders": 1}])]
    assert read["rows"][0]["related"]["score_of_others"] == {"value": 9.0, "unit": "score", "n": 20}


def test_a_key_that_may_not_explain_is_refused_and_one_that_may_not_read_too(stack: RunningStack) -> None:
    reader = stack.cadran("keys", "create", "reader", "--scope", "kpis:read").stdout.strip()
    writer = stack.cadran("keys", "create", "writer", "--scope", "events:write").stdout.strip()
    with stack.http(Port.EXPORTER, reader) as client:
        wait_for(lambda: client.get("/v1/kpis").status_code == 200, "the key is known")
        assert client.get("/v1/kpis/sales/explain").status_code == 403
        assert client.get("/v1/kpis/loyalty/explain").status_code == 403
    with stack.http(Port.EXPORTER, writer) as client:
        assert client.get("/v1/kpis/sales").status_code == 403
    assert httpx.get(f"{stack.url(Port.EXPORTER)}/v1/kpis").status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/kpis/sale", 404, ""),
        ("/v1/kpis/sales?window=fortnight", 400, "window"),
        ("/v1/kpis/acquisition_rate?window=1h", 400, "window"),
        ("/v1/kpis/sales?by=colour", 400, "by"),
        ("/v1/kpis/sales?from=2026-13-01&to=2026-12-01", 400, "from"),
        ("/v1/kpis/sales?from=2026-01-01", 400, "to"),
        ("/v1/kpis/sales?chanel=online", 400, "chanel"),
        ("/v1/kpis/sales/series?from=2010-01-01&to=2026-01-01", 400, "step"),
        ("/v1/kpis/sales/series?step=week", 400, "step"),
        ("/v1/kpis/sales/series?rolling=30", 400, "rolling"),
        ("/v1/kpis/sales/explain?from=2010-01-01&to=2026-01-01", 400, "from"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(stack: RunningStack, path: str, status: int, field: str) -> None:
    with stack.http(Port.EXPORTER) as client:
        response = client.get(path)
    assert response.status_code == status
    assert response.json().get("field", "") == field
    assert response.json()["mend"]


def test_a_series_adds_up_to_its_total(stack: RunningStack) -> None:
    today = NOW.date()
    days = {"from": (today - timedelta(days=40)).isoformat(), "to": today.isoformat()}
    with stack.http(Port.EXPORTER) as client:
        for step in ("day", "month"):
            series = client.get("/v1/kpis/sales/series", params={**days, "step": step}).json()
            points = series["rows"][0]["points"]
            assert round(sum(point["value"] for point in points), 2) == 203.01
            assert len(points) == (41 if step == "day" else len({p["at"][:7] for p in points}))


def test_prometheus_scrapes_the_same_value(stack: RunningStack) -> None:
    def scraped() -> bool:
        result = query(stack, 'cadran_net_sales_euros{window="90d"}')
        return bool(result) and result[0]["value"][1] == "203.01"

    wait_for(scraped, "Prometheus holds the value")


def test_prometheus_reaches_every_target(stack: RunningStack) -> None:
    def health() -> list[str]:
        targets = httpx.get(f"{stack.url(Port.PROMETHEUS)}/api/v1/targets").json()["data"]["activeTargets"]
        return [target["health"] for target in targets]

    wait_for(lambda: health() == ["up"] * 9, "every target is up")


def test_a_change_is_pushed_within_a_second(stack: RunningStack) -> None:
    heard = threading.Event()
    connected = threading.Event()

    def listen() -> None:
        with stack.http(Port.EXPORTER) as client, client.stream("GET", "/v1/events") as response:
            for text in response.iter_lines():
                if text.startswith("data:"):
                    if connected.is_set() and "sales" in json.loads(text[5:])["kpis"]:
                        heard.set()
                        return
                    connected.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert connected.wait(10)
    long_ago = NOW - timedelta(days=99)
    stack.send([cloud_event("order.placed", "A3", long_ago, channel="x", currency="EUR", lines=[line(1)])])
    assert heard.wait(3)
