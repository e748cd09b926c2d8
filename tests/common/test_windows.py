"""Windows, and the previous period at the same point, against a count by the minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.calendar import COMPANY, BusinessCalendar, Place, Span, public_holidays
from services.common.errors import Malformed
from services.common.windows import Grain, Period, WindowName, compare, days_window, named_window
from tests.support.events import PARIS, at

WEEK = {day: ["09:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
SUNDAYS_TOO = {**WEEK, "sun": ["10:00-13:00"]}
ONLINE = Place(channel="online")


def calendar(week: dict[str, list[str]] = WEEK) -> BusinessCalendar:
    return BusinessCalendar(
        PARIS, is_holiday=public_holidays("FR").__contains__, weekly_hours=week, online_channels=["online"]
    )


NOW = at("2026-11-23 10:37")

WINDOWS = [
    ("1h", "2026-11-23 09:38", "2026-11-23 10:38"),
    ("24h", "2026-11-22 11:00", "2026-11-23 11:00"),
    ("today", "2026-11-23 00:00", "2026-11-24 00:00"),
    ("7d", "2026-11-17 00:00", "2026-11-24 00:00"),
    ("30d", "2026-10-25 00:00", "2026-11-24 00:00"),
    ("90d", "2026-08-26 00:00", "2026-11-24 00:00"),
    ("wtd", "2026-11-23 00:00", "2026-11-24 00:00"),
    ("mtd", "2026-11-01 00:00", "2026-11-24 00:00"),
    ("qtd", "2026-10-01 00:00", "2026-11-24 00:00"),
    ("ytd", "2026-01-01 00:00", "2026-11-24 00:00"),
]


@pytest.mark.parametrize(("name", "start", "end"), WINDOWS)
def test_named_windows_cover_whole_minutes_hours_or_days(name: str, start: str, end: str) -> None:
    assert named_window(name, NOW, calendar()).span == Span(at(start), at(end))


PREVIOUS = [
    ("1h", COMPANY, ("2026-11-23 09:38", "2026-11-23 10:37"), ("2026-11-23 08:38", "2026-11-23 09:37")),
    ("24h", COMPANY, ("2026-11-22 11:00", "2026-11-23 10:00"), ("2026-11-21 11:00", "2026-11-22 10:00")),
    ("today", COMPANY, ("2026-11-23 00:00", "2026-11-23 10:00"), ("2026-11-22 00:00", "2026-11-22 10:00")),
    ("7d", COMPANY, ("2026-11-17 00:00", "2026-11-23 10:00"), ("2026-11-10 00:00", "2026-11-16 10:00")),
    ("wtd", COMPANY, ("2026-11-23 00:00", "2026-11-23 10:00"), ("2026-11-16 00:00", "2026-11-16 10:00")),
    # By 10 on 23 November 17 days (the 11th is a holiday) and an hour of opening have gone: in October, on the 21st.
    ("mtd", COMPANY, ("2026-11-01 00:00", "2026-11-23 10:00"), ("2026-10-01 00:00", "2026-10-21 10:00")),
    # Online never closes: 22 days and 10 hours, the day of 25 hours not yet reached.
    ("mtd", ONLINE, ("2026-11-01 00:00", "2026-11-23 10:00"), ("2026-10-01 00:00", "2026-10-23 10:00")),
    ("ytd", ONLINE, ("2026-01-01 00:00", "2026-11-23 10:00"), ("2025-01-01 00:00", "2025-11-23 10:00")),
]


@pytest.mark.parametrize(("name", "place", "current", "previous"), PREVIOUS)
def test_both_periods_are_cut_at_the_same_point(
    name: str, place: Place, current: tuple[str, str], previous: tuple[str, str]
) -> None:
    own = calendar()
    compared = compare(named_window(name, NOW, own), NOW, own, grain=Grain.HOUR, place=place)
    assert compared is not None
    assert compared.current == Span(*map(at, current))
    assert compared.previous == Span(*map(at, previous))
    assert compared.until == compared.current.end


def test_numbers_by_day_are_cut_at_the_end_of_yesterday() -> None:
    own = calendar()
    compared = compare(named_window("mtd", NOW, own), NOW, own, grain=Grain.DAY)
    assert compared is not None
    assert compared.current == Span(at("2026-11-01 00:00"), at("2026-11-23 00:00"))
    assert compared.previous == Span(at("2026-10-01 00:00"), at("2026-10-21 00:00"))  # 17 opening days each


def test_closed_days_are_compared_with_the_same_length_just_before() -> None:
    own = calendar()
    window = days_window(date(2026, 11, 10), date(2026, 11, 12), own)
    compared = compare(window, NOW, own, grain=Grain.HOUR)
    assert compared is not None
    assert compared.current == window.span
    assert compared.previous == own.days_span(date(2026, 11, 7), date(2026, 11, 9))


@pytest.mark.parametrize(("name", "grain"), [("today", Grain.DAY), ("wtd", Grain.DAY), ("today", Grain.HOUR)])
def test_nothing_is_compared_before_anything_has_passed(name: str, grain: Grain) -> None:
    now = at("2026-11-23 00:30")
    assert compare(named_window(name, now, calendar()), now, calendar(), grain=grain) is None


def test_days_without_any_opening_are_compared_with_nothing_by_day() -> None:
    now = at("2026-11-02 10:00")  # the 1st was a Sunday
    assert compare(named_window("mtd", now, calendar()), now, calendar(), grain=Grain.DAY) is None


@pytest.mark.parametrize(("sunday", "end"), [("10:00-14:59", "2026-01-02"), ("10:00-15:00", "2026-01-03")])
def test_a_day_of_which_half_had_gone_counts_whole(sunday: str, end: str) -> None:
    """The 1st of February is a Sunday; January opens on the 2nd, for ten hours."""
    now, own = at("2026-02-02 10:00"), calendar({**WEEK, "sun": [sunday]})
    compared = compare(named_window("mtd", now, own), now, own, grain=Grain.DAY)
    assert compared is not None
    assert compared.previous == Span(at("2026-01-01 00:00"), at(f"{end} 00:00"))


moments = st.datetimes(datetime(2025, 2, 1), datetime(2027, 1, 31), timezones=st.just(UTC))
weeks = st.sampled_from([WEEK, SUNDAYS_TOO])
places = st.sampled_from([COMPANY, ONLINE])
to_date = st.sampled_from([WindowName.MONTH, WindowName.QUARTER, WindowName.YEAR])


@given(moments, weeks, places, to_date)
def test_the_previous_period_was_open_for_as_long(
    now: datetime, week: dict[str, list[str]], place: Place, name: WindowName
) -> None:
    """For members that open on Sundays, never close, or neither: to within the half hour that rounding may cost."""
    own = calendar(week)
    compared = compare(named_window(name, now, own), now, own, grain=Grain.HOUR, place=place)
    if compared is None:
        return
    period = {"mtd": Period.MONTH, "qtd": Period.QUARTER, "ytd": Period.YEAR}[name]
    first = period.previous_first_day(own.day_of(compared.current.start))
    whole = own.days_span(first, own.day_of(compared.current.start) - timedelta(days=1))
    gone, gone_before = (own.opening_time(span, place) for span in (compared.current, compared.previous))
    assert compared.previous.start == whole.start
    assert compared.previous.end <= whole.end
    if gone <= own.opening_time(whole, place):
        assert abs(gone - gone_before) <= timedelta(minutes=30)
    else:
        assert compared.previous == whole


@given(moments, weeks, places, to_date)
def test_by_day_the_previous_period_is_open_on_as_many_days(
    now: datetime, week: dict[str, list[str]], place: Place, name: WindowName
) -> None:
    own = calendar(week)
    compared = compare(named_window(name, now, own), now, own, grain=Grain.DAY, place=place)
    if compared is None:
        return
    gone, gone_before = (own.opening_time(span, place) for span in (compared.current, compared.previous))
    assert own.midnight(own.day_of(compared.previous.end)) == compared.previous.end
    if compared.previous.end < compared.current.start:
        assert abs(gone - gone_before) <= timedelta(hours=12)


@given(moments, st.sampled_from(list(WindowName)))
def test_the_previous_period_never_reaches_into_the_current_one(now: datetime, name: WindowName) -> None:
    own = calendar()
    compared = compare(named_window(name, now, own), now, own, grain=Grain.HOUR)
    if compared is not None:
        assert compared.previous.start < compared.previous.end <= compared.current.end
        assert compared.previous.start < compared.current.start
        assert compared.current.end <= now


def test_an_unknown_window_names_those_there_are() -> None:
    with pytest.raises(Malformed, match="1h 24h 7d 30d 90d today wtd mtd qtd ytd"):
        named_window("fortnight", NOW, calendar())


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(Malformed, match="before"):
        days_window(date(2026, 11, 2), date(2026, 11, 1), calendar())


@pytest.mark.parametrize(
    ("period", "first", "following", "previous"),
    [
        (Period.MONTH, date(2026, 1, 1), date(2026, 2, 1), date(2025, 12, 1)),
        (Period.QUARTER, date(2026, 1, 1), date(2026, 4, 1), date(2025, 10, 1)),
        (Period.YEAR, date(2026, 1, 1), date(2027, 1, 1), date(2025, 1, 1)),
    ],
)
def test_periods_know_their_neighbours(period: Period, first: date, following: date, previous: date) -> None:
    day = date(2026, 1, 31)
    assert period.first_day(day) == first
    assert period.next_first_day(day) == following
    assert period.previous_first_day(day) == previous
