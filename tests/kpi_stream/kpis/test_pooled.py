"""The company's figures of a round: put together of the teams' where its own were not told, and of nothing else."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.common.events.answers import PulseClasses, PulseFigure, PulsePublished
from services.kpi_stream.kpis.pooled import with_pooled_figures

classes = st.builds(PulseClasses, promoters=st.integers(0, 9), passives=st.integers(0, 9), detractors=st.integers(0, 9))


@st.composite
def figures(draw: st.DrawFn) -> tuple[PulseFigure, ...]:
    """Of each question all, the number alone, or nothing."""
    found = []
    for question in draw(st.lists(st.sampled_from(["overall", "manager"]), unique=True)):
        n = draw(st.none() | st.integers(5, 40))
        mean = draw(st.none() | st.integers(0, 100).map(lambda tenths: tenths / 10)) if n else None
        of = draw(st.none() | classes) if mean is not None else None
        found.append(PulseFigure(question=question, n=n, mean=mean, classes=of))
    return tuple(found)


def published(team: str, found: Sequence[PulseFigure], round_id: str = "r1") -> PulsePublished:
    day = date(2026, 11, 20)
    return PulsePublished(round_id=round_id, team_id=team, opened_on=day, closed_on=day, figures=tuple(found))


def rounded(exact: Fraction) -> float:
    return float((Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.1"), ROUND_HALF_EVEN))


@given(figures(), st.lists(figures(), max_size=4), figures())
def test_what_was_told_stands_and_what_was_not_is_the_teams_as_one(
    own: tuple[PulseFigure, ...], of_teams: list[tuple[PulseFigure, ...]], of_another_round: tuple[PulseFigure, ...]
) -> None:
    teams = [published(f"t{i}", each) for i, each in enumerate(of_teams)]
    found = with_pooled_figures(published("all", own), [*teams, published("t0", of_another_round, "r0")])
    by_question = {figure.question: figure for figure in found.figures}
    assert (found.round_id, found.team_id) == ("r1", "all")
    for question in ("overall", "manager"):
        mine = next((figure for figure in own if figure.question == question), None)
        theirs = [each for team in of_teams for each in team if each.question == question and each.mean is not None]
        if (mine is not None and mine.mean is not None) or not theirs:
            assert by_question.get(question) == mine
            continue
        pooled = by_question[question]
        n = sum(each.n or 0 for each in theirs)
        assert pooled.n == n
        assert pooled.mean == rounded(sum((each.n or 0) * Fraction(each.mean or 0) for each in theirs) / n)
        assert pooled.change is None
        assert_classes(pooled, [each.classes for each in theirs])


def assert_classes(pooled: PulseFigure, each: Sequence[PulseClasses | None]) -> None:
    told = [of for of in each if of is not None]
    if len(told) < len(each):
        assert (pooled.classes, pooled.enps) == (None, None)
        return
    promoters, passives, detractors = (
        sum(getattr(of, name) for of in told) for name in ("promoters", "passives", "detractors")
    )
    assert pooled.classes == PulseClasses(promoters=promoters, passives=passives, detractors=detractors)
    n = promoters + passives + detractors
    assert pooled.enps == (rounded(Fraction(100 * (promoters - detractors), n)) if n else None)
