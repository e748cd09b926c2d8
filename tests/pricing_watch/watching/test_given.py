"""Prices that are told instead of read."""

import pytest

from services.common.errors import Invalid, NotFound
from services.pricing_watch.records import Stock
from services.pricing_watch.watching.given import GivenPrice
from tests.pricing_watch.parts import Service, page, product


@pytest.fixture
async def watched(service: Service) -> Service:
    await service.watch_list.keep(product("A", page(competitor="by-hand", vat="excluded", vat_rate="20", pack="2")))
    return service


def given(price: str = "10.00", **fields: object) -> GivenPrice:
    return GivenPrice(**{"sku": "A", "competitor": "by-hand", "price": price, "currency": "EUR", **fields})


async def test_a_price_is_made_comparable_judged_and_published(watched: Service) -> None:
    await watched.given.give(given("10.00", list_price="12.00", stock=Stock.LIMITED, note="leaflet of week 48"))
    (event,) = await watched.events("price.observed")
    data = event.data
    assert (data.verdict, data.price_minor, data.list_price_minor, data.stock) == ("trusted", 600, 720, "limited")
    assert data.method == "given"


async def test_a_slip_waits_unless_it_is_confirmed(watched: Service) -> None:
    for price in (given("10.00"), given("1000.00"), given("10.50"), given("100.00", confirmed=True)):
        await watched.given.give(price)
    told = [verdict for verdict, _ in await watched.verdicts()]
    assert told == ["trusted", "quarantined", "trusted", "trusted"]


@pytest.mark.parametrize(
    ("price", "field"),
    [
        (given("0"), "price"),
        (given("1.005"), "price"),
        (given("1", currency="EUX"), "currency"),
        (given("1", list_price="2.001"), "list_price"),
    ],
)
async def test_what_cannot_be_is_refused(watched: Service, price: GivenPrice, field: str) -> None:
    with pytest.raises(Invalid) as raised:
        await watched.given.give(price)
    assert raised.value.field == field
    assert await watched.verdicts() == []


async def test_a_pair_that_is_not_watched(watched: Service) -> None:
    with pytest.raises(NotFound, match="'other' is not watched for 'A'"):
        await watched.given.give(given(competitor="other"))
