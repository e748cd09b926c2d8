"""What a closed round tells the rest of Cadran."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.common.events import Event
from services.common.events.answers import PulsePublished
from services.survey.events import event_of
from services.survey.pulse.records import Round


def pulse_published(round_: Round, *, zone: ZoneInfo, now: datetime) -> Iterator[Event]:
    """An event for each team, and one for the total, of figures that were cleared."""
    if round_.cleared is None or round_.closed_at is None:
        return
    for row in round_.cleared.rows:
        data = PulsePublished(
            round_id=round_.id,
            team_id=row.team_id,
            opened_on=round_.opened_at.astimezone(zone).date(),
            closed_on=round_.closed_at.astimezone(zone).date(),
            invited=row.invited,
            answered=row.answered,
            figures=row.figures,
        )
        yield event_of("pulse.published", data.subject(zone), round_.closed_at, data, zone=zone, now=now)
