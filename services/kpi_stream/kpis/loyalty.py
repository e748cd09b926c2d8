"""KPI 5: do the customers whom we contact come back more?

Who gets contacted is a choice, so the difference between contacted customers and the others is *observed*: it says
nothing of what contact does. That is told where a campaign drew by lot (`hold_out.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from services.common.calendar import Span
from services.common.events.answers import LEAST_ANSWERS
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain
from services.kpi_stream.kpis.blocks import in_blocks
from services.kpi_stream.kpis.cuts import ALL, CAMPAIGN, MEDIUM, REP
from services.kpi_stream.kpis.hold_out import effect
from services.kpi_stream.kpis.kpi import (
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
    Text,
    Totals,
    Unit,
)
from services.kpi_stream.kpis.loyalty_cells import (
    CROWDS,
    DRAWS,
    ORDERS,
    OUTCOMES,
    REPEATS,
    SCORES_OF_CONTACTED,
    SCORES_OF_OTHERS,
    SPELLS,
    contributions,
)
from services.kpi_stream.kpis.parts import sums
from services.kpi_stream.kpis.repeat_rate import customers_of, repeat_rate
from services.kpi_stream.kpis.requests import Asking, Sum, together
from services.kpi_stream.kpis.statistics import newcombe, one_decimal, wilson
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import MeasureGroup

EVERYONE = "everyone"
"""The part that holds what is so whatever the member: those who were not contacted at all."""
WAITING = "waiting"
"""The part that holds those drawn whose time is not over."""
CUSTOMERS = "customers"


def read(subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """A member's spells beside everyone's; of all the customers as well, of a campaign those whom it drew."""
    of_member = (SPELLS, DRAWS, OUTCOMES) if subject.cut is CAMPAIGN else (SPELLS,)
    own, everyone, beside = yield from together(
        [
            sums(of_member, subject, each),
            sums((SPELLS, CROWDS), _everyone(subject), each),
            _beside(subject, each, world),
        ]
    )
    return [
        {"window": parts["window"], EVERYONE: of_all["window"], **more}
        for parts, of_all, more in zip(own, everyone, beside, strict=True)
    ]


def _everyone(subject: Subject) -> Subject:
    return Subject(ALL, "", ("",), subject.window, ALL.place(""), subject.options)


def _beside(subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    if subject.cut is ALL:
        found = yield from together([customers_of(spans["window"], world) for spans in each])
        return [{CUSTOMERS: totals} for totals in found]
    if subject.cut is CAMPAIGN:
        (waiting,) = yield [Sum(DRAWS, CAMPAIGN.name, subject.member, _not_over(world))]
        return [{WAITING: waiting} for _ in each]
    return [{} for _ in each]


def _not_over(world: World) -> Span:
    """The days on which whoever was drawn still has time to come back."""
    first = world.today - timedelta(days=world.loyalty.follow_up)
    return world.calendar.days_span(first, world.today)


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:
    """The share of contacted customers who came back."""
    own, everyone = parts["window"], parts[EVERYONE]
    contacted, returned = own["contacted"], own["contacted_returned"]
    measures = {"contacted": contacted, "contacted_returned": returned}
    if subject.cut is ALL:
        measures |= {name: everyone[name] for name in ("others", "others_returned", "out", *CROWDS.measures)}
        measures |= parts[CUSTOMERS].measures  # type: ignore[arg-type]
    if subject.cut is CAMPAIGN:
        measures |= {name: own[name] for name in (*DRAWS.measures, *OUTCOMES.measures)}
    lies_ahead = subject.window.last_day(world.calendar) > world.today
    return Estimate(
        value=returned / contacted if contacted else None,
        measures=measures,
        n=contacted,
        numerator=returned,
        denominator=contacted,
        interval=wilson(returned, contacted),
        flags=(Flag.IMMATURE,) if lies_ahead else (),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """Those who were not contacted, and how far the contacted are from them; repeat rate, or what a draw shows."""
    own, everyone = parts["window"], parts[EVERYONE]
    found = {"others": _others(everyone), "observed_gap": _observed_gap(own, everyone)}
    if CUSTOMERS in parts:
        return found | {"repeat_rate": repeat_rate(parts[CUSTOMERS])}
    if WAITING in parts:
        waiting = parts[WAITING]
        return found | dict(effect(own, waiting["drawn_contact"] + waiting["drawn_holdout"]))
    return found


def _others(everyone: Totals) -> Related:
    """The share of customers who came back without having been contacted."""
    others, returned = everyone["others"], everyone["others_returned"]
    return Related(
        returned / others if others else None,
        Unit.RATIO,
        numerator=returned,
        denominator=others,
        n=others,
        interval=wilson(returned, others),
    )


def _observed_gap(own: Totals, everyone: Totals) -> Related:
    """Contacted customers' share less that of those who were not contacted at all."""
    contacted, others = own["contacted"], everyone["others"]
    returned, others_returned = own["contacted_returned"], everyone["others_returned"]
    return Related(
        returned / contacted - others_returned / others if contacted and others else None,
        Unit.RATIO,
        n=min(contacted, others),
        interval=newcombe(returned, contacted, others_returned, others),
    )


