"""KPI 3: sales by channel, and which promotions work."""

from collections.abc import Mapping
from datetime import timedelta

from services.common.topics import Topic
from services.common.windows import WindowName
from services.kpi_stream.kpis.conversion import conversion
from services.kpi_stream.kpis.cuts import ALL, CHANNEL, CHANNEL_REGION, PROMOTION, REGION, REP, STORE, TEAM
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
from services.kpi_stream.kpis.sales_cells import DISPERSION, SALES, order_contributions, visits_contributions
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World

ORDER_DAY = "order_day"
WITH_VISITS = (ALL, CHANNEL, STORE)
"""The cuts that visits are counted by."""


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
