"""What the recomputations share: which of several statements stands, and how events and cells are held."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.events import PARIS

Cells = dict[Cell, int]
EventsByType = dict[str, dict[str, list[Event]]]


def day_of(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


def latest(events: Iterable[Event]) -> Event | None:
    """The statement that stands: greatest revision, then latest, then greatest id, then greatest digest."""
    return max(events, key=lambda e: (e.data.revision, e.time, e.id, e.digest), default=None)


def standing_by_time(events: Iterable[Event]) -> dict[datetime, Event]:
    """Of the statements of one type about one subject at one time, the one that stands."""
    by_time: dict[datetime, list[Event]] = defaultdict(list)
    for event in events:
        by_time[event.time].append(event)
    return {time: found for time, own in by_time.items() if (found := latest(own))}


def group_events(events: Iterable[Event]) -> EventsByType:
    """Events by type and subject."""
    by_type: EventsByType = defaultdict(lambda: defaultdict(list))
    for event in events:
        by_type[event.type][event.subject].append(event)
    return by_type
