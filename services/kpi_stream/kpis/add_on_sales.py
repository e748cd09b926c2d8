"""KPI 7: up-selling and cross-selling: which proposal works, and for whom."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.common.calendar import Place, Span
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain, Window, WindowName
from services.kpi_stream.kpis.cuts import ALL, KIND, PAIR, REP, TEAM, TECHNIQUE
from services.kpi_stream.kpis.kpi import (
    Board,
    Compared,
    Direction,
    Estimate,
    Flag,
    Kpi,
    Metric,
    Panel,
    Parts,
    Related,
    Spans,
    Subject,
    Totals,
    Unit,
    same_point,
)
from services.kpi_stream.kpis.offer_cells import ATTACH, OFFERS, offer_contributions, order_contributions
from services.kpi_stream.kpis.rates import change_of_rate, rate_of
from services.kpi_stream.kpis.statistics import wilson
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World

WAITING_DAYS = 7
"""An offer that nobody has answered counts as unsuccessful after so many whole days, and until then not at all."""

WITH_PAIRS = (ALL, PAIR)
"""The cuts by which it is known what was sold together."""

OLD = "old"
"""The span of the offers that had their time to be answered."""


def spans(window: Window, world: World) -> Spans:
    """The window, and as much of it as lies so far back that all offers had their time."""
    return _with_old(window.span, _old_until(world))


def _old_until(world: World) -> datetime:
    """Whatever was offered before had its whole days."""
    return world.calendar.midnight(world.today - timedelta(days=WAITING_DAYS))


def _with_old(span: Span, until: datetime) -> Spans:
    old = span.intersect(Span(span.start, max(span.start, until)))
    return {"window": span, OLD: old} if old else {"window": span}


def compared(window: Window, world: World, place: Place, grain: Grain) -> Compared | None:
    """Both periods at the same point, unanswered offers of as many last days left out of each.

    Those of the previous period are old by now, but counting them on one side only would tell a rise that is none.
    """
    alike = same_point(window, world, place, grain)
    if alike is None:
        return None
    calendar, now, before = world.calendar, alike.current["window"], alike.previous["window"]
    until = min(now.end, _old_until(world))
    young_days = (calendar.day_of(now.end) - calendar.day_of(until)).days
    previous = _with_old(before, calendar.shift_days(before.end, -young_days))
    return Compared(_with_old(now, until), previous, alike.until)


def _young(parts: Parts) -> int:
    """Offers that are not answered and may still be."""
    old = parts[OLD]["open"] if OLD in parts else 0
    return parts["window"]["open"] - old


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:  # noqa: ARG001
    """Accepted / made, without the young."""
    totals, young = parts["window"], _young(parts)
    accepted, counted = totals["accepted"], totals["made"] - young
    measures = {
        **{name: totals[name] for name in ("made", "accepted", "refused", "open")},
        "young": young,
        "brought_minor": totals.money("brought_minor"),
        "taken_back_minor": totals.money("taken_back_minor"),
        "net_brought_minor": _net_brought(totals),
        **({name: totals[name] for name in ATTACH.measures} if subject.cut in WITH_PAIRS else {}),
    }
    return Estimate(
        value=accepted / counted if counted else None,
        measures=measures,
        n=counted,
        numerator=accepted,
        denominator=counted,
        interval=wilson(accepted, counted),
        flags=_still_moving(young),
    )


def _still_moving(young: int) -> tuple[Flag, ...]:
    return (Flag.IMMATURE,) if young else ()


def _net_brought(totals: Totals) -> int | None:
    """Minor units; none when a rate is missing."""
    brought, taken_back = totals.money("brought_minor"), totals.money("taken_back_minor")
    return None if brought is None or taken_back is None else brought - taken_back


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:
    """How many of those who answered said yes, what that brought, and how often pairs are sold together."""
    totals = parts["window"]
    accepted, net = totals["accepted"], _net_brought(totals)
    found = {
        "success_of_answered": rate_of(accepted, accepted + totals["refused"], _still_moving(_young(parts))),
        "revenue_brought": Related(
            world.major(net), Unit.MONEY, n=accepted, flags=(Flag.RATE_MISSING,) if net is None else ()
        ),
    }
    if subject.cut in WITH_PAIRS:
        found["attach_rate"] = rate_of(totals["orders_with_both"], totals["orders_with_base"])
    return found


KPI = Kpi(
    id="add_on_sales",
    number=7,
    version=2,
    title=Text(en="Up-selling and cross-selling", fr="Ventes additionnelles"),
    question=Text(
        en="Which proposal works, and for whom?",
        fr="Quelle proposition fonctionne, et pour qui ?",
    ),
    formula=Text(
        en="Offers accepted / offers made, by the day made; those unanswered for less than 7 days are left out. "
        "What they brought is less what was given back of their lines. "
        "Attach rate: orders with both products of a declared pair / orders with the first, over all pairs.",
        fr="Offres acceptées / offres faites, au jour de l’offre ; celles qui attendent une réponse depuis moins de "
        "7 jours sont écartées. Le montant apporté est diminué des retours sur les lignes qu’elles ont apportées. "
        "Taux d’attachement : commandes avec les deux produits d’une paire déclarée / commandes avec le premier, "
        "toutes paires confondues.",
    ),
    credit=Text(
        en="The rep who made the offer, even where another takes the order.",
        fr="Le commercial qui a fait l’offre, même si un autre prend la commande.",
    ),
    unit=Unit.RATIO,
    good=Direction.UP,
    board=Board.CUSTOMERS,
    cuts=(ALL, KIND, TECHNIQUE, REP, TEAM, PAIR),
    groups=(OFFERS, ATTACH),
    contributions={"offer": offer_contributions, "order": order_contributions},
    feeds=(Topic.OFFERS, Topic.ORDERS),
    metrics=(
        Metric("add_on_success_ratio", Unit.RATIO, "Offers accepted / offers made, without young unanswered ones"),
        Metric("add_on_accepted_ratio", Unit.RATIO, "Offers accepted / offers answered", "success_of_answered"),
        Metric(
            "add_on_revenue", Unit.MONEY, "What accepted offers brought, less what was given back", "revenue_brought"
        ),
        Metric(
            "attach_ratio",
            Unit.RATIO,
            "Orders with both products of a declared pair / orders with the first",
            "attach_rate",
            WITH_PAIRS,
        ),
    ),
    estimate=estimate,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    change=change_of_rate,
    spans=spans,
    compared=compared,
    beside=beside,
    panels=(
        Panel("stat", Text(en="Successful offers", fr="Offres réussies"), "add_on_success_ratio"),
        Panel(
            "stat",
            Text(en="Accepted of those answered", fr="Acceptées, sur celles avec réponse"),
            "add_on_accepted_ratio",
        ),
        Panel("stat", Text(en="Revenue brought", fr="Ventes apportées"), "add_on_revenue"),
        Panel("stat", Text(en="Attach rate", fr="Taux d’attachement"), "attach_ratio"),
        Panel(
            "bars",
            Text(en="Successful offers by pair of products", fr="Offres réussies par paire de produits"),
            "add_on_success_ratio",
            cut="pair",
        ),
        Panel(
            "bars",
            Text(en="Successful offers by technique", fr="Offres réussies par technique"),
            "add_on_success_ratio",
            cut="technique",
        ),
        Panel(
            "bars",
            Text(en="Successful offers by kind", fr="Offres réussies par type"),
            "add_on_success_ratio",
            cut="kind",
        ),
        Panel(
            "table",
            Text(en="Successful offers by rep", fr="Offres réussies par commercial"),
            "add_on_success_ratio",
            cut="rep",
        ),
    ),
    alerts=(
        Threshold(
            name="ProposalsSucceedLess",
            window=WindowName.DAYS_30,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.005,
            clear=0.0,
            least=100,
            lasts=timedelta(hours=1),
            title=Text(en="Fewer proposals are accepted", fr="Moins de propositions sont acceptées"),
            advice=Text(
                en="See by kind and technique which one stopped working, and what the reps who succeed do differently.",
                fr="Voir par type et technique laquelle ne marche plus, et ce que font ceux qui réussissent.",
            ),
        ),
    ),
)
