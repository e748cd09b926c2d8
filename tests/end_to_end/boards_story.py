"""A story whose numbers can be worked out by hand, for everything that the boards show.

Within 90 days: eleven new leads and their targets, net sales of 500 EUR. Ten invitations and six answers, and a round
of the team's pulse; five answers and a round of before. Four watched pages of competitors; of three the price is known,
and was at parity 90 days ago. Customers, whose orders are worth nothing, as sales are another matter. Five offers, and
two orders with desks, one with its lamp, on a day whose visits were counted.
"""

from datetime import datetime, timedelta
from typing import Any

from services.common.windows import Period
from tests.support.events import NOW, at, cloud_event, line

TODAY = NOW.date()
MONTH = Period.MONTH.first_day(TODAY)
LAST_READ = NOW - timedelta(days=5)
TARGETS = (
    ("new_leads", 20, None), ("acquisition_rate", 0.4, None), ("sales", 100_000, None), ("loyalty", 0.3, None),
    ("competitor_prices", 98, None), ("team_satisfaction", 8, None), ("add_on_sales", 0.5, None), ("nps", 60, None),
    ("new_leads", 8, "ana"), ("acquisition_rate", 0.5, "ana"), ("sales", 60_000, "ana"), ("add_on_sales", 0.7, "ana"),
    ("nps", 70, "ana"),
)  # fmt: skip
"""What, how much, whose."""


def story() -> list[dict[str, Any]]:
    return [*leads(), *sales(), *targets(), *surveys(), *prices(), *customers(), *offers(), visits()]


def leads() -> list[dict[str, Any]]:
    """Today 6 of ana's and 4 of bob's from two sources. 70 days ago four, of whom one was won and one lost; 31 days ago
    one who was won the next day, and one of 140 days ago.
    """
    events = [
        cloud_event("lead.created", f"L{i}", NOW, rep_id="ana" if i < 6 else "bob", source="web" if i < 8 else "fair")
        for i in range(10)
    ]
    before, lately = NOW - timedelta(days=70), NOW - timedelta(days=31)
    events += [cloud_event("lead.created", f"C{i}", before, rep_id="ana", source="web") for i in range(4)]
    return [
        *events,
        cloud_event("lead.closed", "C0", NOW - timedelta(days=65), outcome="won"),
        cloud_event("lead.closed", "C1", NOW - timedelta(days=60), outcome="lost"),
        cloud_event("lead.created", "M0", lately, rep_id="ana", source="web"),
        cloud_event("lead.closed", "M0", lately + timedelta(days=1), outcome="won"),
        cloud_event("lead.created", "B0", NOW - timedelta(days=140), source="web"),
    ]


def sales() -> list[dict[str, Any]]:
    """Three orders of today, something given back of the second, and the third in a promotion that runs until tomorrow;
    one of 100 days ago.
    """
    sold = {"currency": "EUR"}
    promoted = {"store_id": "lyon", "promotion_ids": ["autumn"]}
    run = {"name": "Autumn", "from_": str(TODAY - timedelta(days=1)), "to": str(TODAY + timedelta(days=1))}
    return [
        cloud_event("promotion.set", "autumn", NOW - timedelta(days=40), **run),
        cloud_event(
            "order.placed", "A1", NOW, channel="online", region="north", rep_id="ana", lines=[line(30_000)], **sold
        ),
        cloud_event(
            "order.placed", "A2", NOW, channel="store", region="south", rep_id="bob", lines=[line(12_345)], **sold
        ),
        cloud_event("order.returned", "A2", NOW, return_id="R2", amount_minor=2_345, **sold),
        cloud_event(
            "order.placed",
            "A3",
            NOW,
            channel="store",
            region="north",
            rep_id="bob",
            lines=[line(10_000)],
            **promoted,
            **sold,
        ),
        cloud_event(
            "order.placed",
            "A4",
            NOW - timedelta(days=100),
            channel="online",
            region="north",
            lines=[line(40_000)],
            **sold,
        ),
    ]


