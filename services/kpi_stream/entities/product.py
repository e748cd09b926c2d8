"""A product of ours: our price, the competitors' pages that are watched for it, and what was read there.

Fed by `price.own`, `product.watched` and `price.observed`. Each is a level, kept by the closings of business days.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.prices import PriceObserved, PriceOwn, ProductWatched
from services.kpi_stream.entities.levels import Closing, Closings, with_closing

VERSION = 2

IN_STOCK = (None, "in_stock", "limited")
"""A page that gives a price and says nothing of stock sells it: most shops say only when they do not."""


class OwnPrice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Our price in minor units, tax included."""

    price: int
    currency: str


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A competitor's price as it was judged; minor units, tax included, per our unit."""

    verdict: str
    price: int | None
    currency: str | None
    stock: str | None
    list_price: int | None
    method: str | None

    @property
    def is_trusted(self) -> bool:
        """Is this a price to go by? One that is not above 0 is none."""
        return self.verdict == "trusted" and (self.price or 0) > 0

    @property
    def is_in_stock(self) -> bool:
        return self.stock in IN_STOCK

    @property
    def is_promotion(self) -> bool:
        return (self.list_price or 0) > (self.price or 0)


class Product(msgspec.Struct, frozen=True, array_like=True):
    """All that was said of a product. `lists`: the competitor by pair, as watched; `readings`: by pair."""

    own: Closings[OwnPrice] = {}
    lists: Closings[Mapping[str, str]] = {}
    readings: Mapping[str, Closings[Reading]] = {}


def fold(product: Product, event: Event, zone: ZoneInfo) -> Product:
    """The product, one event taken in."""
    replace = msgspec.structs.replace
    match event.data:
        case PriceOwn() as data:
            own = with_closing(product.own, event, OwnPrice(data.price_minor, data.currency), zone)
            return product if own is product.own else replace(product, own=own)
        case ProductWatched() as data:
            watched = {pair.pair_id: pair.competitor for pair in data.pairs}
            lists = with_closing(product.lists, event, watched, zone)
            return product if lists is product.lists else replace(product, lists=lists)
        case PriceObserved() as data:
            reading = Reading(
                data.verdict, data.price_minor, data.currency, data.stock, data.list_price_minor, data.method
            )
            before = product.readings.get(data.pair_id, {})
            after = with_closing(before, event, reading, zone)
            return product if after is before else replace(product, readings={**product.readings, data.pair_id: after})
    raise TypeError(f"a product has no {event.type}")


class Standing(NamedTuple):
    """How a watched pair stands at the close of a day.

    Whose page it is, our price if there is one above 0, and what was last read there since it has been watched.
    """

    competitor: str
    own: OwnPrice | None
    read: Closing[Reading] | None

    @property
    def trusted(self) -> Reading | None:
        """The price that can be gone by, if any."""
        return self.read.value if self.read and self.read.value.is_trusted else None


def pairs_of(product: Product) -> list[str]:
    """Every pair that was ever watched."""
    return sorted({pair for closing in product.lists.values() for pair in closing.value})


def standings(product: Product, pair: str) -> Iterator[tuple[int, Standing | None]]:
    """A pair at the close of each day on which something was said of it or of our price; none while it is not watched.

    What was read holds until the next reading or verdict. A drop from the watch list ends it: only what is read after
    the pair was taken up again counts. What was dropped and taken up again within a day was never dropped at a close.
    """
    readings = product.readings.get(pair, {})
    own: OwnPrice | None = None
    competitor: str | None = None
    since = 0
    read: Closing[Reading] | None = None
    for day in sorted({*product.own, *product.lists, *readings}):
        if day in product.own:
            price = product.own[day].value
            own = price if price.price > 0 else None
        if day in product.lists:
            stated = product.lists[day]
            if competitor is None:
                since, read = stated.at, None
            competitor = stated.value.get(pair)
        if day in readings and readings[day].at >= since:
            read = readings[day]
        yield day, None if competitor is None else Standing(competitor, own, read)
