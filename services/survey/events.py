"""What leaves as events: figures and ids, never a name, an address or a comment."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.common.events import Event
from services.common.events.answers import NpsAnswered, SurveyInvited
from services.common.events.stating import state
from services.survey.records import Answer, Invitation

SOURCE = "/survey"
NPS = "nps"


def nps_answered(answer: Answer, *, zone: ZoneInfo, now: datetime) -> Event:
    """An answer, without its words."""
    data = NpsAnswered(
        score=answer.score,
        touchpoint=answer.about.touchpoint,
        customer_id=answer.about.customer_id,
        channel=answer.about.channel,
        store_id=answer.about.store_id,
        region=answer.about.region,
        rep_id=answer.about.rep_id,
    )
    return state(SOURCE, "nps.answered", answer.response_id, answer.answered_at, data, zone=zone, now=now)


def survey_invited(invitation: Invitation, *, zone: ZoneInfo, now: datetime) -> Event:
    """Someone was asked, or could not be reached; what bounced after it was told as delivered is corrected."""
    is_corrected = invitation.delivered_at is not None and invitation.bounced_at is not None
    data = SurveyInvited(
        survey=NPS,
        touchpoint=invitation.about.touchpoint,
        delivered=invitation.bounced_at is None,
        revision=int(is_corrected),
    )
    return state(SOURCE, "survey.invited", invitation.id, invitation.created_at, data, zone=zone, now=now)
