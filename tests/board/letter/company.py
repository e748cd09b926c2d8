"""A company's ten weeks up to November 22nd, 2026: even ones, and a last one with four times the sales."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from services.board.letter.weeks import Week
from services.common.events import Event
from tests.support.events import at, event, line

WEEK = Week(date(2026, 11, 16))
MONDAY = "2026-11-23 07:30"
"""When its letter is due."""

TARGETS = {"sales": 700_000, "new_leads": 120, "nps": 30}


def events() -> list[Event]:
    """What happened."""
    return [*_orders(), *_leads(), *_answers()]


def statements() -> list[Event]:
    """The objectives of November."""
    about = {"period": "month", "starts_on": "2026-11-01"}
    return [
        event("target.set", None, at("2026-10-25 10:00"), measure=name, value=value, **about)
        for name, value in TARGETS.items()
    ]


def _days() -> Iterator[tuple[date, int]]:
    """Each day, and how many weeks before the last."""
    for i in range(70):
        yield WEEK.last - timedelta(days=i), i // 7


def _orders() -> Iterator[Event]:
    for day, weeks_before in _days():
        for i in range(2 if weeks_before else 8):
            yield _order(f"{day}-{i}", day, 5_000 + 100 * ((day.day * 7 + i) % 11), "online" if i % 2 else "store")


def _order(name: str, day: date, gross: int, channel: str) -> Event:
    sold: dict[str, Any] = {"channel": channel, "currency": "EUR", "lines": [line(gross)]}
    return event("order.placed", name, at(f"{day} 11:00"), **sold)


def _leads() -> Iterator[Event]:
    """Two a day, of which one is won the same day."""
    for day, weeks_before in _days():
        for i in range(2 + (day.day + weeks_before) % 2):
            yield event("lead.created", f"L{day}-{i}", at(f"{day} 10:00"), rep_id="ana", source="web")
        yield event("lead.closed", f"L{day}-0", at(f"{day} 15:00"), outcome="won", rep_id="ana")


def _answers() -> Iterator[Event]:
    """Six answers in all of each week: too few to judge."""
    for day, _ in _days():
        if day.weekday() < 6:
            yield event("nps.answered", f"A{day}", at(f"{day} 10:00"), score=8 + day.day % 3, touchpoint="delivery")
