"""Letters leave in the hours that are set, by the clock on the wall."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.calendar import WEEKDAYS, BusinessCalendar
from services.common.errors import ConfigurationError
from services.survey.mail.hours import next_open
from services.survey.mail.mailer import LONGEST_WAIT, wait_after
from tests.support.events import PARIS, at

spans = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])
weeks = st.dictionaries(
    st.sampled_from(WEEKDAYS), st.lists(spans.map(lambda pair: f"{pair[0]:02}:00-{pair[1]:02}:00"), max_size=1),
).filter(lambda week: any(week.values()))  # fmt: skip
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def calendar(week: dict[str, list[str]]) -> BusinessCalendar:
    return BusinessCalendar(PARIS, is_holiday=lambda day: day.month == 5 and day.day == 1, weekly_hours=week)


def is_open(days: BusinessCalendar, instant: datetime) -> bool:
    return any(span.start <= instant < span.end for span in days.opening(days.day_of(instant)))


@given(weeks, instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(week: dict[str, list[str]], now: datetime) -> None:
    days = calendar(week)
    opens = next_open(days, now)
    assert opens >= now
    assert is_open(days, opens)
    steps = int(min(opens - now, timedelta(days=10)) / timedelta(minutes=30))
    assert not any(is_open(days, now + timedelta(minutes=30 * step)) for step in range(steps) if opens > now)


def test_clocks_are_changed_in_the_night() -> None:
    """On 29 March 2026 nine o'clock comes an hour sooner."""
    assert next_open(calendar({"sun": ["09:00-12:00"]}), at("2026-03-28 22:00")) == at("2026-03-29 09:00")


def test_hours_in_which_nothing_ever_leaves_are_told() -> None:
    with pytest.raises(ConfigurationError, match="CADRAN_SURVEY_MAIL_HOURS"):
        next_open(calendar({}), at("2026-03-28 22:00"))


@given(st.integers(0, 100))
def test_a_letter_waits_ever_longer_but_not_for_ever(attempts: int) -> None:
    assert timedelta(0) < wait_after(attempts) <= wait_after(attempts + 1) <= LONGEST_WAIT
