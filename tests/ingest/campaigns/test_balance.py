"""The check of the balance: right, quiet where chance alone is at work, and loud where somebody meddled."""

from collections import Counter
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.campaigns.balance import FEWEST, Tally, check_balance
from services.ingest.campaigns.drawing import draw
from services.ingest.campaigns.records import Campaign, Group
from tests.ingest.campaigns.parts import customers
from tests.support.clock import START

tallies = st.lists(
    st.builds(Tally, st.floats(0.05, 0.95), st.sampled_from(Group), st.integers(1, 500)), min_size=1, max_size=8
)


def drawn(share: float, contact: int, holdout: int) -> list[Tally]:
    return [Tally(share, Group.CONTACT, contact), Tally(share, Group.HOLDOUT, holdout)]


@given(tallies)
def test_chi_square_is_that_of_the_draws_one_by_one(tallies: list[Tally]) -> None:
    found = check_balance(tallies)
    difference = variance = 0.0
    for share, group, number in tallies:
        for _ in range(number):
            difference += (group is Group.CONTACT) - share
            variance += share * (1 - share)
    if found.chi_square is not None:
        assert isclose(found.chi_square, difference**2 / variance, rel_tol=1e-6, abs_tol=1e-9)


@given(tallies)
def test_it_says_the_same_of_the_other_group(tallies: list[Tally]) -> None:
    other = {Group.CONTACT: Group.HOLDOUT, Group.HOLDOUT: Group.CONTACT}
    mirrored = [Tally(1 - share, other[group], number) for share, group, number in tallies]
    found, mirror = check_balance(tallies), check_balance(mirrored)
    assert found.verdict == mirror.verdict
    if found.chi_square is not None:
        assert mirror.chi_square is not None
        assert isclose(found.chi_square, mirror.chi_square, rel_tol=1e-6, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("contact", "chi_square", "p"), [(500, 0.0, 1.0), (531, 3.844, 0.04992), (552, 10.816, 0.001006)]
)
def test_p_is_that_of_the_tables(contact: int, chi_square: float, p: float) -> None:
    """Of chi-square with one degree of freedom: 3.841 is passed once in 20 times, 10.828 once in a thousand."""
    found = check_balance(drawn(0.5, contact, 1000 - contact))
    assert found.chi_square == pytest.approx(chi_square)
    assert found.p == pytest.approx(p, rel=1e-3)
    assert found.verdict == "balanced"


def test_what_chance_hardly_does_is_a_warning_that_says_what_to_do() -> None:
    found = check_balance(drawn(0.5, 553, 447))
    assert found.verdict == "unbalanced"
    assert "553 of 1,000 drawn to be contacted, 500.0 expected" in found.text
    assert "Find out why" in found.text


@pytest.mark.parametrize(
    ("share", "contact", "holdout"), [(0.5, 0, 0), (0.5, FEWEST - 1, 0), (0.999, 4000, 0), (0.001, 0, 4000)]
)
def test_of_few_nothing_is_said(share: float, contact: int, holdout: int) -> None:
    found = check_balance(drawn(share, contact, holdout))
    assert (found.verdict, found.p) == ("too_few", None)
    assert found.text.startswith("too few to say")


def test_shares_that_changed_count_as_they_were() -> None:
    assert check_balance([*drawn(0.9, 900, 100), *drawn(0.5, 500, 500)]).chi_square == pytest.approx(0)
    assert check_balance(drawn(0.9, 1400, 600)).verdict == "unbalanced"


def test_of_honest_draws_hardly_any_is_warned_of() -> None:
    """1,000 campaigns of fixed seeds, each looked at after 100, 300 and 1,000 customers."""
    verdicts: Counter[str] = Counter()
    for number in range(1000):
        campaign = Campaign("autumn", "", 0.8, f"seed {number}", START)
        groups = [draw(campaign, customer) for customer in customers(1000)]
        for looked_at in (100, 300, 1000):
            found = Counter(groups[:looked_at])
            verdicts[check_balance(drawn(0.8, found[Group.CONTACT], found[Group.HOLDOUT])).verdict] += 1
    assert verdicts["balanced"] + verdicts["unbalanced"] == 3000
    assert verdicts["unbalanced"] <= 9
