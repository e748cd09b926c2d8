"""Hypothesis strategies: small worlds in which everything collides: few ids, few instants, borders of days."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from services.common.events import Event
from tests.support.events import at, event, line

BORDERS = [
    at("2026-03-29 03:30"),  # in a day of 23 hours
    at("2026-04-12 23:59:59"),  # 14 days later
    at("2026-07-11 23:59:59"),  # 104 days after the first
    at("2026-07-12 00:00"),
    at("2026-07-26 23:59:59"),  # 14 days after the one before
    at("2026-07-27 00:00"),
    at("2026-10-24 23:59:59"),  # 104 days after the fourth, 90 after the fifth
    at("2026-10-25 00:00"),
    at("2026-10-25 23:30"),  # the end of a day of 25 hours
]
"""Of days, and of the 14, 90 and 104 days for which customers are followed."""

INSTANTS = [
    *BORDERS,
    at("2026-10-31 23:59"),
    at("2026-11-01 00:00"),
    at("2026-11-02 10:00"),
    at("2026-11-20 09:00"),
    at("2026-11-23 08:59"),
]
times = st.sampled_from(INSTANTS)
reps = st.sampled_from([None, "ana", "bob", "unassigned"])
regions = st.sampled_from([None, "north", "south/east"])
revisions = st.integers(0, 2)
ids = st.sampled_from(["i1", "i2", "i3", "i4"])
leads = st.sampled_from(["L1", "L2", "L3", "L4"])
orders = st.sampled_from(["O1", "O2", "O3"])
offers = st.sampled_from(["F1", "F2", "F3", "F4"])
CUSTOMERS = ["C1", "C1", "C2"]
CAMPAIGNS = ["spring", "summer"]
customers = st.sampled_from([None, *CUSTOMERS])
touchpoints = st.sampled_from(["delivery", "shop"])
currencies = st.sampled_from(["EUR", "EUR", "USD"])
prices = st.sampled_from([-1, 0, 1, 99, 100, 100, 150, 20_000, 10**12])
amounts = st.one_of(st.integers(-300, 10_000), st.sampled_from([0, 1, 10**12]))


@st.composite
def lead_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["created", "created", "assigned", "closed", "closed", "reopened", "merged"]))
    data: dict[str, object] = {"revision": draw(revisions)}
    if kind == "created":
        data |= {"rep_id": draw(reps), "source": draw(st.sampled_from([None, "web", "fair"])), "region": draw(regions)}
        data |= draw(st.sampled_from([{}, {"amount_minor": 700, "currency": "EUR"}]))
        data["kind"] = draw(st.sampled_from(["lead", "opportunity"]))
    elif kind == "assigned":
        data["rep_id"] = draw(st.sampled_from(["ana", "bob", "unassigned"]))
    elif kind == "closed":
        data |= {"outcome": draw(st.sampled_from(["won", "won", "lost", "invalid"])), "rep_id": draw(reps)}
        data |= draw(
            st.sampled_from([{}, {"amount_minor": 500, "currency": "EUR"}, {"amount_minor": 9, "currency": "USD"}])
        )
    elif kind == "merged":
        data["into_lead_id"] = draw(leads)
    kept = {name: value for name, value in data.items() if value is not None}
    return event(f"lead.{kind}", draw(leads), draw(times), event_id=draw(ids), **kept)


@st.composite
def order_lines(draw: st.DrawFn) -> dict[str, object]:
    found = {
        "sku": draw(st.sampled_from(["a", "b"])),
        "quantity": draw(st.integers(-2, 5)),
        "gross_minor": draw(st.integers(-500, 10_000)),
        "discount_minor": draw(st.integers(0, 300)),
    }
    rep = draw(reps)
    return _with_offer(draw, found if rep is None else {**found, "rep_id": rep})


def _with_offer(draw: st.DrawFn, found: dict[str, object]) -> dict[str, object]:
    """A line, borne by one of few offers, or by none."""
    offer = draw(st.one_of(st.none(), offers))
    return found if offer is None else {**found, "offer_id": offer}


@st.composite
def order_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["placed", "placed", "returned", "cancelled"]))
    data: dict[str, object] = {}
    if kind == "placed":
        data |= {"channel": draw(st.sampled_from(["online", "store"])), "currency": draw(currencies)}
        data |= {"lines": draw(st.lists(order_lines(), min_size=1, max_size=3)), "revision": draw(revisions)}
        data |= {"rep_id": draw(reps), "region": draw(regions), "store_id": draw(st.sampled_from([None, "s1"]))}
        data |= {
            "lead_id": draw(st.one_of(st.none(), leads)),
            "customer_id": draw(customers),
            "promotion_ids": draw(st.lists(st.sampled_from("pq"), max_size=4)),
        }
    elif kind == "returned":
        data |= {
            "return_id": draw(st.sampled_from(["r1", "r2"])),
            "currency": draw(currencies),
            "revision": draw(revisions),
        }
        parts = draw(st.lists(st.tuples(st.sampled_from(["a", "b", "z"]), st.integers(0, 4_000)), max_size=2))
        returned = [{"sku": sku, "quantity": 1, "amount_minor": amount} for sku, amount in parts]
        data["lines"] = [_with_offer(draw, each) for each in returned]
        data["amount_minor"] = sum(amount for _, amount in parts) if parts else draw(st.integers(0, 12_000))
        data |= {"channel": draw(st.sampled_from([None, "online"])), "rep_id": draw(reps), "region": draw(regions)}
    else:
        data["revision"] = draw(st.one_of(st.none(), revisions))
    kept = {name: value for name, value in data.items() if value is not None}
    return event(f"order.{kind}", draw(orders), draw(times), event_id=draw(ids), **kept)


@st.composite
def answer_events(draw: st.DrawFn) -> Event:
    """Answers and invitations of the same few ids, and rounds of the pulse."""
    kind = draw(st.sampled_from(["nps.answered", "nps.answered", "survey.invited", "pulse.published"]))
    data: dict[str, object] = {"revision": draw(revisions)}
    subject: str | None = draw(st.sampled_from(["N1", "N2", "N3"]))
    if kind == "nps.answered":
        data |= {"score": draw(st.integers(0, 10)), "touchpoint": draw(touchpoints), "rep_id": draw(reps)}
        data |= {"channel": draw(st.sampled_from([None, "online"])), "store_id": draw(st.sampled_from([None, "s1"]))}
        data |= {"region": draw(regions), "customer_id": draw(customers)}
    elif kind == "survey.invited":
        data |= {"survey": draw(st.sampled_from(["nps", "nps", "other"])), "touchpoint": draw(touchpoints)}
        data["delivered"] = draw(st.booleans())
    else:
        subject = None
        data |= {"round_id": draw(st.sampled_from(["r1", "r2"])), "team_id": draw(st.sampled_from(["all", "north"]))}
        data |= {"opened_on": "2026-10-01", "closed_on": draw(st.sampled_from(["2026-10-31", "2026-11-20"]))}
        n, mean = draw(st.sampled_from([(None, None), (7, 7.5), (9, None)]))
        figure = {"question": "overall", "n": n, "mean": mean}
        data["figures"] = [{name: value for name, value in figure.items() if value is not None}]
    kept = {name: value for name, value in data.items() if value is not None}
    return event(kind, subject, draw(times), event_id=draw(ids), **kept)


@st.composite
def price_events(draw: st.DrawFn) -> Event:
    """Watch lists of at most two pages, our price and readings of the same few products."""
    kind = draw(st.sampled_from(["price.observed", "price.observed", "price.observed", "price.own", "product.watched"]))
    data: dict[str, object] = {"revision": draw(revisions)}
    pairs = {"p1": "acme", "p2": "bolt"}
    currency = draw(st.sampled_from(["EUR", "EUR", "USD", "JPY"]))
    if kind == "product.watched":
        listed = draw(st.sampled_from([["p1", "p2"], ["p1", "p2"], ["p1"], ["p2"], []]))
        data["pairs"] = [{"pair_id": pair, "competitor": pairs[pair], "interval_s": 3600} for pair in listed]
    elif kind == "price.own":
        data |= {"price_minor": draw(prices), "currency": currency}
    else:
        pair = draw(st.sampled_from(["p1", "p2"]))
        data |= {"pair_id": pair, "competitor": pairs[pair]}
        data["verdict"] = draw(st.sampled_from(["trusted", "trusted", "trusted", "quarantined", "stale", "gone"]))
        if data["verdict"] in ("trusted", "quarantined"):
            data |= {"price_minor": draw(prices), "currency": currency, "list_price_minor": draw(prices)}
            data["stock"] = draw(st.sampled_from([None, "in_stock", "limited", "preorder", "out_of_stock"]))
    kept = {name: value for name, value in data.items() if value is not None}
    return event(kind, draw(st.sampled_from(["LAMP", "DESK/1"])), draw(times), event_id=draw(ids), **kept)


@st.composite
def offer_events(draw: st.DrawFn) -> Event:
    """Offers of the same few ids, and answers that are now and then corrected."""
    kind = draw(st.sampled_from(["made", "made", "answered"]))
    data: dict[str, object] = {"revision": draw(revisions)}
    if kind == "made":
        data |= {"kind": draw(st.sampled_from(["up_sell", "cross_sell"])), "rep_id": draw(st.sampled_from("xy"))}
        data |= {"technique": draw(st.sampled_from(["bundle", "demo"])), "offered_sku": draw(st.sampled_from("abz"))}
        data["base_sku"] = draw(st.sampled_from(["a", "b", None]))
    else:
        data["outcome"] = draw(st.sampled_from(["accepted", "accepted", "accepted", "refused"]))
        worth = {"amount_delta_minor": draw(amounts), "currency": draw(currencies)}
        data |= draw(st.sampled_from([worth, worth, worth, {}]))
    kept = {name: value for name, value in data.items() if value is not None}
    return event(f"offer.{kind}", draw(offers), draw(times), event_id=draw(ids), **kept)


@st.composite
def offer_sales(draw: st.DrawFn) -> Event:
    """Orders whose lines mostly bear an offer, and of which mostly a part is given back."""
    kind = draw(st.sampled_from(["placed", "placed", "returned", "returned", "cancelled"]))
    data: dict[str, object] = {}
    borne = st.tuples(st.sampled_from("ab"), st.integers(0, 900), st.one_of(offers, offers, st.none()))
    if kind == "placed":
        sold = draw(st.lists(borne, min_size=1, max_size=4))
        data |= {"channel": "online", "currency": draw(currencies), "revision": draw(revisions)}
        data["lines"] = [line(gross, sku=sku, offer=offer, rep=draw(reps)) for sku, gross, offer in sold]
    elif kind == "returned":
        back = draw(st.lists(borne, max_size=3))
        data |= {"return_id": draw(st.sampled_from(["r1", "r2"])), "currency": draw(st.sampled_from(["EUR", "USD"]))}
        data["lines"] = [_returned(sku, amount, offer) for sku, amount, offer in back]
        data |= {"amount_minor": sum(amount for _, amount, _ in back) if back else draw(st.integers(0, 900))}
        data["revision"] = draw(revisions)
    else:
        data["revision"] = draw(st.integers(0, 1))
    return event(f"order.{kind}", draw(orders), draw(times), event_id=draw(ids), **data)


def _returned(sku: str, amount: int, offer: str | None) -> dict[str, object]:
    back = {"sku": sku, "quantity": 1, "amount_minor": amount}
    return back if offer is None else {**back, "offer_id": offer}


def few_or_many(events: st.SearchStrategy[Event]) -> st.SearchStrategy[list[Event]]:
    """Lists of any length: Hypothesis alone makes them of five on average, in which little meets."""
    return st.one_of(st.lists(events, max_size=10), st.lists(events, min_size=15, max_size=40))


offer_histories = few_or_many(st.one_of(offer_events(), offer_events(), offer_sales(), offer_sales(), order_events()))


Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several."""


