"""A thousand worlds of which the truth is known: what loyalty says of them, and what a careless count would have said.

In each some hundred customers buy, are drawn by lot for a campaign, are contacted or not, and come back or not. Whoever
lives alike is folded once; a world is how many live so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import product
from random import Random
from statistics import mean
from typing import NamedTuple

import pytest

from services.common.events import Event
from services.kpi_stream.kpis.kpi import Related
from services.kpi_stream.measures import Address
from tests.support.engine import Engine
from tests.support.events import at, event, line
from tests.support.world import engine_of, rows, total_row, world

WORLDS = 1000
BOUGHT = at("2026-03-02 10:00")
HERE = world("2026-07-01 12:00")
WINDOW = "2026-06-01/2026-06-30"
"""Draws are counted on June 1, spells on June 15."""

KEEN, OTHERS = 0.5, 0.1
"""How many come back, of the half that likes us anyway and of the others."""

CONTACTED_IF_KEEN, CONTACTED_IF_NOT = 0.7, 0.2


class Life(NamedTuple):
    """What happens to a customer after an order, by lot, by choice, and of their own."""

    group: str
    is_contacted: bool
    returns: bool


LIVES = [Life(*each) for each in product(("contact", "holdout"), (False, True), (False, True))]


def probability(life: Life, effect: float) -> float:
    """How many live so. `effect`: what being drawn for contact adds to the probability of coming back."""
    found = 0.0
    for returns, contacted in ((KEEN, CONTACTED_IF_KEEN), (OTHERS, CONTACTED_IF_NOT)):
        rate = returns + (effect if life.group == "contact" else 0)
        found += (contacted if life.is_contacted else 1 - contacted) * (rate if life.returns else 1 - rate)
    return found / 4


def order(name: str, customer: str, day: float) -> Event:
    sold = {"channel": "online", "currency": "EUR", "lines": [line(100)], "customer_id": customer}
    return event("order.placed", name, BOUGHT + timedelta(days=day), **sold)


def contact(customer: str, day: float) -> Event:
    return event("customer.contacted", customer, BOUGHT + timedelta(days=day), contact_id="k", medium="mail")


def lived(life: Life) -> Iterator[Event]:
    yield order("O1", "C", 0)
    yield event("customer.assigned", "C", BOUGHT + timedelta(hours=1), campaign_id="spring", group=life.group)
    if life.is_contacted:
        yield contact("C", 7)
    if life.returns:
        yield order("O2", "C", 60)


@cache
def cells_of(life: Life) -> Mapping[tuple[Address, int], int]:
    return engine_of(lived(life), HERE.now).cells


def of_many(lives: Mapping[Life, int]) -> Engine:
    """The cells of so many customers of each life."""
    engine = Engine()
    for life, number in lives.items():
        for cell, value in cells_of(life).items():
            engine.cells[cell] += number * value
    return engine


class Told(NamedTuple):
    """What loyalty says of a world."""

    gap: Related
    uplift: Related


def told_of_worlds(effect: float, seed: int) -> list[Told]:
    random = Random(seed)
    weights = [probability(life, effect) for life in LIVES]
    found = []
    for _ in range(WORLDS):
        engine = of_many(Counter(random.choices(LIVES, weights, k=random.randint(300, 600))))
        gap = total_row("loyalty", engine, HERE, window=WINDOW).related["observed_gap"]
        campaign = rows("loyalty", engine, HERE, window=WINDOW, by="campaign")["spring"]
        found.append(Told(gap, campaign.related["uplift"]))
    return found


def share_covering(truth: float, differences: Iterable[Related]) -> float:
    """In how many worlds the interval of 95 % holds the truth."""
    return mean(each.interval.low <= truth <= each.interval.high for each in differences)


def test_lives_cover_everybody() -> None:
    assert sum(probability(life, 0.08) for life in LIVES) == pytest.approx(1)


def test_where_contact_does_nothing_the_observed_gap_is_wide_and_the_hold_out_tells_the_truth() -> None:
    """Who likes us is contacted more and comes back more: the gap tells who was chosen, and is sure of itself."""
    told = told_of_worlds(effect=0.0, seed=5)
    assert mean(each.gap.value for each in told) > 0.1
    assert share_covering(0.0, (each.gap for each in told)) < 0.1
    assert 0.93 <= share_covering(0.0, (each.uplift for each in told)) <= 0.97


def test_where_contact_adds_8_points_the_hold_out_says_so() -> None:
    told = told_of_worlds(effect=0.08, seed=6)
    assert mean(each.uplift.value for each in told) == pytest.approx(0.08, abs=0.005)
    assert 0.93 <= share_covering(0.08, (each.uplift for each in told)) <= 0.97


class Months(NamedTuple):
    """What a customer does in the days after an order: none of a number means never."""

    contacted_on: int | None
    returned_on: int | None


def months(random: Random) -> Months:
    """Contact does nothing. Whoever moves away, after some weeks or months, is neither contacted then nor buys."""
    moves_on = random.randint(15, 104)
    contacted_on, returned_on = random.randint(1, 104), random.randint(15, 104)
    buys_again = random.random() < 0.6
    return Months(
        contacted_on if contacted_on <= moves_on else None,
        returned_on if buys_again and returned_on <= moves_on else None,
    )


def test_who_is_contacted_late_had_to_be_there_still() -> None:
    """Ever contacted against never, back at any time: a gap out of nothing. By the landmark there is none."""
    random = Random(7)
    by_customer = {f"C{i}": months(random) for i in range(5000)}
    careless: dict[bool, list[bool]] = defaultdict(list)
    events: list[Event] = []
    for name, (contacted_on, returned_on) in by_customer.items():
        careless[contacted_on is not None].append(returned_on is not None)
        events.append(order(f"{name}-1", name, 0))
        events += [contact(name, contacted_on)] if contacted_on is not None else []
        events += [order(f"{name}-2", name, returned_on)] if returned_on is not None else []

    gap = total_row("loyalty", engine_of(events, HERE.now), HERE, window=WINDOW).related["observed_gap"]

    assert mean(careless[True]) - mean(careless[False]) > 0.15
    assert gap.interval.low < 0 < gap.interval.high
    assert abs(gap.value) < 0.04
