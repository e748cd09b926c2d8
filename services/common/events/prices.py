"""Events about prices, ours and competitors'. Topic `cadran.prices`, subject: our sku."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from services.common.events.fields import (
    Amount,
    CurrencyCode,
    Data,
    Id,
    Name,
    Problem,
    Statement,
    Text,
    amount_needs_currency,
)

Stock = Literal["in_stock", "limited", "preorder", "backorder", "out_of_stock", "discontinued"]


class WatchedPair(Data, frozen=True, kw_only=True):
    """One competitor's page for one of our products."""

    pair_id: Id
    competitor: Name
    interval_s: Annotated[int, Meta(ge=1, le=366 * 86400, description="Seconds between readings.", examples=[21600])]


class ProductWatched(Statement, frozen=True, kw_only=True):
    """The pages watched for a product; a pair that is no longer listed is dropped."""

    pairs: Annotated[tuple[WatchedPair, ...], Meta(max_length=1000)]


class PriceObserved(Statement, frozen=True, kw_only=True):
    """A competitor's price was read and judged: a consumer price, tax included, per our unit."""

    pair_id: Id
    competitor: Name
    verdict: Literal["trusted", "quarantined", "stale", "gone"]
    price_minor: Amount | None = None
    currency: CurrencyCode | None = None
    stock: Stock | None = None
    list_price_minor: Amount | None = None
    method: Name | None = None
    evidence: Text | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        if self.verdict == "trusted" and self.price_minor is None:
            return [Problem("price_minor", "is missing beside the verdict `trusted`", "send the price that is trusted")]
        return amount_needs_currency(self, "price_minor")


class PriceOwn(Statement, frozen=True, kw_only=True):
    """Our own price, tax included."""

    price_minor: Amount
    currency: CurrencyCode
