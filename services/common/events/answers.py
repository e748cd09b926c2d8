"""Events about surveys. Topic `cadran.answers`. No comment and no name is ever in them."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from services.common.events.fields import Count, Data, Id, Name, Problem, Statement
from services.common.events.subjects import joined

Score = Annotated[int, Meta(ge=0, le=10, description="0 (not at all) to 10 (surely).", examples=[9])]
Mean = Annotated[float, Meta(ge=0, le=10)]
Question = Literal["overall", "methods", "manager", "workload"]
"""What the team's pulse asks."""

LEAST_ANSWERS = 5
"""Fewer people's answers are never told together."""

WHOLE_COMPANY = "all"
"""Stands for everybody where a team is named: no team may be called so."""


class ScoreClass(StrEnum):
    """What a score makes of who gives it, in the NPS and the eNPS alike."""

    PROMOTERS = "promoters"
    PASSIVES = "passives"
    DETRACTORS = "detractors"

    @property
    def scores(self) -> range:
        return _SCORES_OF[self]


_SCORES_OF = {
    ScoreClass.PROMOTERS: range(9, 11),
    ScoreClass.PASSIVES: range(7, 9),
    ScoreClass.DETRACTORS: range(7),
}


def count_classes(scores: Sequence[int]) -> tuple[int, int, int]:
    """How many of some scores are promoters', passives' and detractors'."""
    promoters, passives, detractors = (sum(score in own for score in scores) for own in _SCORES_OF.values())
    return promoters, passives, detractors


class SurveyInvited(Statement, frozen=True, kw_only=True):
    """Someone was asked; subject: the invitation's id.

    Invitations to the survey `nps` make the response rate of the NPS. Where `delivered` is corrected, raise `revision`.
    """

    survey: Name
    touchpoint: Name
    delivered: bool


class NpsAnswered(Statement, frozen=True, kw_only=True):
    """A customer said how likely they are to recommend us; subject: the response's id."""

    score: Score
    touchpoint: Name
    customer_id: Id | None = None
    channel: Name | None = None
    store_id: Name | None = None
    region: Name | None = None
    rep_id: Name | None = None


class PulseClasses(Data, frozen=True, kw_only=True):
    """How many answered 9-10, 7-8 and 0-6."""

    promoters: Count
    passives: Count
    detractors: Count


class PulseFigure(Data, frozen=True, kw_only=True):
    """What may be told of one question: all of it, only `n`, or nothing. What would tell on someone was left out."""

    question: Question
    n: Count | None = None
    mean: Mean | None = None
    classes: PulseClasses | None = None
    enps: Annotated[float, Meta(ge=-100, le=100)] | None = None
    change: Annotated[float, Meta(ge=-10, le=10)] | None = None


class PulsePublished(Statement, frozen=True, kw_only=True):
    """A round of the team's pulse closed: what may be told of a team, or of everybody (`team_id` is `all`), once.

    `all` is sent beside the teams, never made from them; nobody is in two teams of a round. `answered` is left out
    where it would tell on someone, as figures are.
    """

    round_id: Id
    team_id: Name
    opened_on: date
    closed_on: date
    invited: Count | None = None
    answered: Count | None = None
    figures: Annotated[tuple[PulseFigure, ...], Meta(max_length=4)] = ()

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        """A last fence: what was not cleared, or cannot be, is refused here as well."""
        faults = []
        if self.closed_on < self.opened_on:
            faults.append(Problem("closed_on", f"{self.closed_on} comes before opened_on", "send the day it closed"))
        if self.invited is not None and self.answered is not None and self.answered > self.invited:
            faults.append(Problem("answered", f"{self.answered} of {self.invited} asked", "count each person once"))
        questions = [figure.question for figure in self.figures]
        if len(set(questions)) < len(questions):
            faults.append(Problem("figures", "name a question twice", "send one figure for each question"))
        for i, figure in enumerate(self.figures):
            if figure.n is not None and 0 < figure.n < LEAST_ANSWERS:
                mend = f"leave out what fewer than {LEAST_ANSWERS} people answered"
                faults.append(Problem(f"figures[{i}].n", f"{figure.n} could tell who answered what", mend))
        return faults

    def subject(self, zone: ZoneInfo) -> str:
        return joined(self.round_id, self.team_id)
