"""Our dearest products against the competitors', as prices are now.

Asked for by an option: it looks at the cells of every product.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from services.common.events.subjects import parts_of
from services.kpi_stream.entities.product import OwnPrice, Product, Reading, Standing, pairs_of, standings
from services.kpi_stream.kpis.kpi import Related, Subject, Totals, Unit
from services.kpi_stream.kpis.price_cells import PRODUCT_CURRENCIES, PRODUCTS, log_ratio
from services.kpi_stream.kpis.price_index import Ratios, index, log_sum
from services.kpi_stream.kpis.requests import Asking, EntitiesNamed, MembersOf, Sum
from services.kpi_stream.kpis.world import World

PARITY = 100
AT_MOST = 20


class Dear(NamedTuple):
    """A product that is dearer with us than with the mean of its rivals."""

    sku: str
    value: float
    rivals: int


def dearest(subject: Subject, world: World) -> Asking[Related]:
    """The products with the greatest index above parity, each with our price and the cheapest rival's."""
    (members,) = yield [MembersOf(PRODUCTS, PRODUCT_CURRENCIES)]
    names = sorted(members)
    found: Sequence[Totals] = yield [Sum(PRODUCTS, PRODUCT_CURRENCIES, name, subject.window.span) for name in names]
    by_sku: dict[str, list[Ratios]] = {}
    for name, totals in zip(names, found, strict=True):
        sku, ours, theirs = parts_of(name)
        by_sku.setdefault(sku, []).append(Ratios(ours, theirs, totals["pairs"], totals["log"]))
    dear = sorted(_dear(by_sku, world), key=lambda each: (-each.value, each.sku))[:AT_MOST]
    (products,) = yield [EntitiesNamed("product", tuple(each.sku for each in dear))]
    rows = [
        {
            "sku": each.sku,
            "index": each.value,
            "rivals": each.rivals,
            **_cheapest(products[each.sku], world),
        }
        for each in dear
        if each.sku in products
    ]
    return Related(dear[0].value if dear else None, Unit.INDEX, n=len(dear), details={"products": rows})


def _dear(by_sku: Mapping[str, Sequence[Ratios]], world: World) -> list[Dear]:
    found = []
    for sku, ratios in by_sku.items():
        rivals = sum(each.pairs for each in ratios)
        value = index(log_sum(ratios, world.today, world), rivals)
        if value is not None and value > PARITY:
            found.append(Dear(sku, value, rivals))
    return found


def _cheapest(product: Product, world: World) -> dict[str, Any]:
    """Our price, and that of the rival who is furthest below it."""
    compared: list[tuple[Decimal, OwnPrice, Standing, Reading]] = []
    for pair in pairs_of(product):
        standing = list(standings(product, pair))[-1][1]
        ratio = log_ratio(standing.own, standing.trusted) if standing else None
        if standing and standing.own and standing.trusted and ratio:
            (ours, theirs), log = ratio
            total = log_sum([Ratios(ours, theirs, 1, log)], world.today, world)
            if total is not None:
                compared.append((total, standing.own, standing, standing.trusted))
    if not compared:
        return {}
    _, own, standing, theirs_read = max(compared, key=lambda each: (each[0], each[2].competitor))
    return {
        "price_minor": own.price,
        "currency": own.currency,
        "cheapest": {
            "competitor": standing.competitor,
            "price_minor": theirs_read.price,
            "currency": theirs_read.currency,
        },
    }
