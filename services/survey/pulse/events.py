"""What a closed round tells the rest of Cadran."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.common.errors import Invalid
from services.common.events import Event
from services.common.events.answers import PulsePublished
from services.common.events.stating import state
from services.survey.events import SOURCE
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
        yield state(SOURCE, "pulse.published", data.subject(zone), round_.closed_at, data, zone=zone, now=now)


def require_tellable(team_id: str, field: str, *, zone: ZoneInfo, now: datetime) -> None:
    """Refuse a team whose event would break the contract: a round that holds it could never close.

    :raises Invalid: naming the `field`. In the event's id, letters that are not ASCII count as several.
    """
    day = now.astimezone(zone).date()
    data = PulsePublished(round_id=day.isoformat(), team_id=team_id, opened_on=day, closed_on=day)
    try:
        state(SOURCE, "pulse.published", data.subject(zone), now, data, zone=zone, now=now)
    except Invalid:
        raise Invalid("no event can bear this name", field=field, mend="give it a shorter one") from None
