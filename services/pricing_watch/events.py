"""What leaves as events: what is watched, our own prices, and every judgement."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.common.events import Event
from services.common.events.fields import Statement
from services.common.events.prices import PriceObserved, PriceOwn, ProductWatched, WatchedPair
from services.common.events.stating import state
from services.pricing_watch.judging.judgement import Price, Verdict
from services.pricing_watch.watching.products import Product

SOURCE = "/pricing-watch"


class Stating:
    """Makes events in the business time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def change(self, sku: str, before: Product | None, now: Product | None, at: datetime) -> Iterator[Event]:
        """What a change of a product's entry tells: its pairs, and our price, where they are others than before."""
        watched = _watched(now)
        if watched != _watched(before):
            yield self._state("product.watched", sku, at, watched)
        own = _own(now)
        if own != _own(before):
            # A price that is not known any more is told as 0: it is in no index.
            currency = (now.currency if now else None) or (before.currency if before else None)
            yield self._state("price.own", sku, at, own or PriceOwn(price_minor=0, currency=currency or "EUR"))

    def verdict(
        self, product: Product, pair: str, reading_id: int, verdict: Verdict, price: Price | None, at: datetime
    ) -> Event:
        """A verdict, and the price that it is about, where there is one."""
        data = PriceObserved(
            pair_id=pair,
            competitor=product.pairs[pair].competitor,
            verdict=verdict.value,
            price_minor=price.price_minor if price else None,
            currency=price.currency if price else None,
            stock=price.stock.value if price and price.stock else None,
            list_price_minor=price.list_price_minor if price else None,
            method=price.method.value if price else None,
            evidence=f"reading {reading_id}",
        )
        return self._state("price.observed", product.sku, at, data, of=f"{pair}:{reading_id}")

    def _state(self, name: str, sku: str, at: datetime, data: Statement, of: str = "") -> Event:
        return state(SOURCE, name, sku, at, data, zone=self._zone, now=at, of=of or f"{sku}:{at.timestamp():.6f}")


def _watched(product: Product | None) -> ProductWatched:
    pairs = product.pairs.items() if product else ()
    return ProductWatched(
        pairs=tuple(
            WatchedPair(pair_id=pair, competitor=page.competitor, interval_s=page.interval_s) for pair, page in pairs
        )
    )


def _own(product: Product | None) -> PriceOwn | None:
    if product is None or product.own_price_minor is None or product.currency is None:
        return None
    return PriceOwn(price_minor=product.own_price_minor, currency=product.currency)
