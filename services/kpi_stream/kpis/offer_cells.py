"""What offers and orders add to cells: what came of an offer, on the day it was made; what was sold together.

Pairs of products are those that the installation declares (`Declared.pairs`).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from services.common.events.subjects import joined
from services.common.money import part_of
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.notices import Heard, told
from services.kpi_stream.entities.offer import Answered, Made, Offer
from services.kpi_stream.entities.order import Order
from services.kpi_stream.entities.order_notices import OfferSale
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import DAILY, Fact, MeasureGroup, Member

ACCEPTED, REFUSED = "accepted", "refused"

MONEY = ("brought_minor", "taken_back_minor")
OFFERS = MeasureGroup("offers", ("made", "accepted", "refused", "open", *MONEY), DAILY, money=MONEY)
"""By the day the offer was made, whenever it is answered; `open`: not answered."""

ATTACH = MeasureGroup("attach", ("orders_with_base", "orders_with_both"), DAILY)
"""Orders that hold the first product of a declared pair, and those of them that hold both; an order counts once for
each pair."""


def offer_contributions(offer_id: str, offer: Offer, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """An offer on the day it was made, with what it brought and what of that was taken back."""
    if offer.made is None:
        return
    members = _members(offer.made.value, declared)
    answer = offer.answered.value if offer.answered else None
    outcome = answer.outcome if answer else None
    counts = (1, int(outcome == ACCEPTED), int(outcome == REFUSED), int(answer is None))
    brought, currency = _brought(answer)
    taken_back = _taken_back(brought, currency, offer.sales)
    yield Fact(OFFERS, offer.made.at // 1_000_000, members, (*counts, brought, taken_back), currency)


def _members(made: Made, declared: Declared) -> tuple[Member, ...]:
    by_all = (EVERYONE, ("kind", made.kind), ("technique", made.technique), ("rep", made.rep))
    if made.base_sku is None or made.offered_sku not in declared.pairs.get(made.base_sku, ()):
        return by_all
    return (*by_all, ("pair", joined(made.base_sku, made.offered_sku)))


def _brought(answer: Answered | None) -> tuple[int, str]:
    """What a yes brought, in minor units, and its currency."""
    if answer is None or answer.outcome != ACCEPTED or answer.amount_delta is None:
        return 0, ""
    return answer.amount_delta, answer.currency or ""


def _taken_back(brought: int, currency: str, sales: Mapping[str, Heard[OfferSale]]) -> int:
    """As much of what was brought as was given back of the lines that bear the offer; nothing if none ever did.

    Orders that are not cancelled count together; if there is none, be it that all dropped those lines, nothing was
    kept. Amounts in different currencies do not add up: those in the currency of what was brought count, else those in
    that of the first order by id.
    """
    if not sales:
        return 0
    kept = [sale for sale in told(sales).values() if not sale.is_cancelled]
    if not kept:
        return brought
    in_currency = [sale for sale in kept if sale.currency == currency]
    return _part_given_back(brought, in_currency or [sale for sale in kept if sale.currency == kept[0].currency])


def _part_given_back(brought: int, sales: Iterable[OfferSale]) -> int:
    """In proportion to what was given back of each order's lines, of none more than it is worth.

    Lines that are worth nothing are given back as soon as anything of them is.
    """
    worths = [(max(0, sale.net), max(0, sale.given_back)) for sale in sales]
    worth, given_back = sum(net for net, _ in worths), sum(min(own) for own in worths)
    if worth:
        return part_of(brought, given_back, worth)
    return brought if any(back for _, back in worths) else 0


def order_contributions(order_id: str, order: Order, declared: Declared) -> list[Fact]:  # noqa: ARG001
    """An order that stands, under each declared pair of which it holds the first product."""
    pairs = declared.pairs
    if not pairs or order.placed is None:
        return []
    lines = order.placed.value.lines
    bases = [line.sku for line in lines if line.sku in pairs]
    if not bases or not order.is_living:
        return []
    at, skus = order.placed.at // 1_000_000, {line.sku for line in lines}
    return [
        Fact(ATTACH, at, _pair(base, offered), (1, int(offered in skus)))
        for base in sorted(set(bases))
        for offered in pairs[base]
    ]


@lru_cache(maxsize=16384)
def _pair(base: str, offered: str) -> tuple[Member, ...]:
    return EVERYONE, ("pair", joined(base, offered))
