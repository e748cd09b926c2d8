"""A customer's answer and the invitation that it follows, if there was one: both bear one id.

Fed by `survey.invited` and `nps.answered`. Who answered is not kept: nothing here is told by customer.
"""

from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.answers import NpsAnswered, SurveyInvited
from services.kpi_stream.entities.statements import Stated, joined, rank_of

VERSION = 1


class Invitation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What someone was asked, at which touchpoint, and whether it reached them."""

    survey: str
    touchpoint: str
    delivered: bool


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A score of 0 to 10, and where it belongs."""

    score: int
    touchpoint: str
    channel: str | None
    store: str | None
    region: str | None
    rep: str | None


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """An invitation, an answer, or both."""

    invited: Stated[Invitation] | None = None
    given: Stated[Given] | None = None


def fold(answer: Answer, event: Event, zone: ZoneInfo) -> Answer:  # noqa: ARG001
    """The answer, one event taken in."""
    rank = rank_of(event)
    match event.data:
        case SurveyInvited() as data:
            invitation = Invitation(data.survey, data.touchpoint, data.delivered)
            return msgspec.structs.replace(answer, invited=joined(answer.invited, Stated(rank, invitation)))
        case NpsAnswered() as data:
            given = Given(data.score, data.touchpoint, data.channel, data.store_id, data.region, data.rep_id)
            return msgspec.structs.replace(answer, given=joined(answer.given, Stated(rank, given)))
    raise TypeError(f"an answer has no {event.type}")
