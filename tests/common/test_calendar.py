from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.common.calendar import (
    COMPANY,
    BusinessCalendar,
    OpeningTimes,
    Place,
    Span,
    SpecialDay,
    WeeklyHours,
    parse_hours,
    public_holidays,
)
from services.common.errors import ConfigurationError, Invalid
from tests.support.events import PARIS, at

SHOP_WEEK = {day: ["09:00-12:00", "14:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
ONLINE = Place(channel="online")


def calendar(stated: OpeningTimes | None = None, zone: ZoneInfo = PARIS) -> BusinessCalendar:
    return BusinessCalendar(
        zone,
        is_holiday=public_holidays("FR").__contains__,
        weekly_hours=SHOP_WEEK,
        online_channels=["online"],
        stated=stated,
    )


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 20), 24)],
)
def test_a_paris_day_has_23_24_or_25_hours(day: date, hours: int) -> None:
    assert calendar().day_span(day).length == timedelta(hours=hours)
    assert calendar().opening_time(calendar().day_span(day), ONLINE) == timedelta(hours=hours)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_every_instant_lies_in_exactly_the_day_it_belongs_to(instant: datetime) -> None:
    own = calendar()
    span = own.day_span(own.day_of(instant))
    assert span.start <= instant < span.end
    assert own.floor_hour(instant) <= instant < own.floor_hour(instant) + timedelta(hours=1)


def test_full_hours_are_those_of_the_wall_where_the_zone_is_half_an_hour_off() -> None:
    kolkata = calendar(zone=ZoneInfo("Asia/Kolkata"))
    assert kolkata.floor_hour(datetime(2026, 11, 20, 10, 15, tzinfo=UTC)) == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_a_shop_is_open_on_weekdays_but_not_on_sundays_and_holidays() -> None:
    own = calendar()
    assert own.opening_time(own.day_span(date(2026, 11, 20))) == timedelta(hours=8)
    assert own.opening(date(2026, 11, 22)) == ()  # a Sunday
    assert own.opening(date(2026, 11, 11)) == ()  # Armistice Day
    assert own.opening_days(own.days_span(date(2026, 11, 9), date(2026, 11, 15))) == 5


def test_online_is_open_all_week_whatever_closes_the_shops() -> None:
    stated = OpeningTimes(
        special={(COMPANY, date(2026, 11, 20)): SpecialDay(), (Place("north"), date(2026, 11, 20)): SpecialDay()}
    )
    own = calendar(stated)
    day = own.day_span(date(2026, 11, 20))
    assert own.opening_time(day, ONLINE) == timedelta(hours=24)
    assert own.opening_time(day, Place("north", "online")) == timedelta(hours=24)
    assert own.opening_time(day, Place("north", "store")) == timedelta(0)


def test_the_most_specific_statement_wins() -> None:
    sunday = date(2026, 12, 20)
    weekly = {Place("north"): [WeeklyHours(at("2026-01-01 00:00"), {"sun": ["10:00-13:00"]})]}
    own = calendar(OpeningTimes(weekly, {(Place("north", "store"), sunday): SpecialDay(["10:00-18:00"])}))
    assert own.opening_time(own.day_span(sunday), Place("north", "store")) == timedelta(hours=8)
    assert own.opening_time(own.day_span(sunday), Place("north")) == timedelta(hours=3)
    assert own.opening_time(own.day_span(sunday)) == timedelta(0)


def test_weekly_hours_hold_from_when_they_are_stated() -> None:
    weekly = {COMPANY: [WeeklyHours(at("2026-11-10 12:00"), {"tue": ["10:00-11:00"]})]}
    own = calendar(OpeningTimes(weekly))
    assert own.opening_time(own.day_span(date(2026, 11, 3))) == timedelta(hours=8)
    assert own.opening_time(own.day_span(date(2026, 11, 10))) == timedelta(hours=1)


@given(
    st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
    st.integers(0, 60 * 24 * 40),
    st.sampled_from([COMPANY, ONLINE]),
)
def test_opening_time_is_counted_minute_by_minute(start: datetime, minutes: int, place: Place) -> None:
    """Against a count that walks through every minute on the wall."""
    start = start.replace(second=0, microsecond=0)
    own, span = calendar(), Span(start, start + timedelta(minutes=minutes))
    counted = sum(_is_open(start + timedelta(minutes=i), place) for i in range(0, minutes))
    assert own.opening_time(span, place) == timedelta(minutes=counted)


def _is_open(instant: datetime, place: Place) -> bool:
    if place == ONLINE:
        return True
    local = instant.astimezone(PARIS)
    if local.weekday() == 6 or local.date() in public_holidays("FR"):
        return False
    minute = local.hour * 60 + local.minute
    return 540 <= minute < 720 or 840 <= minute < 1140


@given(
    st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
    st.sampled_from([COMPANY, ONLINE]),
)
@example(at("2026-10-23 19:00"), COMPANY)
@example(at("2026-10-23 09:00"), COMPANY)
def test_a_place_is_open_from_the_moment_of_opening_to_that_of_closing(instant: datetime, place: Place) -> None:
    assert calendar().is_open(instant, place) == _is_open(instant, place)


@given(
    st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
    st.integers(1, 40),
    st.integers(0, 60 * 300),
)
def test_the_instant_after_some_opening_time_is_where_just_that_much_has_gone(
    start: datetime, days: int, minutes: int
) -> None:
    own, span, wanted = calendar(), Span(start, start + timedelta(days=days)), timedelta(minutes=minutes)
    reached = own.after_opening_time(span, wanted)
    if reached is None:
        assert own.opening_time(span) < wanted
    else:
        assert own.opening_time(Span(span.start, reached)) == wanted
        before = reached - timedelta(seconds=1)
        assert wanted == timedelta(0) or own.opening_time(Span(span.start, before)) < wanted


@pytest.mark.parametrize("text", ["19:00-09:00", "9-19", "09:00-09:00", "09:60-10:00", "09:00-25:00", "", "a:b-c:d"])
def test_what_are_no_opening_hours_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="09:00-19:00"):
        parse_hours(text)


@given(st.integers(0, 30), st.integers(0, 99), st.integers(0, 30), st.integers(0, 99))
def test_hours_are_two_times_of_a_day_the_second_later(one: int, past: int, other: int, past_other: int) -> None:
    text = f"{one:02}:{past:02}-{other:02}:{past_other:02}"
    opens, closes = one * 60 + past, other * 60 + past_other
    if past < 60 and past_other < 60 and opens < closes <= 1440:
        assert parse_hours(text) == (opens, closes)
    else:
        with pytest.raises(Invalid):
            parse_hours(text)


@pytest.mark.parametrize(
    "text", ["09:00-24:01", "09:61-10:00", "09:+1-10:00", "+9:00-10:00", "09: 1-10:00", "9:0-10:00"]
)
def test_a_time_of_day_has_digits_alone_and_lies_within_the_day(text: str) -> None:
    with pytest.raises(Invalid):
        parse_hours(text)


def test_midnight_may_close_a_day() -> None:
    assert parse_hours("18:00-24:00") == (1080, 1440)


def test_a_country_without_known_holidays_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ISO 3166"):
        public_holidays("ZZ")


def test_shifting_days_keeps_the_time_on_the_wall() -> None:
    assert calendar().shift_days(at("2026-10-26 14:00"), -7) == at("2026-10-19 14:00")
