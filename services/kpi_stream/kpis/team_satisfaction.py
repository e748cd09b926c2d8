"""KPI 6: how the team feels.

Its numbers are levels: a round's figures hold from the day it closed to the day the next one closes, and a window shows
what holds at its end. They were cleared for publication before they came here. The whole company's are a publication of
their own (`team_id` `all`); what it does not tell is put together from the teams that are told (`pooled.py`).
Cells only say on which days rounds closed; the figures are read from the round.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from services.common.calendar import DAY, Span
from services.common.events.answers import WHOLE_COMPANY, PulseFigure, PulsePublished
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain, WindowName
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.pulse import Pulse
from services.kpi_stream.kpis.cuts import ALL, OWN_TEAM
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
    Totals,
    Unit,
)
from services.kpi_stream.kpis.pooled import with_pooled_figures
from services.kpi_stream.kpis.requests import Asking, CountsByDay, DailyCounts, EntitiesOn
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import DAILY, Fact, MeasureGroup

ROUNDS = MeasureGroup("pulse_rounds", ("rounds",), DAILY)
HOLDS_FOR = timedelta(days=400)
"""A round that closed longer ago says nothing of how the team feels now."""

OVERALL = "overall"


def contributions(subject: str, pulse: Pulse, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """That a round closed, on its day."""
    if pulse.published is None:
        return
    published = pulse.published.value
    closed_at = datetime.combine(published.closed_on, time(12), declared.zone)
    member = EVERYONE if published.team_id == WHOLE_COMPANY else ("team", published.team_id)
    yield Fact(ROUNDS, int(closed_at.timestamp()), (member,), (1,))


def read(subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """Of each span what is told of the round that had closed last by its end, at its `level`."""
    found: Sequence[DailyCounts] = yield [
        _rounds_before(subject, span, world) for spans in each for span in spans.values()
    ]
    days = [max(counts, default=None) for counts in found]
    on_days: Sequence[Sequence[Pulse]] = yield [EntitiesOn("pulse", day) for day in days if day is not None]
    rounds = iter([_round(subject, pulses) for pulses in on_days])
    levels = iter([None if day is None else next(rounds) for day in days])
    return [{name: Totals({}, level=next(levels)) for name in spans} for spans in each]


def _rounds_before(subject: Subject, span: Span, world: World) -> CountsByDay:
    end = world.calendar.day_of(span.end)
    return CountsByDay(
        ROUNDS, subject.cut.cell_cut, subject.member, world.calendar.days_span(end - HOLDS_FOR, end - DAY)
    )


def _round(subject: Subject, pulses: Sequence[Pulse]) -> PulsePublished | None:
    """What is told of a team, or of the company, in its round among those that closed on one day."""
    stated = [pulse.published for pulse in pulses if pulse.published]
    team = WHOLE_COMPANY if subject.cut is ALL else subject.member
    own = [each for each in stated if each.value.team_id == team]
    if not own:
        return None
    latest = max(own, key=lambda each: (each.at, each.rank)).value
    others = [each.value for each in stated if each.value.team_id != WHOLE_COMPANY]
    return with_pooled_figures(latest, others) if subject.cut is ALL else latest


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:  # noqa: ARG001
    """The mean of the overall question; what was not published is suppressed."""
    published: PulsePublished | None = parts["window"].level
    if published is None:
        return Estimate(None, {"invited": 0, "answered": 0}, n=0)
    overall = _figures(published).get(OVERALL)
    mean = overall.mean if overall else None
    classes = overall.classes if overall else None
    return Estimate(
        value=mean,
        measures={
            "invited": published.invited,
            "answered": published.answered,
            "promoters": classes.promoters if classes else None,
            "passives": classes.passives if classes else None,
            "detractors": classes.detractors if classes else None,
        },
        n=overall.n if overall else None,
        flags=(Flag.SUPPRESSED,) if mean is None else (),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """How many the figures are of, what else the overall question tells, and the other questions."""
    published: PulsePublished | None = parts["window"].level
    if published is None:
        return {}
    figures = _figures(published)
    overall = figures.get(OVERALL)
    return {
        "response_rate": _response_rate(published),
        "covered": _covered(published, overall),
        "enps": _related(overall, overall.enps if overall else None, Unit.POINTS),
        "change": _related(overall, overall.change if overall else None, Unit.SCORE),
        **{metric.source: _question(figures.get(metric.source)) for metric, _ in OTHERS},
    }


def _figures(published: PulsePublished) -> Mapping[str, PulseFigure]:
    return {figure.question: figure for figure in published.figures}


def _covered(published: PulsePublished, overall: PulseFigure | None) -> Related:
    """Of all who were asked, how many the headline is of."""
    return _of_those_asked(overall.n if overall and overall.mean is not None else None, published)


def _response_rate(published: PulsePublished) -> Related:
    """Answered / invited, and which round it is."""
    details = {
        "round_id": published.round_id,
        "opened_on": published.opened_on,
        "closed_on": published.closed_on,
    }
    return _of_those_asked(published.answered, published, details)


def _of_those_asked(people: int | None, published: PulsePublished, details: Mapping[str, Any] | None = None) -> Related:
    """So many of all who were asked in a round."""
    invited = published.invited
    return Related(
        people / invited if invited and people is not None else None,
        Unit.RATIO,
        numerator=people,
        denominator=invited,
        n=invited,
        flags=(Flag.SUPPRESSED,) if invited is None or people is None else (),
        details=details or {},
    )


def _question(figure: PulseFigure | None) -> Related:
    """One of the other questions: its mean, and what else was published of it."""
    details: dict[str, Any] = {}
    if figure is not None:
        details = {"classes": figure.classes, "enps": figure.enps, "change": figure.change}
    return _related(figure, figure.mean if figure else None, Unit.SCORE, details)


def _related(
    figure: PulseFigure | None, value: float | None, unit: Unit, details: Mapping[str, Any] | None = None
) -> Related:
    return Related(
        value,
        unit,
        n=figure.n if figure else None,
        flags=(Flag.SUPPRESSED,) if value is None else (),
        details=details or {},
    )


def _asks(name: str, en: str, fr: str) -> tuple[Metric, Panel]:
    """A question beside the headline: its metric and its panel."""
    metric = Metric(f"satisfaction_{name}", Unit.SCORE, f"Mean of the answers about {en}, 0 to 10", source=name)
    return metric, Panel("stat", Text(en=en.capitalize(), fr=fr), metric.name)


OTHERS = (
    _asks("methods", "methods", "Méthodes"),
    _asks("manager", "the manager", "Encadrement"),
    _asks("workload", "workload", "Charge de travail"),
)
"""The questions beside the headline."""

KPI = Kpi(
    id="team_satisfaction",
    number=6,
    version=1,
    title=Text(en="Team satisfaction", fr="Satisfaction de l’équipe"),
    question=Text(
        en="How does the team feel, about its methods and its manager?",
        fr="Comment l’équipe se sent-elle, quant à ses méthodes et à son encadrement ?",
    ),
    formula=Text(
        en="Mean of the overall question, 0 to 10, in the round that had closed last by the end of the window. "
        "A figure that could tell on someone was left out before it was published. Where the company's was, the teams "
        "whose figures were published stand for it, each mean weighted by its answers.",
        fr="Moyenne de la question générale, de 0 à 10, du dernier tour clos à la fin de la fenêtre. "
        "Un chiffre qui pourrait trahir quelqu’un a été écarté avant publication. Si celui de l’entreprise l’a été, "
        "les équipes dont les chiffres sont publiés en tiennent lieu, chaque moyenne pesant selon ses réponses.",
    ),
    credit=Text(
        en="The team that was asked. The company's headline says how many of those asked it is of.",
        fr="L’équipe interrogée. Le chiffre de l’entreprise dit sur combien de personnes interrogées il porte.",
    ),
    unit=Unit.SCORE,
    good=Direction.UP,
    board=Board.TEAM,
    cuts=(ALL, OWN_TEAM),
    groups=(ROUNDS,),
    contributions={"pulse": contributions},
    feeds=(Topic.ANSWERS,),
    metrics=(
        Metric("satisfaction", Unit.SCORE, "Mean of the overall question, 0 to 10, in the last closed round"),
        Metric(
            "satisfaction_enps", Unit.POINTS, "Would they recommend it as a place to work, -100 to 100", source="enps"
        ),
        Metric(
            "satisfaction_change",
            Unit.SCORE,
            "Change of the satisfaction from the round before, as it was published",
            source="change",
        ),
        Metric("satisfaction_response_ratio", Unit.RATIO, "Answered / asked in the last round", source="response_rate"),
        Metric(
            "satisfaction_covered_ratio",
            Unit.RATIO,
            "Answers that the satisfaction is of / asked in the last round",
            source="covered",
            cuts=(ALL,),
        ),
        *(metric for metric, _ in OTHERS),
    ),
    estimate=estimate,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    beside=beside,
    read=read,
    unlisted=(ROUNDS,),
    panels=(
        Panel("stat", Text(en="Team satisfaction", fr="Satisfaction de l’équipe"), "satisfaction"),
        Panel(
            "stat",
            Text(en="Of all who were asked, it covers", fr="Part des personnes interrogées"),
            "satisfaction_covered_ratio",
        ),
        *(panel for _, panel in OTHERS),
        Panel("bars", Text(en="By team", fr="Par équipe"), "satisfaction", cut="team"),
    ),
    alerts=(
        Threshold(
            name="SatisfactionFalls",
            window=WindowName.DAYS_30,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.4,
            clear=-0.4,
            least=5,
            sure=False,
            lasts=timedelta(hours=1),
            title=Text(
                en="The team is less satisfied than in the round before",
                fr="L’équipe est moins satisfaite qu’au tour précédent",
            ),
            advice=Text(
                en="See which question fell (methods, manager, workload) and talk with the team, of nobody by name.",
                fr="Voir quelle question a baissé (méthodes, encadrement, charge) ; en parler, sans viser personne.",
            ),
        ),
    ),
)
