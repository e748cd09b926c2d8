"""The draw: the same wherever it is made, as fair as chance, and of nothing but seed, campaign and customer."""

import subprocess
import sys
from collections import Counter
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.campaigns.drawing import draw, position
from services.ingest.campaigns.records import Campaign, Group
from tests.ingest.campaigns.parts import customers
from tests.support.clock import START

ids = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
shares = st.floats(0, 1, exclude_min=True, exclude_max=True)

MANY = customers(20_000)
SEEDS = [f"seed {number}" for number in range(20)]
CHI_SQUARE_99 = 148.23
"""Passed by chi-square with 99 degrees of freedom once in a thousand times."""
CHI_SQUARE_1 = 10.83
"""The same with one degree of freedom."""


def campaign(share: float, seed: str = "s", name: str = "autumn") -> Campaign:
    return Campaign(name, name, share, seed, START)


@given(seed=ids, name=ids, customer=ids)
def test_a_position_lies_between_0_and_1_and_is_always_the_same(seed: str, name: str, customer: str) -> None:
    assert 0 <= position(seed, name, customer) < 1
    assert position(seed, name, customer) == position(seed, name, customer)


@given(seed=ids, name=ids, customer=ids, share=shares, greater=shares)
def test_who_is_contacted_is_so_with_every_greater_share(
    seed: str, name: str, customer: str, share: float, greater: float
) -> None:
    share, greater = sorted((share, greater))
    if draw(campaign(share, seed, name), customer) is Group.CONTACT:
        assert draw(campaign(greater, seed, name), customer) is Group.CONTACT


@given(name=ids, customer=ids, more=ids)
def test_where_one_id_ends_and_another_begins_counts(name: str, customer: str, more: str) -> None:
    assert position("s", name + more, customer) != position("s", name, more + customer)


def test_the_draw_is_the_one_of_every_version_and_process() -> None:
    """Were it another, who was drawn before could not be worked out again."""
    known = {
        ("s", "autumn", "C-1"): 0.944900433574,
        ("s", "été", "Ä-1"): 0.514835961504,
        ("2026", "a", "b"): 0.512035118086,
    }
    assert {triple: round(position(*triple), 12) for triple in known} == known
    program = f"from services.ingest.campaigns.drawing import position\nprint([position(*t) for t in {[*known]!r}])"
    for hash_seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert told.stdout.strip() == repr([position(*triple) for triple in known]), told.stderr


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_the_share_is_kept(seed: str, share: float) -> None:
    """Within 3.3 standard deviations, which chance leaves once in a thousand times; the seeds are fixed."""
    contacted = sum(draw(campaign(share, seed), customer) is Group.CONTACT for customer in MANY)
    assert abs(contacted - share * len(MANY)) <= 3.3 * sqrt(len(MANY) * share * (1 - share))


@pytest.mark.parametrize("seed", SEEDS)
def test_positions_are_spread_evenly(seed: str) -> None:
    found = Counter(int(position(seed, "autumn", customer) * 100) for customer in MANY)
    expected = len(MANY) / 100
    assert sum((found[cell] - expected) ** 2 / expected for cell in range(100)) < CHI_SQUARE_99


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize(
    "other", [campaign(0.7, name="winter"), campaign(0.7, seed="t")], ids=["of another campaign", "by another seed"]
)
def test_a_draw_says_nothing_of_one(other: Campaign, number: int) -> None:
    """Chi-square of the table of both draws, 2 x 2; the customers are fixed."""
    asked = [f"{number}/{customer}" for customer in MANY]
    table = Counter((draw(campaign(0.7), customer), draw(other, customer)) for customer in asked)
    chi_square = 0.0
    for mine in Group:
        for its in Group:
            row = sum(table[mine, group] for group in Group)
            column = sum(table[group, its] for group in Group)
            expected = row * column / len(asked)
            chi_square += (table[mine, its] - expected) ** 2 / expected
    assert chi_square < CHI_SQUARE_1
