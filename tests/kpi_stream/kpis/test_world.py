"""What numbers are read against, as of a moment."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.calendar import Place
from services.common.events import Event
from services.common.windows import Period
from services.kpi_stream.kpis.world import RATE_MAX_AGE, World
from tests.support.events import at, event
from tests.support.world import world

DAY = date(2026, 11, 17)
NOW = "2026-11-19 10:20"
BEFORE = "2026-01-01 00:00"


def rate(on: date, value: str, currency: str = "GBP", **data: str) -> Event:
    return event("rate.set", None, at(BEFORE), currency=currency, day=on.isoformat(), rate=value, **data)


@given(st.sets(st.integers(-3, 12)))
def test_a_rate_is_the_latest_not_after_the_day_and_a_week_old_at_most(ages: set[int]) -> None:
    here = world(NOW, [rate(DAY - timedelta(days=age), f"1.{age + 10}") for age in ages])
    usable = [age for age in ages if 0 <= age <= RATE_MAX_AGE]
    expected = Decimal(f"1.{min(usable) + 10}") if usable else None
    assert here.book.rate("GBP", "EUR", DAY) == expected
    assert here.book.rate("GBP", "EUR", DAY) == expected
    assert here.convert(200, "GBP", DAY) == (expected * 200 if expected is not None else None)
    assert here.convert(200, "EUR", DAY) == 200


def test_a_rate_into_another_currency_is_passed_over() -> None:
    here = world(NOW, [rate(DAY, "1.5", into="USD"), rate(DAY - timedelta(days=1), "1.2", into="EUR")])
    assert here.book.rate("GBP", "EUR", DAY) == Decimal("1.2")
    assert here.book.rate("GBP", "USD", DAY) == Decimal("1.5")


def test_minor_units_differ_by_currency() -> None:
    here = world(NOW, [rate(DAY, "0.006", "JPY"), rate(DAY, "3", "KWD")])
    assert here.convert(1000, "JPY", DAY) == Decimal("600")  # 6.00 EUR
    assert here.convert(1000, "KWD", DAY) == Decimal("300")  # 1.000 KWD is 3.00 EUR
    assert here.major(1234) == Decimal("12.34")
    assert here.major(None) is None


def target(value: int, stated: str, **whose: str) -> Event:
    month = {"measure": "new_leads", "period": "month", "starts_on": "2026-11-01"}
    return event("target.set", None, at(stated), value=value, **month, **whose)


def test_a_target_is_the_one_in_force_at_a_moment() -> None:
    said = [
        target(10, "2026-11-02 09:00", rep_id="ana"),
        target(20, "2026-11-10 09:00", rep_id="ana"),
        target(90, "2026-11-02 09:00", team_id="north"),
        target(99, "2026-11-02 09:00"),
    ]
    book = world(NOW, said).book
    found = {
        moment: book.target("new_leads", "rep:ana", Period.MONTH, date(2026, 11, 1), at(moment))
        for moment in ("2026-11-02 08:59", "2026-11-02 09:00", "2026-11-10 08:59", "2026-11-10 09:00")
    }
    assert list(found.values()) == [None, 10, 10, 20]
    assert book.target("new_leads", "rep:bob", Period.MONTH, date(2026, 11, 1), at(NOW)) is None
    assert book.target("new_leads", "all", Period.MONTH, date(2026, 11, 1), at(NOW)) == 99
    assert book.target_members("new_leads", "rep") == {"ana"}
    assert book.target_members("new_leads", "team") == {"north"}
    assert book.target_members("sales", "rep") == set()


def test_a_rep_is_of_the_team_that_was_stated_last() -> None:
    said = [
        event("rep.set", "ana", at(f"2026-11-0{day} 09:00"), team_id=team) for day, team in ((2, "north"), (4, "south"))
    ]
    book = world(NOW, said).book
    assert (book.team_of("ana"), book.team_of("bob")) == ("south", None)


def moments(here: World) -> tuple[datetime | None, datetime]:
    return here.book.next_in_force(), here.stands_until()


def promotion(stated: str) -> Event:
    return event("promotion.set", "P", at(stated), name="P", from_="2026-11-01", to="2026-11-30")


@pytest.mark.parametrize(
    ("stated", "following", "until"),
    [
        ([], None, "2026-11-19 11:00"),
        (["2026-11-01 00:00", NOW], None, "2026-11-19 11:00"),
        (["2026-11-19 10:40", "2026-11-19 10:30"], "2026-11-19 10:30", "2026-11-19 10:30"),
        (["2026-11-19 12:00"], "2026-11-19 12:00", "2026-11-19 11:00"),
    ],
)
def test_numbers_stand_to_the_end_of_the_hour_or_the_next_statement(
    stated: list[str], following: str | None, until: str
) -> None:
    here = world(NOW, [promotion(each) for each in stated])
    assert moments(here) == (at(following) if following else None, at(until))


def test_a_past_day_is_read_at_its_close() -> None:
    here = world(NOW)
    there = here.at_close(DAY)
    assert (there.now, there.today, there.closed) == (at("2026-11-18 00:00"), DAY, DAY)
    assert (here.today, here.closed) == (date(2026, 11, 19), None)
    assert (there.win_days, there.loyalty, there.reporting_currency) == (30, here.loyalty, "EUR")


def test_opening_is_told_by_place_with_when_it_was_stated() -> None:
    said = [
        event("calendar.set", None, at("2026-02-01 00:00"), weekly={"mon": ["10:00-12:00"]}),
        event("calendar.set", None, at("2026-03-01 00:00"), weekly={"mon": ["10:00-13:00"]}),
        event("calendar.set", None, at("2026-03-01 00:00"), region="north", day="2026-12-06", hours=["10:00-18:00"]),
    ]
    told = world(NOW, said).book.opening_times()
    assert [(each.stated_at, dict(each.hours)) for each in told.weekly[Place()]] == [
        (at("2026-02-01 00:00"), {"mon": ("10:00-12:00",)}),
        (at("2026-03-01 00:00"), {"mon": ("10:00-13:00",)}),
    ]
    assert {place: list(day.hours) for place, day in told.special.items()} == {
        (Place("north"), date(2026, 12, 6)): ["10:00-18:00"]
    }
