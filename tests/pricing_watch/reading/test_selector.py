"""Selectors of the watch list: which can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.reading.selector import check_selector
from services.pricing_watch.records import Obstacle, Wanted
from tests.pricing_watch.reading.pages import HEADING, read

READABLE = [
    ".price",
    "#main > [data-price]:first-child, b",
    "xpath://span[@class='price']",
    "xpath:string(//b)",
    "json:offers.price",
    "json:product.prices[?type=='now'].value | [0]",
    "json:sort_by(offers, &price)[0].price",
]
UNREADABLE = [
    "", "   ", "xpath:", "json:", ":::", ".price[", "p::text", "xpath://b[", "xpath:nothing(//b)", "xpath://x:b",
    "json:offers[", "json:nothing(@)",
]  # fmt: skip


@pytest.mark.parametrize("selector", READABLE)
def test_a_selector_that_can_be_read(selector: str) -> None:
    assert check_selector(selector) is None


@pytest.mark.parametrize("selector", UNREADABLE)
def test_one_that_cannot(selector: str) -> None:
    problem = check_selector(selector)
    assert problem is not None
    assert problem.startswith("cannot be read: ")


@pytest.mark.parametrize("selector", [selector for selector in UNREADABLE if selector])
def test_a_page_is_refused_for_the_same_reason(selector: str) -> None:
    reading = read(HEADING, wanted=Wanted(selector=selector))
    assert reading.obstacle is Obstacle.SELECTOR
    assert (check_selector(selector) or "?") in reading.reason


@given(st.sampled_from(["", "xpath:", "json:"]), st.text(max_size=30))
def test_any_text_is_judged(kind: str, text: str) -> None:
    check_selector(kind + text)


def test_a_long_nest_is_no_fault_of_the_program() -> None:
    assert check_selector("json:" + "[" * 100_000) is not None
    assert check_selector("xpath:" + "(" * 100_000) is not None
