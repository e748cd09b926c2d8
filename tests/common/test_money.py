from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.money import exponent, known_currency, part_of, round_half_even, share, to_major

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(-100, 10**9), min_size=1, max_size=30)


@given(amounts, weights)
def test_shares_lose_and_invent_nothing(amount: int, parts: list[int]) -> None:
    assert sum(share(amount, parts)) == amount


@given(amounts, weights)
def test_a_share_is_within_one_unit_of_its_exact_proportion(amount: int, parts: list[int]) -> None:
    positive = [max(0, weight) for weight in parts]
    total = sum(positive)
    for got, weight in zip(share(amount, parts), positive, strict=True):
        exact = Decimal(amount) * weight / total if total else Decimal(amount) / len(parts)
        assert abs(got - exact) < 1


@given(amounts, weights)
def test_shares_keep_the_sign(amount: int, parts: list[int]) -> None:
    assert share(-amount, parts) == [-part for part in share(amount, parts)]


def test_of_equal_remainders_the_first_takes_the_unit() -> None:
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(2, [1, 1, 1]) == [1, 1, 0]


def test_nothing_cannot_take_a_share() -> None:
    with pytest.raises(ValueError, match="over nothing"):
        share(1, [])


@given(amounts, st.integers(-(10**15), 10**15), st.integers(1, 10**15))
def test_a_part_is_the_nearest_integer(amount: int, part: int, whole: int) -> None:
    assert 2 * abs(part_of(amount, part, whole) * whole - amount * part) <= whole


@given(amounts, st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_part_is_never_more_than_all_and_keeps_the_sign(amount: int, part: int, rest: int) -> None:
    whole = part + rest or 1
    assert 0 <= part_of(amount, part, whole) * (1 if amount > 0 else -1) <= abs(amount)


@pytest.mark.parametrize(("amount", "half"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (2, 1)])
def test_half_a_part_goes_to_the_even_integer(amount: int, half: int) -> None:
    assert part_of(amount, 1, 2) == half


@pytest.mark.parametrize(("code", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_exponents_are_those_of_iso_4217(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


@pytest.mark.parametrize("code", ["XXQ", "eur", "", "XAU"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    assert not known_currency(code)
    with pytest.raises(Invalid, match="ISO 4217"):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "rounded"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("-0.5", 0), ("-1.5", -2), ("2.51", 3)]
)
def test_a_half_goes_to_the_even_integer(text: str, rounded: int) -> None:
    assert round_half_even(Decimal(text)) == rounded


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_major_units_are_exact(minor: int, currency: str) -> None:
    assert to_major(minor, currency) * 10 ** exponent(currency) == minor
