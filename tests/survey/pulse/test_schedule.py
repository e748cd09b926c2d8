"""When rounds open, remind and close."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.survey.pulse.records import Round
from services.survey.pulse.schedule import Act, Schedule

ZONE = ZoneInfo("Europe/Paris")
MONTHLY = Schedule(ZONE, is_holiday=lambda day: (day.month, day.day) == (1, 1), day=1, open_days=7, reminder_days=4)


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE).astimezone(UTC)


def test_a_round_opens_on_the_first_working_day() -> None:
    assert MONTHLY.opening(date(2026, 1, 20)) == at(2026, 1, 2)  # the 1st is a holiday
    assert MONTHLY.opening(date(2026, 11, 25)) == at(2026, 11, 2)  # the 1st is a Sunday


def test_what_is_due_through_a_round() -> None:
    opened = Round(id="2026-11-02", opened_at=at(2026, 11, 2), closes_at=at(2026, 11, 9, 0))
    assert MONTHLY.due(at(2026, 11, 2, 8), None) is Act.NOTHING
    assert MONTHLY.due(at(2026, 11, 2), None) is Act.OPEN
    assert MONTHLY.due(at(2026, 11, 3), opened) is Act.NOTHING
    assert MONTHLY.due(at(2026, 11, 6), opened) is Act.REMIND
    reminded = Round(id="r", opened_at=opened.opened_at, closes_at=opened.closes_at, reminded_at=at(2026, 11, 6))
    assert MONTHLY.due(at(2026, 11, 7), reminded) is Act.NOTHING
    assert MONTHLY.due(at(2026, 11, 9, 0), reminded) is Act.CLOSE
    closed = Round(id="r", opened_at=opened.opened_at, closes_at=opened.closes_at, closed_at=at(2026, 11, 9, 0))
    assert MONTHLY.due(at(2026, 11, 20), closed) is Act.NOTHING
    assert MONTHLY.due(at(2026, 12, 1), closed) is Act.OPEN


def test_a_service_that_was_away_for_the_whole_of_a_round_does_not_open_it_late() -> None:
    assert MONTHLY.due(at(2026, 11, 25), None) is Act.NOTHING


def test_without_a_day_nothing_opens_by_itself() -> None:
    never = MONTHLY._replace(day=0)
    assert all(never.due(at(2026, 11, day), None) is Act.NOTHING for day in range(1, 30))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 28),
    st.integers(1, 60),
)
def test_a_round_opens_once_a_month_in_working_hours_and_closes_at_midnight(
    now: datetime, day: int, open_days: int
) -> None:
    schedule = MONTHLY._replace(day=day, open_days=open_days)
    opens = schedule.opening(now.astimezone(ZONE).date())
    assert opens.weekday() < 5
    assert opens.date() >= now.astimezone(ZONE).date().replace(day=day)
    closes = schedule.closing(now)
    assert closes.timetz().replace(tzinfo=None) == time(0)
    assert timedelta(days=open_days - 1, hours=-1) <= closes - now <= timedelta(days=open_days, hours=1)
    closed = Round(id="r", opened_at=opens, closes_at=closes, closed_at=closes)
    assert schedule.due(now, closed) is Act.NOTHING
