"""A customer's answer and the invitation that it follows, if there was one: both bear one id.

Fed by `survey.invited` and `nps.answered`. Who answered is told to the customer's own entity alone, which adds the
score to those of customers who were contacted or to the others'. No cell, number or list names a customer beside a
score.
"""

from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.answers import NpsAnswered, SurveyInvited
from services.kpi_stream.entities.notices import no_longer_named, tell
from services.kpi_stream.entities.statements import Stated, joined, rank_of

VERSION = 2


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
    customer: str | None


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """An invitation, an answer, or both."""

    invited: Stated[Invitation] | None = None
    given: Stated[Given] | None = None
    former_customers: tuple[str, ...] = ()


def fold(answer: Answer, event: Event, zone: ZoneInfo) -> Answer:  # noqa: ARG001
    """The answer, one event taken in."""
    rank = rank_of(event)
    match event.data:
        case SurveyInvited() as data:
            invitation = Invitation(data.survey, data.touchpoint, data.delivered)
            return msgspec.structs.replace(answer, invited=joined(answer.invited, Stated(rank, invitation)))
        case NpsAnswered() as data:
            said = Stated(rank, _given(data))
            given = joined(answer.given, said)
            return Answer(answer.invited, given, _former_customers(answer, said, given))
    raise TypeError(f"an answer has no {event.type}")


def _given(data: NpsAnswered) -> Given:
    return Given(data.score, data.touchpoint, data.channel, data.store_id, data.region, data.rep_id, data.customer_id)


def _former_customers(answer: Answer, said: Stated[Given], given: Stated[Given]) -> tuple[str, ...]:
    """Whose answer it was said to be, and is not said to be now."""
    if answer.given is None:
        return answer.former_customers
    outdone = said if given is answer.given else answer.given
    return no_longer_named(answer.former_customers, {outdone.value.customer}, {given.value.customer})


class Score(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an answer tells its customer: when it was given (microseconds since 1970), and the score."""

    at: int
    score: int


def customer_notices(answer_id: str, answer: Answer) -> dict[str, Score | None]:  # noqa: ARG001
    """What the answer tells the customer that it names; nothing to those it no longer means."""
    if answer.given is None:
        return {}
    customer, score = answer.given.value.customer, Score(answer.given.at, answer.given.value.score)
    return tell(answer.former_customers, {customer: score} if customer else {})
