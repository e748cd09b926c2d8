"""KPI 5: do the customers whom we contact come back more?

Who gets contacted is a choice, so the difference between contacted customers and the others is *observed*: it says
nothing of what contact does. That is told where a campaign drew by lot (`hold_out.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.common.calendar import DAY, Span
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain, Window, WindowName
from services.kpi_stream.kpis.contacted_scores import scores_beside
from services.kpi_stream.kpis.cuts import ALL, CAMPAIGN, CONTACTING_REP, MEDIUM
from services.kpi_stream.kpis.hold_out import effect
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
    Spans,
    Subject,
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
from services.kpi_stream.kpis.rates import change_of_rate, difference_of, rate_of
from services.kpi_stream.kpis.repeat_rate import customers_of, repeat_rate
from services.kpi_stream.kpis.requests import Asking, Sum, together
from services.kpi_stream.kpis.statistics import wilson
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World

EVERYONE = "everyone"
"""The part that holds what is so whatever the member: those who were not contacted at all."""
WAITING = "waiting"
"""The part that holds those drawn whose time is not over."""
CUSTOMERS = "customers"

LONGEST = 2 * 366
"""Days of a window: distinct customers are read by the days of a window, each with all those before it."""


def spans(window: Window, world: World) -> Spans:
    """The window's days that have come: what counts on a later day is not over."""
    tomorrow = world.calendar.midnight(world.today + DAY)
    return {"window": Span(window.span.start, max(window.span.start, min(window.span.end, tomorrow)))}


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
    contacted, came_back = own["contacted"], own["contacted_came_back"]
    measures = {"contacted": contacted, "contacted_came_back": came_back}
    if subject.cut is ALL:
        measures |= {name: everyone[name] for name in ("others", "others_came_back", "out", *CROWDS.measures)}
        measures |= parts[CUSTOMERS].measures  # type: ignore[arg-type]
    if subject.cut is CAMPAIGN:
        measures |= {name: own[name] for name in (*DRAWS.measures, *OUTCOMES.measures)}
        measures["waiting"] = _waiting(parts)
    lies_ahead = subject.window.last_day(world.calendar) > world.today
    return Estimate(
        value=came_back / contacted if contacted else None,
        measures=measures,
        n=contacted,
        numerator=came_back,
        denominator=contacted,
        interval=wilson(came_back, contacted),
        flags=(Flag.IMMATURE,) if lies_ahead else (),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """Those who were not contacted, and how far the contacted are from them; repeat rate, or what a draw shows."""
    own, everyone = parts["window"], parts[EVERYONE]
    others = everyone["others_came_back"], everyone["others"]
    found = {
        "others": rate_of(*others),
        "observed_gap": difference_of(own["contacted_came_back"], own["contacted"], *others),
    }
    if subject.cut is ALL:
        return found | {"repeat_rate": repeat_rate(parts[CUSTOMERS])}
    if subject.cut is CAMPAIGN:
        return found | dict(effect(own, _waiting(parts)))
    return found


def _waiting(parts: Parts) -> int:
    """Of a campaign: those drawn whose time is not over."""
    return sum(parts[WAITING][name] for name in DRAWS.measures)


def related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """The scores of contacted customers and of the others."""
    if subject.cut is not ALL:
        yield from ()
        return {}
    return (yield from scores_beside(subject, world))


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
        "the 90 days after those (unless set otherwise). Beside it the same of customers who were not contacted; the "
        "gap is observed, not an effect: who gets contacted is a choice. Repeat rate: customers with two valid orders "
        "or more / customers with one or more. Uplift: of customers whom a campaign drew by lot, the share who order "
        "within 90 days of those drawn for contact, less that of the hold-out.",
        fr="Clients contactés qui commandent à nouveau / clients contactés : contactés dans les 14 jours qui suivent "
        "une commande, revenus dans les 90 jours suivants (durées par défaut). À côté, la même part chez les clients "
        "non contactés ; l’écart est observé, ce n’est pas un effet : qui l’on contacte est un choix. Taux de "
        "réachat : clients avec au moins deux commandes valides / clients avec au moins une. Effet : parmi les "
        "clients tirés au sort par une campagne, part de ceux à contacter qui commandent dans les 90 jours, moins "
        "celle du groupe témoin.",
    ),
    credit=Text(
        en="Each medium, campaign and rep of the contacts, once for each customer; an effect is told only of campaigns "
        "that drew by lot.",
        fr="Chaque moyen de contact, campagne et commercial, une fois par client ; seules les campagnes avec tirage "
        "au sort permettent de mesurer un effet.",
    ),
    unit=Unit.RATIO,
    good=Direction.UP,
    board=Board.CUSTOMERS,
    cuts=(ALL, MEDIUM, CAMPAIGN, CONTACTING_REP),
    groups=(SPELLS, ORDERS, REPEATS, DRAWS, OUTCOMES, SCORES_OF_CONTACTED, SCORES_OF_OTHERS, CROWDS),
    unlisted=(SCORES_OF_CONTACTED, SCORES_OF_OTHERS),
    contributions={"customer": contributions},
    feeds=(Topic.CUSTOMERS, Topic.ORDERS, Topic.ANSWERS),
    metrics=(
        Metric("contacted_came_back_ratio", Unit.RATIO, "Share of contacted customers who ordered again"),
        Metric("others_came_back_ratio", Unit.RATIO, "The same of customers who were not contacted", "others", (ALL,)),
        Metric(
            "observed_gap_ratio",
            Unit.RATIO,
            "Contacted customers' share less the others': observed, not an effect of contact",
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
    change=change_of_rate,
    longest=LONGEST,
    spans=spans,
    beside=beside,
    read=read,
    related=related,
    rolling=(30, 1),
    panels=(
        Panel(
            "stat",
            Text(en="Contacted customers who came back", fr="Clients contactés qui sont revenus"),
            "contacted_came_back_ratio",
        ),
        Panel(
            "stat",
            Text(en="The same, of those not contacted", fr="Idem, clients non contactés"),
            "others_came_back_ratio",
        ),
        Panel("stat", Text(en="Repeat rate", fr="Taux de réachat"), "repeat_ratio"),
        Panel(
            "bars",
            Text(en="Observed gap by medium (not an effect)", fr="Écart observé par moyen de contact (pas un effet)"),
            "observed_gap_ratio",
            cut="medium",
        ),
        Panel(
            "bars",
            Text(en="Uplift by campaign with a hold-out", fr="Effet par campagne avec groupe témoin"),
            "uplift_ratio",
            cut="campaign",
        ),
    ),
    alerts=(
        Threshold(
            name="ContactedCustomersStayAway",
            window=WindowName.DAYS_90,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.005,
            clear=0.0,
            least=100,
            lasts=timedelta(hours=1),
            title=Text(en="Fewer contacted customers come back", fr="Moins de clients contactés reviennent"),
            advice=Text(
                en="See by means of contact which changed; before judging, compare with those not contacted.",
                fr="Voir par moyen de contact lequel a changé ; comparer aux clients non contactés avant de conclure.",
            ),
        ),
    ),
)
