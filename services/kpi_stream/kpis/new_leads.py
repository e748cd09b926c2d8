"""KPI 1: new leads and opportunities."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import median

from services.common.calendar import DAY, Span
from services.common.topics import Topic
from services.common.windows import TO_DATE, Period, WindowName
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.lead import Lead, first_rep, owner, standing
from services.kpi_stream.kpis.cuts import ALL, KIND, OWNER, REGION, REP, SOURCE, TEAM, UNKNOWN
from services.kpi_stream.kpis.kpi import Board, Direction, Estimate, Kpi, Metric, Panel, Parts, Related, Subject, Unit
from services.kpi_stream.kpis.requests import Asking, Sum
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import Fact, MeasureGroup

LEADS = MeasureGroup("leads", ("leads",))
DISPERSION = 1.6
"""Measured on the 231 days from 6 March to 22 October 2017 of the sample "CRM Sales Opportunities" (Maven Analytics;
2,469 opportunities by their first day): 1.57 with 224 degrees of freedom. Of days a week apart alone it is 1.2.
"""
VERDICT_PERIODS = 3
VERDICT_REPS = 3
TOO_HIGH, TOO_LOW = 0.7, 1.3


def contributions(lead_id: str, lead: Lead, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """One lead, at its creation; merged and invalid ones leave their bucket."""
    if lead.created is None or not standing(lead_id, lead).counts:
        return
    created = lead.created.value
    members = (
        EVERYONE,
        ("rep", first_rep(lead)),
        ("owner", owner(lead)),
        ("source", created.source or UNKNOWN),
        ("region", created.region or UNKNOWN),
        ("kind", created.kind),
    )
    yield Fact(LEADS, lead.created.at // 1_000_000, members, (1,))


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:  # noqa: ARG001
    leads = parts["window"]["leads"]
    return Estimate(value=leads, measures={"leads": leads}, events=leads)


def related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """Is the objective right? The median attainment of the reps over the last three closed periods."""
    period = TO_DATE.get(subject.window.name)
    if period is None or subject.cut is not ALL:
        yield from ()
        return {}
    spans = _closed_periods(period, world)
    targets = {
        (rep, span): target
        for rep in sorted(world.book.target_members(KPI.id, "rep"))
        for span in spans
        if (target := _target(rep, period, span, world))
    }
    totals = yield [Sum(LEADS, "rep", rep, span) for rep, span in targets]
    attained = [total["leads"] / target for total, target in zip(totals, targets.values(), strict=True)]
    return {
        "objective": objective(attained, reps=len({rep for rep, _ in targets}), periods=len({s for _, s in targets}))
    }


def objective(attained: list[float], *, reps: int, periods: int) -> Related:
    """Judge an objective by the attainments of reps: no verdict with fewer than 3 reps or periods."""
    if reps < VERDICT_REPS or periods < VERDICT_PERIODS:
        return Related(None, Unit.RATIO, details={"verdict": None, "reps": reps, "periods": periods})
    middle = median(attained)
    verdict = "looks_too_high" if middle < TOO_HIGH else "looks_too_low" if middle > TOO_LOW else "fits"
    return Related(middle, Unit.RATIO, details={"verdict": verdict, "reps": reps, "periods": periods})


def _closed_periods(period: Period, world: World) -> list[Span]:
    first = period.first_day(world.today)
    spans = []
    for _ in range(VERDICT_PERIODS):
        last, first = first - DAY, period.previous_first_day(first)
        spans.append(world.calendar.days_span(first, last))
    return spans


def _target(rep: str, period: Period, span: Span, world: World) -> int | float | None:
    starts_on = world.calendar.day_of(span.start)
    return world.book.target(KPI.id, f"rep:{rep}", period, starts_on, span.end)


ADVICE = Text(
    en="See by source where they stay away, and whether forms and campaigns work; then who is free to prospect.",
    fr="Voir par origine où ils manquent, et si formulaires et campagnes marchent ; puis qui peut prospecter.",
)

KPI = Kpi(
    id="new_leads",
    number=1,
    version=1,
    title=Text(en="New leads", fr="Nouveaux prospects"),
    question=Text(
        en="Do we find enough, and is the objective right?",
        fr="En trouvons-nous assez, et l’objectif est-il juste ?",
    ),
    formula=Text(
        en="Leads created in the window, each once; merged and invalid ones are left out.",
        fr="Prospects créés dans la fenêtre, chacun une fois ; fusionnés et non valables sont écartés.",
    ),
    credit=Text(
        en="The first rep who was named; by owner: whose it is now.",
        fr="Le premier commercial nommé ; par titulaire : celui qui le suit aujourd’hui.",
    ),
    unit=Unit.COUNT,
    good=Direction.UP,
    board=Board.SALES,
    cuts=(ALL, REP, OWNER, TEAM, SOURCE, REGION, KIND),
    groups=(LEADS,),
    contributions={"lead": contributions},
    feeds=(Topic.LEADS, Topic.ORDERS),
    dispersion=DISPERSION,
    metrics=(Metric("new_leads", Unit.COUNT, "Leads created in the window"),),
    estimate=estimate,
    related=related,
    panels=(
        Panel("stat", Text(en="New leads", fr="Nouveaux prospects"), "new_leads"),
        Panel("bars", Text(en="New leads by source", fr="Nouveaux prospects par origine"), "new_leads", cut="source"),
        Panel("table", Text(en="New leads by rep", fr="Nouveaux prospects par commercial"), "new_leads", cut="rep"),
    ),
    alerts=(
        Threshold(
            name="LeadsBehindPace",
            window=WindowName.MONTH,
            of=Of.PACE,
            side=Side.BELOW,
            level=0.85,
            clear=0.9,
            least=10,
            lasts=timedelta(minutes=30),
            title=Text(
                en="New leads are behind the objective", fr="Les nouveaux prospects sont en retard sur l’objectif"
            ),
            advice=ADVICE,
        ),
        Threshold(
            name="LeadsFall",
            window=WindowName.DAYS_7,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.05,
            clear=-0.02,
            least=30,
            lasts=timedelta(minutes=30),
            title=Text(en="Fewer new leads than a week ago", fr="Moins de nouveaux prospects qu’il y a une semaine"),
            advice=ADVICE,
        ),
    ),
)
