"""Prices are made comparable exactly: tax in, for as much as our pack holds."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.judging.comparable import comparable
from services.pricing_watch.watching.products import CompetitorPage, Product


def pair(ours="1", theirs="1", vat="included", rate="20"):
    page = CompetitorPage(competitor="rival", page="https://rival.example/x", vat=vat, vat_rate=rate, pack=theirs)
    return Product(sku="A", name="A", pack=ours, competitors=(page,)), page


@given(st.integers(1, 10**9), st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 30), st.booleans())
def test_it_is_the_exact_fraction_rounded_once(amount, ours, theirs, rate, is_excluded):
    product, page = pair(str(ours), str(theirs), "excluded" if is_excluded else "included", str(rate))
    exact = Fraction(amount * ours, theirs) * (Fraction(100 + rate, 100) if is_excluded else 1)
    assert comparable(amount, product, page) == round(exact)  # Python rounds a half to the even one


def test_a_pack_of_six_against_one_of_four():
    product, page = pair("6", "4")
    assert comparable(800, product, page) == 1200


def test_a_price_without_tax():
    assert comparable(10_000, *pair(vat="excluded", rate="8.1")) == 10_810
