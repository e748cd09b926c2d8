"""What reps propose, and what becomes of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from services.simulator.company import PAIRS, PRODUCTS, REPS, SKILL_OF, TECHNIQUES
from services.simulator.offers import BETTER, UNANSWERED
from tests.simulator.test_company import NOW, company

KINDS = {technique.name: technique.kind for technique in TECHNIQUES}
PRICES = {product.sku: product.price for product in PRODUCTS}


@cache
def history() -> tuple[dict[str, Any], ...]:
    """Some weeks, each event once."""
    return tuple({h.event["id"]: h.event for h in company(days=90).until(NOW)}.values())


def of_type(event_type: str) -> Iterator[dict[str, Any]]:
    return (event for event in history() if event["type"] == event_type)


def offers() -> dict[str, dict[str, Any]]:
    return {event["subject"]: event["data"] for event in of_type("offer.made")}


def answers() -> dict[str, dict[str, Any]]:
    return {event["subject"]: event["data"] for event in of_type("offer.answered")}


def orders() -> dict[str, dict[str, Any]]:
    """Every order as it was first placed."""
    return {event["subject"]: event["data"] for event in of_type("order.placed") if "revision" not in event["data"]}


def lines_by_offer() -> dict[str, dict[str, Any]]:
    return {line["offer_id"]: line for data in orders().values() for line in data["lines"] if "offer_id" in line}


def net(line: dict[str, Any]) -> int:
    return int(line["gross_minor"] - line.get("discount_minor", 0))


def test_an_offer_is_made_by_the_rep_and_to_the_customer_of_its_order() -> None:
    placed = orders()
    for data in offers().values():
        order = placed.get(data["order_id"])
        if order is not None:  # a late one has not arrived yet
            assert order["channel"] in {"store", "phone"}
            assert {name: order.get(name) for name in ("rep_id", "customer_id")} == {
                name: data.get(name) for name in ("rep_id", "customer_id")
            }
    assert len(offers().keys() & answers().keys()) > 1500


def test_a_technique_belongs_to_a_kind_and_what_is_better_is_dearer() -> None:
    for data in offers().values():
        assert KINDS[data["technique"]] == data["kind"]
        if data["kind"] == "up_sell":
            assert PRICES[data["offered_sku"]] > PRICES[data["base_sku"]]
            assert data["offered_sku"].split("-")[0] == data["base_sku"].split("-")[0]
    assert {sku for sku, better in BETTER.items() if better is None} == {
        "CHAIR-08", "LAMP-08", "DESK-08", "RUG-08", "VASE-08"
    }  # fmt: skip


def test_what_goes_with_a_product_is_what_is_declared_and_is_sold() -> None:
    proposed = Counter(
        (data["base_sku"], data["offered_sku"]) for data in offers().values() if data["kind"] == "cross_sell"
    )
    assert all(offered == PAIRS[base] for base, offered in proposed if base in PAIRS)
    assert set(PAIRS.items()) <= set(proposed)
    assert sum(proposed[pair] for pair in PAIRS.items()) / proposed.total() > 0.4
    assert set(PAIRS) | set(PAIRS.values()) <= set(PRICES)


def test_a_yes_brings_a_line_and_a_no_brings_none() -> None:
    lines, made = lines_by_offer(), offers()
    accepted = {offer for offer, data in answers().items() if data["outcome"] == "accepted"}
    assert set(lines) & set(answers()) <= accepted
    placed = orders()
    for offer in accepted & set(made):
        data, answer = made[offer], answers()[offer]
        assert answer["order_id"] == data["order_id"]
        if data["order_id"] not in placed:
            continue
        line = lines[offer]
        assert line["sku"] == data["offered_sku"]
        assert answer["currency"] == placed[data["order_id"]]["currency"]
        if data["kind"] == "cross_sell":
            assert answer["amount_delta_minor"] == net(line)
        else:
            assert 0 < answer["amount_delta_minor"] < net(line)


def test_some_of_what_offers_brought_is_given_back_and_most_returns_say_so() -> None:
    lines = lines_by_offer()
    brought = {
        (order_id, line["sku"]) for order_id, data in orders().items() for line in data["lines"] if "offer_id" in line
    }
    named = Counter(
        line.get("offer_id") in lines
        for event in of_type("order.returned")
        for line in event["data"]["lines"]
        if (event["subject"], line["sku"]) in brought
    )
    assert named[True] > 5
    assert 0.5 < named[True] / named.total() < 1


def test_techniques_and_reps_differ_in_what_they_achieve_and_some_offers_stay_open() -> None:
    made, outcomes = offers(), answers()
    by_technique, by_rep = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    for offer, data in made.items():
        accepted = outcomes.get(offer, {}).get("outcome") == "accepted"
        by_technique[data["technique"]].append(accepted)
        by_rep[data["rep_id"]].append(accepted)
    rates = {technique: sum(own) / len(own) for technique, own in by_technique.items()}
    assert rates["bundle"] > rates["accessory"] > rates["premium"]
    assert rates["warranty"] > rates["premium"]
    assert set(by_rep) == {rep.id for rep in REPS}
    best, worst = (pick(SKILL_OF, key=SKILL_OF.__getitem__) for pick in (max, min))
    assert sum(by_rep[best]) / len(by_rep[best]) > sum(by_rep[worst]) / len(by_rep[worst])
    unanswered = len(made.keys() - outcomes.keys()) / len(made)
    assert abs(unanswered - UNANSWERED) < 0.03
