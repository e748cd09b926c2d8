"""Prices that are told instead of read: of shops that forbid robots, or that only a person sees."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Invalid
from services.common.events.fields import CurrencyCode
from services.common.money import known_currency
from services.common.windows import Clock
from services.pricing_watch.judging.judgement import Judged
from services.pricing_watch.records import Kind, Method, Reading, Stock
from services.pricing_watch.watching.intake import GIVEN, Intake, Seen, find
from services.pricing_watch.watching.products import Competitor, Major, Sku, minor_of


class GivenPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A competitor's price as it is seen there: with or without tax, for their pack, as the watch list says.

    `confirmed`: whoever gives it has looked twice, so that it is believed even when it halves or doubles.
    """

    sku: Sku
    competitor: Competitor
    price: Major
    currency: CurrencyCode
    list_price: Major | None = None
    stock: Stock | None = None
    confirmed: bool = False
    note: Annotated[str, Meta(max_length=300, description="Where it was seen.", examples=["leaflet of week 48"])] = ""


class Given:
    """Takes prices that are told."""

    def __init__(self, database: Database, intake: Intake, clock: Clock, written: Callable[[], None]) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._written = written

    async def give(self, price: GivenPrice) -> Judged:
        """Take in a price, and say what is believed now.

        :raises Invalid: naming the field that cannot be.
        :raises NotFound: when the pair is not watched.
        """
        seen = Seen(GIVEN, price.note or "given", _reading(price), is_confirmed=price.confirmed)
        judged = await self._database.write(partial(self._take, price=price, seen=seen))
        self._written()
        return judged

    def _take(self, connection: Connection, price: GivenPrice, seen: Seen) -> Judged:
        pair = find(connection, price.sku, price.competitor)
        return self._intake.settle(connection, pair, seen, self._clock())


def _reading(price: GivenPrice) -> Reading:
    if not known_currency(price.currency):
        raise Invalid(f"no currency is called {price.currency!r}", field="currency", mend="send EUR, or another code")
    amount = minor_of(price.price, price.currency, "price")
    if amount == 0:
        raise Invalid("is 0", field="price", mend="send the price; for what cannot be had, its stock")
    listed = None if price.list_price is None else minor_of(price.list_price, price.currency, "list_price")
    return Reading(
        price_minor=amount,
        currency=price.currency,
        list_price_minor=listed if listed is not None and listed > amount else None,
        stock=price.stock,
        kind=Kind.SINGLE,
        method=Method.GIVEN,
        confidence=1.0,
        reason=price.note or "given",
    )
