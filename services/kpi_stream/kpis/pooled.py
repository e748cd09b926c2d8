"""The company's figures in a round of the pulse: its own where they were told, else those of the teams put together.

The total was cleared beside the teams, and in a company where people come and go its figures are rarely told. The
figures of teams that *were* told may be added up by whoever reads them, so their sum tells nothing more than they do.
"""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from services.common.events.answers import PulseClasses, PulseFigure, PulsePublished
from services.kpi_stream.kpis.statistics import net_promoter_score, one_decimal


def with_pooled_figures(company: PulsePublished, teams: Sequence[PulsePublished]) -> PulsePublished:
    """The company's publication of a round; of each question that it has no mean of, the teams' figures as one."""
    figures: dict[str, PulseFigure] = {figure.question: figure for figure in company.figures}
    told = {question for question, figure in figures.items() if figure.mean is not None}
    of_teams: dict[str, list[PulseFigure]] = {}
    for figure in (figure for team in teams if team.round_id == company.round_id for figure in team.figures):
        if figure.question not in told and figure.mean is not None and figure.n:
            of_teams.setdefault(figure.question, []).append(figure)
    figures |= {question: _pooled(each) for question, each in of_teams.items()}
    return msgspec.structs.replace(company, figures=tuple(figures.values()))


def _pooled(figures: Sequence[PulseFigure]) -> PulseFigure:
    """Several teams' answers to one question; no `change`, as other teams may have been told before."""
    n = sum(figure.n or 0 for figure in figures)
    classes = _added_up([figure.classes for figure in figures])
    return PulseFigure(
        question=figures[0].question,
        n=n,
        mean=one_decimal(sum((figure.n or 0) * Fraction(figure.mean or 0) for figure in figures) / Fraction(n)),
        classes=classes,
        enps=_enps(classes) if classes else None,
    )


def _added_up(each: Sequence[PulseClasses | None]) -> PulseClasses | None:
    """None where a team's are not told."""
    told = [classes for classes in each if classes is not None]
    if len(told) < len(each):
        return None
    return PulseClasses(
        promoters=sum(classes.promoters for classes in told),
        passives=sum(classes.passives for classes in told),
        detractors=sum(classes.detractors for classes in told),
    )


def _enps(classes: PulseClasses) -> float | None:
    n = classes.promoters + classes.passives + classes.detractors
    return one_decimal(net_promoter_score(classes.promoters, classes.detractors, n)) if n else None
