"""KPI 3: sales by channel, and which promotions work."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache

from services.common.events.subjects import joined
from services.common.topics import Topic
from services.common.windows import WindowName
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.order import UNASSIGNED, Line, Order, Placed, Returned
from services.kpi_stream.entities.visits import Visits, by_hour, counted_hours
from services.kpi_stream.kpis.conversion import conversion
from services.kpi_stream.kpis.cuts import ALL, CHANNEL, CHANNEL_REGION, PROMOTION, REGION, REP, STORE, TEAM, UNKNOWN
from services.kpi_stream.kpis.kpi import (
    Board,
    Direction,
    Estimate,
    Flag,
    Kpi,
    Metric,
    Panel,
    Parts,
    Related,
    Subject,
    Totals,
    Unit,
)
from services.kpi_stream.kpis.promotions import promotion_effect
from services.kpi_stream.kpis.requests import Asking
from services.kpi_stream.kpis.sales_measures import DISPERSION, SALES, VISITS, VISITS_BY_HOUR
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import Fact, Member

ORDER_DAY = "order_day"
WITH_VISITS = (ALL, CHANNEL, STORE)
"""The cuts that visits are counted by."""


def order_contributions(order_id: str, order: Order, declared: Declared) -> list[Fact]:  # noqa: ARG001
    """A sale on its day; what is given back on its own day, and beside it on the order's."""
    if order.placed is None:
        return [_unknown_order_return(stated.value, stated.at // 1_000_000) for stated in order.returns.values()]
    placed, placed_at = order.placed.value, order.placed.at // 1_000_000
    is_cancelled = order.is_cancelled
    facts = _sale(placed, placed_at, counts=not is_cancelled)
    for name, parts in order.returned_by_line.items() if order.returns else ():
        stated = order.returns[name]
        facts += _given_back(placed, placed_at, parts, stated.at // 1_000_000, stated.value.currency)
    if is_cancelled and order.cancelled is not None:
        facts += _given_back(placed, placed_at, order.left_by_line, order.cancelled.at // 1_000_000, placed.currency)
    return facts


def _sale(placed: Placed, at: int, *, counts: bool) -> list[Fact]:
    """The order as it was placed; a cancelled one keeps its amounts and is not counted."""
    reps = placed.reps
    if len(reps) == 1:
        return [_sold(_members(placed, reps[0]), placed.lines, at, placed.currency, counts)]
    facts = [_sold(_members(placed), placed.lines, at, placed.currency, counts)]
    for rep in reps:
        lines = [line for line in placed.lines if placed.rep_of(line) == rep]
        facts.append(_sold((("rep", rep),), lines, at, placed.currency, counts))
    return facts


def _sold(members: tuple[Member, ...], lines: Sequence[Line], at: int, currency: str, counts: bool) -> Fact:
    units = gross = discount = 0
    for line in lines:
        units += line.quantity
        gross += line.gross
        discount += line.discount
    return Fact(SALES, at, members, (int(counts), units, gross, discount, 0, 0), currency)


def _given_back(placed: Placed, placed_at: int, parts: Sequence[int], at: int, currency: str) -> Iterator[Fact]:
    """Amounts by line, to the credit of each line's rep: on the day processed, and on the order's."""
    by_rep: dict[str, int] = {}
    for line, part in zip(placed.lines, parts, strict=True):
        rep = placed.rep_of(line)
        by_rep[rep] = by_rep.get(rep, 0) + part
    shares = [(_members(placed, rep), amount) for rep, amount in by_rep.items()]
    if len(shares) > 1:
        shares = [(_members(placed), sum(parts)), *(((("rep", rep),), amount) for rep, amount in by_rep.items())]
    for members, amount in shares:
        yield Fact(SALES, at, members, (0, 0, 0, 0, amount, 0), currency)
        yield Fact(SALES, placed_at, members, (0, 0, 0, 0, 0, amount), currency)


def _unknown_order_return(returned: Returned, at: int) -> Fact:
    """A return that came before its order, or whose order is older than the connection: its own words count."""
    channel, region = returned.channel or UNKNOWN, returned.region or UNKNOWN
    members = _members_of(channel, UNKNOWN, region, (), returned.rep or UNASSIGNED)
    return Fact(SALES, at, members, (0, 0, 0, 0, returned.amount, 0), returned.currency)


def _members(placed: Placed, rep: str | None = None) -> tuple[Member, ...]:
    return _members_of(placed.channel, placed.store or UNKNOWN, placed.region or UNKNOWN, placed.promotions, rep)


@lru_cache(maxsize=16384)
def _members_of(
    channel: str, store: str, region: str, promotions: tuple[str, ...], rep: str | None
) -> tuple[Member, ...]:
    return (
        EVERYONE,
        ("channel", channel),
        ("store", store),
        ("region", region),
        ("channel,region", joined(channel, region)),
        ("channel,store", joined(channel, store)),
        *(("promotion", name) for name in promotions),
        *([("rep", rep)] if rep else ()),
    )


def visits_contributions(subject: str, visits: Visits, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """Visits of a channel and store by day; and by the hour, where hours were counted by themselves."""
    channel, store, _ = subject.split("/")
    member: tuple[Member, ...] = (("channel,store", f"{channel}/{store or UNKNOWN}"),)
    for start, count in by_hour(visits).items():
        yield Fact(VISITS, start, member, (count, 1))
    for start, count in counted_hours(visits).items():
        yield Fact(VISITS_BY_HOUR, start, member, (count, 1))


def net(totals: Totals, returned: str = "returned_minor") -> int | None:
    """gross - discount - returned, in minor units; none when a rate is missing."""
    gross, discount, back = (totals.money(name) for name in ("gross_minor", "discount_minor", returned))
    return None if gross is None or discount is None or back is None else gross - discount - back


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:
    totals = parts["window"]
    returned = "returned_order_day_minor" if subject.options.get("basis") == ORDER_DAY else "returned_minor"
    measures = {
        "orders": totals["orders"],
        "units": totals["units"],
        "gross_minor": totals.money("gross_minor"),
        "discount_minor": totals.money("discount_minor"),
        "returned_minor": totals.money(returned),
        "net_minor": net(totals, returned),
    }
    return Estimate(
        value=world.major(net(totals, returned)),
        measures=measures,
        events=totals["orders"],
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:
    """How much is given back, and what an order brings."""
    totals = parts["window"]
    return {"return_rate": _return_rate(totals), **_basket(totals, subject, world)}


def _basket(totals: Totals, subject: Subject, world: World) -> Mapping[str, Related]:
    """Net by order day / orders: what an order brings in the end.

    None by team: an order of two reps counts once for each of them, and so twice for their team.
    """
    if subject.cut is TEAM:
        return {}
    amount, orders = world.major(net(totals, "returned_order_day_minor")), totals["orders"]
    value = round(amount / orders, 2) if amount is not None and orders else None
    flags = (Flag.RATE_MISSING,) if amount is None else ()
    return {"basket": Related(value, Unit.MONEY, numerator=amount, denominator=orders, n=orders, flags=flags)}


def _return_rate(totals: Totals) -> Related:
    """Returned by order day / (gross - discount): a share of money, so it has no interval."""
    gross, discount, back = (
        totals.money(name) for name in ("gross_minor", "discount_minor", "returned_order_day_minor")
    )
    if gross is None or discount is None or back is None:
        return Related(None, Unit.RATIO, flags=(Flag.RATE_MISSING,))
    sold = gross - discount
    return Related(back / sold if sold else None, Unit.RATIO, numerator=back, denominator=sold)


def related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """Conversion where visits are counted; the effect of a promotion."""
    if subject.cut in WITH_VISITS:
        return {"conversion": (yield from conversion(subject, world))}
    if subject.cut is PROMOTION:
        effect = yield from promotion_effect(subject.member, world)
        return {"promotion_effect": effect} if effect else {}
    return {}


ADVICE = Text(
    en="See by channel, store and promotion where it comes from, and whether something cannot be bought just now.",
    fr="Voir par canal, magasin et promotion d’où cela vient, et si un article ne peut s’acheter en ce moment.",
)

KPI = Kpi(
    id="sales",
    number=3,
    version=2,
    title=Text(en="Net sales", fr="Ventes nettes"),
    question=Text(
        en="Where do we sell, and which promotions work?",
        fr="Où vendons-nous, et quelles promotions fonctionnent ?",
    ),
    formula=Text(
        en="Gross - discount - returned, before tax and shipping; a return counts on the day it is processed.",
        fr="Brut - remise - retours, hors taxes et port ; un retour compte le jour où il est traité.",
    ),
    credit=Text(
        en="Each rep gets the amounts of their own lines; an order counts once for each of its reps.",
        fr="Chaque commercial reçoit les montants de ses lignes ; une commande compte une fois pour chacun des siens.",
    ),
    unit=Unit.MONEY,
    good=Direction.UP,
    board=Board.SALES,
    cuts=(ALL, CHANNEL, STORE, REGION, REP, TEAM, PROMOTION, CHANNEL_REGION),
    groups=(SALES,),
    contributions={"order": order_contributions, "visits": visits_contributions},
    feeds=(Topic.ORDERS, Topic.VISITS),
    metrics=(
        Metric("net_sales", Unit.MONEY, "Gross less discounts and returns, on the day processed"),
        Metric("conversion_ratio", Unit.RATIO, "Orders / visits, where visits are counted", "conversion", WITH_VISITS),
        Metric("return_ratio", Unit.RATIO, "Returned / (gross - discount), by order day", source="return_rate"),
        Metric("basket", Unit.MONEY, "Net by order day / orders", source="basket", is_mean=True),
    ),
    estimate=estimate,
    dispersion=DISPERSION,
    beside=beside,
    related=related,
    options={"basis": ("event_day", ORDER_DAY)},
    panels=(
        Panel("stat", Text(en="Net sales", fr="Ventes nettes"), "net_sales"),
        Panel("stat", Text(en="Conversion", fr="Taux de transformation"), "conversion_ratio"),
        Panel("stat", Text(en="Basket", fr="Panier moyen"), "basket"),
        Panel("stat", Text(en="Returns", fr="Retours"), "return_ratio"),
        Panel(
            "bars",
            Text(en="Net sales by channel", fr="Ventes nettes par canal"),
            "net_sales",
            cut="channel",
        ),
        Panel(
            "bars",
            Text(en="Net sales by region", fr="Ventes nettes par région"),
            "net_sales",
            cut="region",
        ),
        Panel(
            "trend",
            Text(en="Net sales by channel, over time", fr="Ventes nettes par canal, dans le temps"),
            "net_sales",
            cut="channel",
        ),
        Panel("bars", Text(en="Net sales by store", fr="Ventes nettes par magasin"), "net_sales", cut="store"),
        Panel(
            "bars",
            Text(en="Conversion by channel", fr="Taux de transformation par canal"),
            "conversion_ratio",
            cut="channel",
        ),
        Panel(
            "bars", Text(en="Net sales by promotion", fr="Ventes nettes par promotion"), "net_sales", cut="promotion"
        ),
        Panel(
            "table",
            Text(en="Net sales by rep", fr="Ventes nettes par commercial"),
            "net_sales",
            cut="rep",
        ),
    ),
    alerts=(
        Threshold(
            name="SalesBehindPace",
            window=WindowName.MONTH,
            of=Of.PACE,
            side=Side.BELOW,
            level=1.0,
            clear=1.0,
            least=30,
            lasts=timedelta(minutes=30),
            title=Text(en="Sales are behind the objective", fr="Les ventes sont en retard sur l’objectif"),
            advice=ADVICE,
        ),
        Threshold(
            name="SalesFall",
            window=WindowName.DAYS_30,  # a week is too short to be sure: docs/false-alarms.md
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.01,
            clear=0.0,
            least=100,
            lasts=timedelta(hours=1),
            title=Text(
                en="Sales are lower than in the 30 days before",
                fr="Les ventes sont plus basses que dans les 30 jours précédents",
            ),
            advice=ADVICE,
        ),
    ),
)
