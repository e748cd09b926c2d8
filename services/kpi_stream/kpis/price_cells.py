"""What a product adds to cells: its watched pairs as levels, by competitor and over all.

A pair adds to a level on the day it begins and takes the same away on the day it ends, so that all changes up to a
day's end add up to what stood at its close.
"""

from collections.abc import Iterator
from decimal import Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.common.events.subjects import joined
from services.common.money import round_half_even, to_major
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.product import OwnPrice, Product, Reading, Standing, pairs_of, standings
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import DAILY, NOW, Fact, MeasureGroup, Member, day_at, noon_of

PAIRS = MeasureGroup(
    "price_pairs",
    ("watched", "trusted", "no_own_price", "promotions", "undercuts", "undercut_log"),
    DAILY,
    is_level=True,
)
RATIOS = MeasureGroup("price_ratios", ("pairs", "log"), DAILY, is_level=True)
"""Pairs that the index is made of, and their sum of ln(ours) - ln(theirs), in major units and millionths; also by the
two currencies, as only the reader knows rates."""
MOVES = MeasureGroup("price_moves", ("rises", "falls"), DAILY)
LAST_READ = MeasureGroup("price_last_read", ("readings",), DAILY)
"""Trusted prices that hold by all that was said until now, on the days on which they were read."""
PRODUCTS = MeasureGroup("price_products", ("pairs", "log"), (NOW,))
"""`RATIOS` as they are now, by product and currencies."""

CURRENCIES = "currencies"
COMPETITOR_CURRENCIES = "competitor,currencies"
PRODUCT_CURRENCIES = "product,currencies"

MILLION = 6
"""Decimals of a logarithm in cells."""
EXACT = Context(prec=34)
"""Logarithms are correctly rounded to so many digits, so that every machine gives the same millionths."""

Height = tuple[MeasureGroup, tuple[Member, ...], tuple[int, ...]]


def contributions(sku: str, product: Product, declared: Declared) -> Iterator[Fact]:
    """Of every pair: the changes of its levels, its moves, and how it stands now."""
    for pair in pairs_of(product):
        yield from _of_pair(sku, product, pair, declared.zone)


def _of_pair(sku: str, product: Product, pair: str, zone: ZoneInfo) -> Iterator[Fact]:
    before: tuple[Height, ...] = ()
    believed: Reading | None = None
    standing: Standing | None = None
    for day, standing in standings(product, pair):
        heights = _heights(standing.competitor, standing.own, standing.trusted) if standing else ()
        if heights != before:
            at = noon_of(day, zone)
            yield from (
                Fact(group, at, members, tuple([-value for value in height])) for group, members, height in before
            )
            yield from (Fact(group, at, members, height) for group, members, height in heights)
            before = heights
        if standing is None:
            believed = None
        elif standing.trusted is not None:
            move = _move(believed, standing.trusted)
            if any(move):
                yield Fact(MOVES, noon_of(day, zone), _members(standing.competitor), move)
            believed = standing.trusted
    if standing is not None:
        yield from _now(sku, standing, zone)


def _now(sku: str, standing: Standing, zone: ZoneInfo) -> Iterator[Fact]:
    if standing.trusted is None or standing.read is None:
        return
    at = noon_of(day_at(standing.read.at // 1_000_000, zone), zone)
    yield Fact(LAST_READ, at, _members(standing.competitor), (1,))
    compared = log_ratio(standing.own, standing.trusted)
    if compared is not None:
        currencies, log = compared
        yield Fact(PRODUCTS, at, ((PRODUCT_CURRENCIES, joined(sku, *currencies)),), (1, log))


@lru_cache(maxsize=65536)
def _heights(competitor: str, own: OwnPrice | None, trusted: Reading | None) -> tuple[Height, ...]:
    """What a watched pair adds to levels while it stands so."""
    members = _members(competitor)
    compared = log_ratio(own, trusted)
    is_undercut, by = False, 0
    heights: list[Height] = []
    if compared is not None:
        (ours, theirs), log = compared
        is_undercut = ours == theirs and log > 0
        by = log if is_undercut else 0
        by_currencies = (CURRENCIES, joined(ours, theirs)), (COMPETITOR_CURRENCIES, joined(competitor, ours, theirs))
        heights.append((RATIOS, (*members, *by_currencies), (1, log)))
    counts = (
        1,
        int(trusted is not None),
        int(own is None),
        int(trusted is not None and trusted.is_promotion),
        int(is_undercut),
        by,
    )
    return (PAIRS, members, counts), *heights


def _members(competitor: str) -> tuple[Member, ...]:
    return EVERYONE, ("competitor", competitor)


def log_ratio(own: OwnPrice | None, trusted: Reading | None) -> tuple[tuple[str, str], int] | None:
    """The currencies, ours first, and ln(ours) - ln(theirs) in millionths; none for a pair that is in no index.

    A pair is in the index with a price of ours, and one of theirs that is trusted and in stock.
    """
    if own is None or trusted is None or not trusted.is_in_stock or trusted.price is None or trusted.currency is None:
        return None
    log = _log(own.price, own.currency) - _log(trusted.price, trusted.currency)
    return (own.currency, trusted.currency), round_half_even(log.scaleb(MILLION))


@lru_cache(maxsize=65536)
def _log(minor: int, currency: str) -> Decimal:
    return to_major(minor, currency).ln(EXACT)


def _move(before: Reading | None, now: Reading) -> tuple[int, int]:
    """Did a trusted price rise or fall since the trusted one before? Between two currencies nobody can say."""
    if before is None or before.currency != now.currency:
        return 0, 0
    before_price, price = before.price or 0, now.price or 0
    return int(price > before_price), int(price < before_price)