def _contacted(pick: Pick) -> Event:
    """A contact of few ids, so that some are corrected."""
    data = {"contact_id": pick("klmnop"), "medium": pick(["mail", "phone"]), "revision": pick([0, 0, 1, 2])}
    whose = {"campaign_id": pick([None, *CAMPAIGNS]), "rep_id": pick([None, "ana", "bob", "unassigned"])}
    return _said(pick, "customer.contacted", pick(CUSTOMERS), **data, **whose)


def _assigned(pick: Pick) -> Event:
    data = {"campaign_id": pick(CAMPAIGNS), "group": pick(["contact", "holdout"]), "revision": pick(range(3))}
    return _said(pick, "customer.assigned", pick(CUSTOMERS), **data)


def _ordered(pick: Pick) -> Event:
    """An order, bare of what customers are not told of; it may move from one to another, or to nobody."""
    order, revision = pick("OPQRSTUV"), pick([0, 0, 1, 2])
    kind = pick([*["placed"] * 8, "returned", "cancelled"])
    if kind == "returned":
        back = {"return_id": "r", "currency": "EUR", "amount_minor": pick([50, 100])}
        return _said(pick, "order.returned", order, revision=revision, **back)
    if kind == "cancelled":
        return _said(pick, "order.cancelled", order, revision=pick([None, revision]))
    sold = {"channel": "online", "currency": "EUR", "lines": [line(100)]}
    return _said(pick, "order.placed", order, revision=revision, customer_id=pick([None, *CUSTOMERS * 3]), **sold)