def targets() -> list[dict[str, Any]]:
    """Of this month."""
    stated = NOW - timedelta(days=40)
    return [
        cloud_event(
            "target.set",
            None,
            stated,
            measure=measure,
            period="month",
            starts_on=str(MONTH),
            value=value,
            **({"rep_id": rep} if rep else {}),
        )
        for measure, value, rep in TARGETS
    ]


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
    One contacted after an order of 240 days ago, who did not.

    A campaign drew four for contact, two of whom ordered again (one of them twice), and two for its hold-out: 91 days
    ago, so that all is over today.
    """

    def noon(days: int) -> datetime:
        return at(f"{TODAY - timedelta(days=days)} 12:00")

    def order(customer: str, days: int) -> dict[str, Any]:
        sold = {"channel": "online", "currency": "EUR", "region": "north", "rep_id": "bob", "lines": [line(0)]}
        return cloud_event("order.placed", f"{customer}-{days}", noon(days), customer_id=customer, **sold)

    groups = {**dict.fromkeys(("c0", "c1", "c2", "c3"), "contact"), **dict.fromkeys(("h0", "h1"), "holdout")}
    events = [cloud_event("customer.assigned", c, noon(91), campaign_id="spring", group=g) for c, g in groups.items()]
    events += [order(customer, 120) for customer in ("e0", "e1", "e2", "e3", "f0", "f1")]
    contacted = {**dict.fromkeys(("e0", "e1", "e2", "e3"), 119), "g0": 239}
    for customer, days in contacted.items():
        events.append(cloud_event("customer.contacted", customer, noon(days), contact_id="k", medium="phone"))
    return [*events, order("g0", 240), order("e0", 60), order("c0", 50), order("c0", 40), order("c1", 50)]


def offers() -> list[dict[str, Any]]:
    """Of ana's four of 40 days ago two were accepted, for 10 and 30 EUR, and one refused; hers of today was accepted.
    One of 130 days ago was refused.
    """
    before = NOW - timedelta(days=40)
    bundle = {"kind": "cross_sell", "rep_id": "ana", "technique": "bundle", "offered_sku": "LAMP-01"}
    events = [cloud_event("offer.made", f"P{i}", before, **bundle) for i in range(4)]
    for name, amount in (("P0", 1_000), ("P1", 3_000)):
        answer = {"outcome": "accepted", "amount_delta_minor": amount, "currency": "EUR"}
        events.append(cloud_event("offer.answered", name, before, **answer))
    premium = {"kind": "up_sell", "rep_id": "ana", "technique": "premium", "base_sku": "DESK-01"}
    events += [
        cloud_event("offer.answered", "P2", before, outcome="refused"),
        cloud_event("offer.made", "P5", NOW - timedelta(days=130), **bundle),
        cloud_event("offer.answered", "P5", NOW - timedelta(days=130), outcome="refused"),
        cloud_event("offer.made", "P4", NOW, **premium, offered_sku="LAMP-01"),
        cloud_event("offer.answered", "P4", NOW, outcome="accepted"),
    ]
    sold = {"channel": "online", "currency": "EUR", "region": "north", "rep_id": "bob"}
    for name, skus in (("X1", ("DESK-01", "LAMP-01")), ("X2", ("DESK-01",))):
        lines = [line(0, sku=sku) for sku in skus]
        events.append(cloud_event("order.placed", name, before, **sold, lines=lines))
    return events


def visits() -> dict[str, Any]:
    """Eight visits online on the day of the two orders of 40 days ago."""
    day = TODAY - timedelta(days=40)
    ends = {"from_": at(f"{day} 00:00").isoformat(), "to": at(f"{day + timedelta(days=1)} 00:00").isoformat()}
    return cloud_event("visits.counted", None, NOW - timedelta(days=39), channel="online", visits=8, **ends)
