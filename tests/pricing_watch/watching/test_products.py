"""Products as they are watched: what a pair is named after, and the way there and back through a table."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.watching.products import CompetitorPage, Product, pair_id
from services.pricing_watch.watching.watch_file import read_product
from services.pricing_watch.watching.watch_table import from_rows, to_rows

words = st.text("abcÀ é-_/.", min_size=1, max_size=12).map(lambda text: "x" + text.strip())
numbers = st.from_regex(r"[1-9][0-9]{0,4}(\.[0-9]{1,2})?", fullmatch=True)
intervals = st.sampled_from(["60s", "15m", "6h", "1d"])
pages = st.builds(
    CompetitorPage,
    competitor=words,
    page=st.builds("https://rival.example/{}".format, st.integers(0, 99)),
    sku=st.none() | words,
    name=st.none() | words,
    selector=st.none() | st.sampled_from([".price", "xpath://b", "json:offers.price"]),
    locale=st.none() | st.sampled_from(["fr-FR", "de", "en_GB"]),
    currency=st.none() | st.just("EUR"),
    vat=st.sampled_from(["included", "excluded"]),
    vat_rate=st.sampled_from(["20", "8.1"]),
    pack=numbers,
    interval=intervals,
    cheapest=st.booleans(),
    render=st.booleans(),
)
products = st.builds(
    Product,
    sku=words,
    name=words,
    own_price=st.none() | numbers,
    currency=st.just("EUR"),
    pack=numbers,
    competitors=st.lists(pages, max_size=4, unique_by=lambda page: page.competitor).map(tuple),
)


@given(products)
def test_a_product_comes_back_from_a_table_as_it_was(product):
    assert read_product(from_rows(list(to_rows(product)))) == product


CHANGED = {"page": "https://rival.example/other", "locale": "it", "selector": ".other"}


@given(pages, st.sampled_from(["page", "sku", "name", "selector", "pack", "locale"]))
def test_a_pair_is_another_one_when_its_price_means_something_else(page, field):
    product = Product(sku="A", name="A", competitors=(page,))
    other = msgspec.structs.replace(page, **{field: CHANGED.get(field, "77777")})
    assert pair_id(product, other) != pair_id(product, page)


@given(pages, intervals)
def test_a_pair_is_the_same_when_it_is_only_read_at_other_times(page, interval):
    product = Product(sku="A", name="A", own_price="1", currency="EUR", competitors=(page,))
    renamed = msgspec.structs.replace(product, name="B", own_price="2")
    other = msgspec.structs.replace(page, interval=interval)
    assert pair_id(renamed, other) == pair_id(product, page)


@given(products, products)
def test_pairs_of_different_products_and_competitors_have_different_names(one, other):
    names = [*one.pairs, *other.pairs] if one.sku != other.sku else [*one.pairs]
    assert len(names) == len(set(names))
