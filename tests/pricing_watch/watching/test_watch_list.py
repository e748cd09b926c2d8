"""Changing what is watched: what is published with it, and who may edit what."""

import pytest

from services.common.errors import Conflict, NotFound
from services.pricing_watch import store
from tests.pricing_watch.parts import Service, page, product


async def test_a_product_is_published_with_its_pairs_and_our_price(service: Service) -> None:
    lamp = product("A", page("https://rival.example/a", interval="1h"), own_price="12.90", currency="EUR")
    assert await service.watch_list.keep(lamp) is True
    watched, own = await service.events()
    assert (watched.type, watched.subject) == ("product.watched", "A")
    assert [(pair.competitor, pair.interval_s) for pair in watched.data.pairs] == [("rival", 3600)]
    assert (own.data.price_minor, own.data.currency) == (1290, "EUR")


async def test_saying_the_same_again_tells_nothing(service: Service) -> None:
    lamp = product("A", page("https://rival.example/a"), own_price="12.90", currency="EUR")
    await service.watch_list.keep(lamp)
    assert await service.watch_list.keep(lamp) is False
    assert len(await service.events()) == 2


async def test_only_what_changes_is_told(service: Service) -> None:
    await service.watch_list.keep(product("A", page("https://rival.example/a"), own_price="12.90", currency="EUR"))
    await service.watch_list.keep(product("A", page("https://rival.example/a"), own_price="11.90", currency="EUR"))
    await service.watch_list.keep(product("A", page("https://rival.example/b"), own_price="11.90", currency="EUR"))
    assert [event.type for event in await service.events()][2:] == ["price.own", "product.watched"]


async def test_a_product_that_is_dropped_has_no_pairs_and_no_price(service: Service) -> None:
    await service.watch_list.keep(product("A", page("https://rival.example/a"), own_price="12.90", currency="EUR"))
    await service.watch_list.drop("A")
    watched, own = (await service.events())[2:]
    assert (watched.data.pairs, own.data.price_minor) == ((), 0)
    with pytest.raises(NotFound):
        await service.watch_list.one("A")
    with pytest.raises(NotFound):
        await service.watch_list.drop("A")


async def test_the_file_owns_what_stands_in_it(service: Service) -> None:
    await service.watch_list.keep(product("A", page("https://rival.example/a")))
    await service.watch_list.keep(product("B", page("https://rival.example/b")))
    assert await service.watch_list.follow_file([product("A", page("https://rival.example/a2"))]) == 1
    with pytest.raises(Conflict, match="stands in the file"):
        await service.watch_list.keep(product("A"))
    with pytest.raises(Conflict):
        await service.watch_list.drop("A")
    assert await service.watch_list.follow_file([]) == 1
    assert [each.product.sku for each in await service.watch_list.page(after="", limit=10)] == ["B"]


async def test_a_pair_that_stays_keeps_its_turn_and_its_belief(service: Service) -> None:
    await service.watch_list.keep(product("A", page("https://rival.example/a"), page(competitor="by-hand")))
    before = await service.database.read(lambda connection: store.page(connection, "A", "rival"))
    service.clock.pass_by(hours=1)
    await service.watch_list.keep(product("A", page("https://rival.example/a"), name="Renamed"))
    assert await service.database.read(lambda connection: store.page(connection, "A", "rival")) == before
    assert await service.database.read(lambda connection: store.page(connection, "A", "by-hand")) is None