def related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """The mean scores of customers who had been contacted, and of the others."""
    if subject.cut is not ALL:
        yield from ()
        return {}
    spans = [{"window": subject.window.span}]
    contacted, others = yield from together(
        [in_blocks(group, subject, spans, world) for group in (SCORES_OF_CONTACTED, SCORES_OF_OTHERS)]
    )
    return {
        "score_of_contacted": _mean(SCORES_OF_CONTACTED, contacted[0]["window"]),
        "score_of_others": _mean(SCORES_OF_OTHERS, others[0]["window"]),
    }


def _mean(group: MeasureGroup, totals: Totals) -> Related:
    """The mean of scores of 0 to 10; of fewer than five nothing but how many they are."""
    counts = [totals[name] for name in group.measures]
    n = sum(counts)
    if n < LEAST_ANSWERS:
        return Related(None, Unit.SCORE, n=n, flags=(Flag.SUPPRESSED,))
    return Related(one_decimal(Fraction(sum(score * count for score, count in enumerate(counts)), n)), Unit.SCORE, n=n)


KPI = Kpi(
    id="loyalty",
    number=5,
    version=1,
    title=Text(en="Loyalty of contacted customers", fr="Fidélité des clients contactés"),
    question=Text(
        en="Do the customers we contact come back more?",
        fr="Les clients que nous contactons reviennent-ils davantage ?",
    ),
    formula=Text(
        en="Contacted customers who order again / contacted customers: contacted within 14 days of an order, back in "
        "the 90 days after those. Set beside customers who were not contacted, the difference is observed, no effect: "
        "who gets contacted is a choice.",
        fr="Clients contactés qui recommandent / clients contactés : contactés dans les 14 jours d’une commande, de "
        "retour dans les 90 jours suivants. L’écart avec les clients non contactés est observé, pas un effet : "
        "qui l’on contacte est un choix.",
    ),
    credit=Text(
        en="Each medium, campaign and rep of the contacts, once for each customer; an effect is told only of campaigns "
        "that drew by lot.",
        fr="Chaque moyen, campagne et commercial des contacts, une fois par client ; un effet n’est dit que des "
        "campagnes tirées au sort.",
    ),
    unit=Unit.RATIO,
    good=Direction.UP,
    cuts=(ALL, MEDIUM, CAMPAIGN, REP),
    groups=(SPELLS, ORDERS, REPEATS, DRAWS, OUTCOMES, SCORES_OF_CONTACTED, SCORES_OF_OTHERS, CROWDS),
    unlisted=(SCORES_OF_CONTACTED, SCORES_OF_OTHERS),
    contributions={"customer": contributions},
    feeds=(Topic.CUSTOMERS, Topic.ORDERS, Topic.ANSWERS),
    metrics=(
        Metric("contacted_return_ratio", Unit.RATIO, "Share of contacted customers who ordered again"),
        Metric("others_return_ratio", Unit.RATIO, "The same of customers who were not contacted", "others", (ALL,)),
        Metric(
            "observed_gap_ratio",
            Unit.RATIO,
            "Contacted customers' share less the others': observed, no effect of contact",
            "observed_gap",
            (ALL, MEDIUM),
            has_interval=True,
        ),
        Metric("repeat_ratio", Unit.RATIO, "Customers with two orders or more / customers", "repeat_rate", (ALL,)),
        Metric(
            "uplift_ratio",
            Unit.RATIO,
            "Share who ordered again of those drawn for contact, less that of the random hold-out",
            "uplift",
            (CAMPAIGN,),
            has_interval=True,
        ),
        Metric(
            "incremental_returning_customers",
            Unit.COUNT,
            "Customers who came back and would not have: uplift x drawn for contact",
            "incremental_returning_customers",
            (CAMPAIGN,),
        ),
        Metric(
            "contacted_score",
            Unit.SCORE,
            "Mean score of customers who had been contacted",
            "score_of_contacted",
            (ALL,),
        ),
        Metric(
            "others_score", Unit.SCORE, "Mean score of customers who had not been contacted", "score_of_others", (ALL,)
        ),
    ),
    estimate=estimate,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    beside=beside,
    read=read,
    related=related,
    rolling=(30, 90, 1),
    panels=(
        Panel(
            "stat",
            Text(en="Contacted customers who came back", fr="Clients contactés revenus"),
            "contacted_return_ratio",
            unit=Unit.RATIO,
        ),
        Panel("stat", Text(en="Repeat rate", fr="Taux de réachat"), "repeat_ratio", unit=Unit.RATIO),
        Panel(
            "bars",
            Text(en="Observed gap by medium (no effect)", fr="Écart observé par moyen (pas un effet)"),
            "observed_gap_ratio",
            cut="medium",
            unit=Unit.RATIO,
        ),
        Panel(
            "bars",
            Text(en="Uplift by campaign with a hold-out", fr="Effet par campagne avec groupe témoin"),
            "uplift_ratio",
            cut="campaign",
            unit=Unit.RATIO,
        ),
    ),
)