def _answered(pick: Pick) -> Event:
    data = {"score": pick(range(11)), "touchpoint": "shop", "revision": pick(range(3))}
    return _said(pick, "nps.answered", pick("NM"), customer_id=pick([None, *CUSTOMERS]), **data)


def _said(pick: Pick, event_type: str, subject: str, **data: Any) -> Event:
    kept = {name: value for name, value in data.items() if value is not None}
    return event(event_type, subject, pick(BORDERS), event_id=pick(["i1", "i2"]), **kept)


@st.composite
def customer_events(draw: st.DrawFn) -> Event:
    """Contacts of two customers, mostly of one, and draws into two campaigns."""
    make = draw(st.sampled_from([_contacted, _contacted, _assigned]))
    return make(lambda several: draw(st.sampled_from(several)))


def _those_told(seed: int, are_told: Sequence[bool]) -> list[Event]:
    """Some of what could be said of customers, and of the orders and answers that are theirs."""
    random = Random(seed)
    kinds = [_ordered, _ordered, _contacted, _contacted, _assigned, _answered]
    said = [random.choice(kinds)(random.choice) for _ in are_told]
    return [each for each, is_told in zip(said, are_told, strict=True) if is_told]


customer_histories = st.builds(_those_told, st.integers(0, 2**32), st.lists(st.booleans(), min_size=80, max_size=80))
"""Some forty events, of which what fails is left over; Hypothesis alone says five, in which little meets."""

price_histories = st.lists(price_events(), max_size=40)
histories = st.lists(
    st.one_of(lead_events(), order_events(), offer_events(), answer_events(), customer_events(), price_events()),
    max_size=25,
)
