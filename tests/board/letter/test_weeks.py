from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.letter.weeks import (
    SendingTime,
    Week,
    due_week,
    last_whole_week,
    read_sending_time,
    week_of,
    whole_week,
)
from services.common.errors import Invalid
from tests.support.events import PARIS, at

MONDAY_HALF_PAST_SEVEN = read_sending_time("mon 07:30")
instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
times = st.builds(SendingTime, st.integers(0, 6), st.times().map(lambda t: t.replace(second=0, microsecond=0)))
zones = st.sampled_from([PARIS, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kathmandu")])


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_day_is_in_its_week_and_the_last_whole_one_is_over(day: date) -> None:
    week = week_of(day)
    assert week.first <= day <= week.last
    assert (week.first.weekday(), week.last.weekday()) == (0, 6)
    assert last_whole_week(day).last < day <= last_whole_week(day).last + timedelta(days=7)


@given(instants, times, zones)
def test_a_letter_is_due_from_its_time_on_until_the_next_week_is_over(
    now: datetime, sending: SendingTime, zone: ZoneInfo
) -> None:
    week = last_whole_week(now.astimezone(zone).date())
    assert week.end(zone) <= now < week.before(-1).end(zone)
    assert due_week(now, sending, zone) == (week if now >= sending.after(week, zone) else None)


@given(instants, times, zones, st.integers(1, 20 * 24 * 60))
def test_no_letter_is_due_after_that_of_a_later_week(
    now: datetime, sending: SendingTime, zone: ZoneInfo, minutes: int
) -> None:
    first, then = due_week(now, sending, zone), due_week(now + timedelta(minutes=minutes), sending, zone)
    assert first is None or then is None or first <= then


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23 07:29", None),
        ("2026-11-23 07:30", date(2026, 11, 16)),
        ("2026-11-29 23:59", date(2026, 11, 16)),  # the machine was off for six days
        ("2026-11-30 00:00", None),
        ("2026-03-30 07:29", None),  # clocks went forward the night before: half past seven comes an hour sooner
        ("2026-03-30 07:30", date(2026, 3, 23)),
        ("2026-10-26 07:30", date(2026, 10, 19)),  # and went back
    ],
)
def test_monday_at_half_past_seven_by_the_clock_on_the_wall(now: str, due: date | None) -> None:
    found = due_week(at(now), MONDAY_HALF_PAST_SEVEN, PARIS)
    assert (found and found.first) == due


def test_weeks_whose_night_changes_the_clocks_end_at_midnight() -> None:
    assert Week(date(2026, 3, 23)).end(PARIS) == at("2026-03-30 00:00")
    assert Week(date(2026, 10, 19)).end(PARIS) == at("2026-10-26 00:00")


def test_a_week_is_numbered_as_the_calendar_does() -> None:
    assert (Week(date(2026, 11, 16)).name, Week(date(2026, 12, 28)).name) == ("2026-W47", "2026-W53")


def test_a_week_that_is_not_over_cannot_be_told_of() -> None:
    assert whole_week(date(2026, 11, 20), date(2026, 11, 23)) == Week(date(2026, 11, 16))
    with pytest.raises(Invalid, match="2026-11-16 is not over"):
        whole_week(date(2026, 11, 16), date(2026, 11, 22))


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 7:30", "mon 24:00", "monday 07:30", "lun 07:30", "mon 07:60", "mon 07:30 "]
)
def test_what_is_no_time_of_the_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mon 07:30"):
        read_sending_time(text)


def test_a_time_of_the_week_is_read() -> None:
    assert read_sending_time("sun 23:05") == SendingTime(6, time(23, 5))
