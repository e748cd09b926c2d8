"""Events about surveys. Topic `cadran.answers`. No comment and no name is ever in them."""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from services.common.events.fields import Count, Data, Id, Name, Statement
from services.common.events.subjects import joined

Score = Annotated[int, Meta(ge=0, le=10, description="0 (not at all) to 10 (surely).", examples=[9])]
Mean = Annotated[float, Meta(ge=0, le=10)]


class SurveyInvited(Statement, frozen=True, kw_only=True):
    """Someone was asked; subject: the invitation's id."""

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

    question: Literal["overall", "methods", "manager", "workload"]
    n: Count | None = None
    mean: Mean | None = None
    classes: PulseClasses | None = None
    enps: Annotated[float, Meta(ge=-100, le=100)] | None = None
    change: Annotated[float, Meta(ge=-10, le=10)] | None = None


class PulsePublished(Statement, frozen=True, kw_only=True):
    """A round of the team's pulse closed: what may be told of a team, or of everybody (`team_id` is `all`), once.

    `answered` is left out where it would tell on someone, as figures are.
    """

    round_id: Id
    team_id: Name
    opened_on: date
    closed_on: date
    invited: Count | None = None
    answered: Count | None = None
    figures: Annotated[tuple[PulseFigure, ...], Meta(max_length=4)] = ()

    def subject(self, zone: ZoneInfo) -> str:
        return joined(self.round_id, self.team_id)
