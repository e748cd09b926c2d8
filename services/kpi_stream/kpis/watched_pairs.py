"""What people are told of the pairs behind a price index."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from services.kpi_stream.entities.levels import Closing
from services.kpi_stream.entities.product import OwnPrice, Product, Reading, Standing, pairs_of, standings
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Subject
from services.kpi_stream.kpis.price_cells import log_ratio
from services.kpi_stream.measures import date_of


class Price(msgspec.Struct, frozen=True):
    """A price of ours."""

    price_minor: int
    currency: str


class LastRead(msgspec.Struct, frozen=True):
    """What was last read on a competitor's page, and how; `event` is the id of the event that says so."""

    at: datetime
    verdict: str
    price_minor: int | None
    currency: str | None
    list_price_minor: int | None
    stock: str | None
    method: str | None
    event: str


class WatchedPair(msgspec.Struct, frozen=True):
    """A pair at the close of a day: ours / theirs where both are of one currency, and whether the index counts it.

    `since`: the day from which it has stood so, whatever was read again.
    """

    pair_id: str
    competitor: str
    ratio: float | None
    counts: bool
    since: date
    own: Price | None
    read: LastRead | None


def watched_pairs(product: Product, subject: Subject, last_day: int) -> Sequence[WatchedPair]:
    """A product's pairs that are watched at the close of a day (since 1970-01-01), the dearest of ours first."""
    found = [each for pair in pairs_of(product) if (each := _at_close(product, pair, last_day)) is not None]
    own = [each for each in found if subject.cut is ALL or each.competitor == subject.member]
    return sorted(own, key=lambda each: (-(each.ratio or 0), each.pair_id))


def _at_close(product: Product, pair: str, last_day: int) -> WatchedPair | None:
    since, standing = 0, None
    for day, now in standings(product, pair):
        if day > last_day:
            break
        if _but_for_time(now) != _but_for_time(standing):
            since = day
        standing = now
    if standing is None:
        return None
    return WatchedPair(
        pair_id=pair,
        competitor=standing.competitor,
        ratio=_ratio(standing),
        counts=log_ratio(standing.own, standing.trusted) is not None,
        since=date_of(since),
        own=Price(standing.own.price, standing.own.currency) if standing.own else None,
        read=_last_read(standing.read) if standing.read else None,
    )


def _but_for_time(standing: Standing | None) -> tuple[str, OwnPrice | None, Reading | None] | None:
    if standing is None:
        return None
    return standing.competitor, standing.own, standing.read.value if standing.read else None


def _ratio(standing: Standing) -> float | None:
    own, theirs = standing.own, standing.trusted
    if own is None or theirs is None or theirs.price is None or own.currency != theirs.currency:
        return None
    return round(own.price / theirs.price, 4)


def _last_read(read: Closing[Reading]) -> LastRead:
    value = read.value
    return LastRead(
        at=datetime.fromtimestamp(read.at / 1_000_000, UTC),
        verdict=value.verdict,
        price_minor=value.price,
        currency=value.currency,
        list_price_minor=value.list_price,
        stock=value.stock,
        method=value.method,
        event=read.event_id,
    )
