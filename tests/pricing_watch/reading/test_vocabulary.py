"""The words of six languages: none of the patterns fits where nothing stands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.reading import notices
from services.pricing_watch.reading.class_names import is_apart, is_others, named_meaning
from services.pricing_watch.reading.conditions import read_condition, told_condition
from services.pricing_watch.reading.identity import gtin, likeness, same_gtin, same_number, same_page, same_variant
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.stock import told_stock
from services.pricing_watch.reading.tax_words import tax_told
from services.pricing_watch.reading.words import meaning_of


@pytest.mark.parametrize("nothing", ["", " ", "-", "xyzzy", "42"])
def test_nothing_means_nothing(nothing: str) -> None:
    assert meaning_of(nothing, nothing) is Meaning.PRICE
    told = [told_stock(nothing), told_condition(nothing), tax_told(nothing), named_meaning(nothing)]
    assert told == [None] * len(told)
    assert not any(says(nothing) for says in (is_others, is_apart))
    assert not any(one.search(nothing) for one in vars(notices).values() if isinstance(one, re.Pattern))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("https://schema.org/NewCondition", "new"),
        ("RefurbishedCondition", "refurbished"),
        ("Gebraucht", "used"),
        ("reconditionné", "refurbished"),
        ("B-Ware", "damaged"),
        ("occasion", "used"),
        ("focused", None),
    ],
)
def test_conditions(text: str, condition: str | None) -> None:
    assert read_condition(text) == condition


@given(st.integers(10**11, 10**12 - 1))
def test_a_gtin_is_the_same_with_noughts_before_it(number: int) -> None:
    assert same_gtin(str(number), f"0{number}")
    assert same_gtin(f"00{number}", str(number))
    assert not same_gtin(str(number), str(number + 1))


@given(st.text(max_size=20), st.text(max_size=20))
def test_comparing_never_raises(one: str, other: str) -> None:
    assert same_number(one, other) == same_number(other, one)
    assert same_page(one, other) == same_page(other, one)
    assert same_variant(one, other) == same_variant(other, one)
    assert likeness(one, other) <= 1
    assert gtin(one) is None or len(gtin(one) or "") == 14


def test_article_numbers_are_compared_without_their_dress() -> None:
    assert same_number("ab-0012 3", "AB00123")
    assert same_number("000123", "123")
    assert not same_number("", "")


def test_addresses_name_variants() -> None:
    assert same_variant("https://www.shop.example/p?variant=2&utm_source=x", "http://shop.example/p/?variant=2")
    assert not same_variant("https://shop.example/p?variant=2", "https://shop.example/p?variant=3")
    assert not same_variant("https://shop.example/p", "https://shop.example/p")
