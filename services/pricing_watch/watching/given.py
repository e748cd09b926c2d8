"""Prices that are told instead of read: of shops that forbid robots, or that only a person sees."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Invalid, NotFound
from services.common.events.fields import CurrencyCode
from services.common.money import exponent, known_currency
from services.common.windows import Clock
from services.pricing_watch import store
from services.pricing_watch.judging.judgement import Judged
from services.pricing_watch.records import Kind, Method, Reading, Stock
from services.pricing_watch.watching.intake import GIVEN, Intake, Seen, load
from services.pricing_watch.watching.products import Competitor, Major, Sku


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
        pair = load(connection, store.page(connection, price.sku, price.competitor))
        if pair is None:
            raise NotFound(
                f"{price.competitor!r} is not watched for {price.sku!r}",
                field="competitor",
                mend="put the pair on the watch list first",
            )
        return self._intake.settle(connection, pair, seen, self._clock())


def _reading(price: GivenPrice) -> Reading:
    if not known_currency(price.currency):
        raise Invalid(f"no currency is called {price.currency!r}", field="currency", mend="send EUR, or another code")
    amount = _minor(price.price, price.currency, "price")
    if amount == 0:
        raise Invalid("is 0", field="price", mend="send the price; for what cannot be had, its stock")
    listed = None if price.list_price is None else _minor(price.list_price, price.currency, "list_price")
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


def _minor(amount: str, currency: str, field: str) -> int:
    minor = Decimal(amount).scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise Invalid(f"has more decimals than {currency}", field=field, mend="round it")
    return int(minor)
