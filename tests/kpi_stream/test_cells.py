"""Any span, summed from cells, equals the sum of the facts that lie in it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.common.calendar import BusinessCalendar, Span
from services.kpi_stream.cells import Reporting, Stretch, counts_by_day, runs, stretches, total
from services.kpi_stream.fan_out import Gathered, fan_out
from services.kpi_stream.kpis.kpi import Totals
from services.kpi_stream.kpis.requests import CountsByDay, Sum
from services.kpi_stream.measures import CELLS_PER_STRING, DAILY, Address, Fact, MeasureGroup
from services.kpi_stream.measures import NOW as NOW_ONLY
from tests.support.events import PARIS, at

GROUP = MeasureGroup("g", ("n", "money_minor"), money=("money_minor",))
MEMBER = ("rep", "a/b:c")
ZONES = [PARIS, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns"), ZoneInfo("UTC")]
START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp())

moments = st.integers(0, 60 * 24 * 53).map(lambda minute: START + timedelta(minutes=minute))
facts = st.lists(
    st.builds(
        lambda at_, n, money, currency: Fact(
            GROUP, int(at_.timestamp()), (MEMBER, ("all", "")), (n, money if currency else 0), currency
        ),
        moments,
        st.integers(-3, 5),
        st.integers(-1000, 10**12),
        st.sampled_from(["", "EUR", "EUR", "USD"]),
    ),
    max_size=30,
)


def calendar(zone: ZoneInfo) -> BusinessCalendar:
    return BusinessCalendar(zone, is_holiday=lambda _: False, weekly_hours={})


def convert(minor: int, currency: str, day: date) -> Decimal | None:
    """A dollar is worth (day of the month) hundredths of a euro."""
    return Decimal(minor) * day.day / 100


def stored(given_facts: list[Fact], zone: ZoneInfo) -> dict[object, list[int]]:
    gathered = Gathered()
    gathered.add(given_facts)
    changes = fan_out(gathered, zone=zone, reporting_currency="EUR", now=NOW)
    strings: dict[object, list[int]] = {}
    for address, additions in changes.additions.items():
        cells = strings.setdefault(address, [0] * CELLS_PER_STRING)
        for slot, sums in additions.items():
            first = slot * len(sums)
            cells[first : first + len(sums)] = sums
    return strings


def read_from(strings: dict[object, list[int]], read: Iterable[Stretch]) -> dict[Address, list[int]]:
    """The strings that are read, nothing in them but what is read."""
    found: dict[Address, list[int]] = {}
    for address, first, end in read:
        cells = found.setdefault(address, [0] * CELLS_PER_STRING if address in strings else [])
        cells[first:end] = strings.get(address, [])[first:end]
    return found


def read(request: Sum, strings: dict[object, list[int]], zone: ZoneInfo) -> Totals:
    reporting = Reporting("EUR", calendar(zone), convert)
    codes = ("", "EUR", "USD")
    return total(request, codes, read_from(strings, stretches(request, codes, reporting)), reporting)


LEVEL = MeasureGroup("level", ("n",), DAILY, is_level=True)
STANDING = MeasureGroup("standing", ("n",), (NOW_ONLY,))


def of_group(group: MeasureGroup, given_facts: list[Fact]) -> list[Fact]:
    return [Fact(group, fact.at, (MEMBER,), fact.values[:1]) for fact in given_facts]


@given(facts, st.sampled_from(ZONES), st.tuples(moments, moments))
def test_a_level_is_the_sum_of_all_changes_up_to_the_end_of_a_span(
    given_facts: list[Fact], zone: ZoneInfo, ends: tuple[datetime, datetime]
) -> None:
    own = calendar(zone)
    start, end = (own.midnight(own.day_of(each)) for each in sorted(ends))
    found = read(Sum(LEVEL, *MEMBER, Span(start, end)), stored(of_group(LEVEL, given_facts), zone), zone)
    assert found["n"] == sum(fact.values[0] for fact in given_facts if fact.at < end.timestamp())


@given(facts, st.sampled_from(ZONES), moments)
def test_what_stands_now_is_the_sum_of_all_facts_whatever_the_span(
    given_facts: list[Fact], zone: ZoneInfo, moment: datetime
) -> None:
    request = Sum(STANDING, *MEMBER, Span(moment, moment + timedelta(hours=1)))
    found = read(request, stored(of_group(STANDING, given_facts), zone), zone)
    assert found["n"] == sum(fact.values[0] for fact in given_facts)


@given(facts, st.sampled_from(ZONES), st.tuples(moments, moments), st.booleans())
def test_a_span_of_hours_or_days_sums_the_facts_within(
    given_facts: list[Fact], zone: ZoneInfo, ends: tuple[datetime, datetime], by_hour: bool
) -> None:
    own = calendar(zone)
    start, end = (own.floor_hour(e) if by_hour else own.midnight(own.day_of(e)) for e in sorted(ends))
    found = read(Sum(GROUP, *MEMBER, Span(start, end)), stored(given_facts, zone), zone)
    within = [f for f in given_facts if start.timestamp() <= f.at < end.timestamp()]
    assert found["n"] == sum(f.values[0] for f in within)
    euros = sum(f.values[1] for f in within if f.currency in ("", "EUR"))
    worth = sum(
        (
            Decimal(f.values[1]) * own.day_of(datetime.fromtimestamp(f.at, UTC)).day / 100
            for f in within
            if f.currency == "USD"
        ),
        Decimal(0),
    )
    assert abs((found.money("money_minor") or 0) - (euros + worth)) <= Decimal("0.5")


@given(facts, st.integers(0, 59))
def test_the_last_hour_is_read_by_the_minute(given_facts: list[Fact], minute: int) -> None:
    end = datetime.fromtimestamp(NOW, UTC) + timedelta(minutes=minute)
    late = [replace(f, at=NOW - (f.at % 7200)) for f in given_facts]
    span = Span(end - timedelta(hours=1), end)
    found = read(Sum(GROUP, *MEMBER, span), stored(late, PARIS), PARIS)
    assert found["n"] == sum(f.values[0] for f in late if span.start.timestamp() <= f.at < span.end.timestamp())


@given(facts, st.sampled_from(ZONES))
def test_counts_by_day_are_those_of_each_day(given_facts: list[Fact], zone: ZoneInfo) -> None:
    own = calendar(zone)
    request = CountsByDay(GROUP, *MEMBER, own.days_span(date(2026, 10, 5), date(2026, 11, 10)))
    reporting, codes = Reporting("EUR", own, convert), ("", "EUR", "USD")
    strings = stored(given_facts, zone)
    found = counts_by_day(request, codes, read_from(strings, stretches(request, codes, reporting)), reporting)
    expected: dict[date, int] = {}
    for fact in given_facts:
        day = own.day_of(datetime.fromtimestamp(fact.at, UTC))
        if date(2026, 10, 5) <= day <= date(2026, 11, 10):
            expected[day] = expected.get(day, 0) + fact.values[0]
    assert {day: counts["n"] for day, counts in found.items() if counts["n"]} == {
        d: n for d, n in expected.items() if n
    }


def test_a_missing_rate_makes_money_unknown_and_nothing_else() -> None:
    given_facts = [Fact(GROUP, NOW, (MEMBER,), (1, 500), "USD"), Fact(GROUP, NOW, (MEMBER,), (1, 200), "EUR")]
    own = calendar(PARIS)
    request = Sum(GROUP, *MEMBER, own.day_span(date(2026, 11, 23)))
    reporting = Reporting("EUR", own, lambda *_: None)
    strings = stored(given_facts, PARIS)
    found = total(request, ("EUR", "USD"), read_from(strings, stretches(request, ("EUR", "USD"), reporting)), reporting)
    assert found.rate_missing
    assert found.measures == {"n": 2, "money_minor": None}
    assert found.by_currency == {"EUR": {"money_minor": 200}, "USD": {"money_minor": 500}}


def test_a_year_is_read_from_few_strings() -> None:
    own = calendar(PARIS)
    year = own.days_span(date(2026, 1, 1), date(2026, 11, 23))
    assert [run.letter for run in runs(year, own, GROUP, True)] == ["m", "d"]


def test_months_of_another_currency_hold_counts_only() -> None:
    gathered = Gathered()
    gathered.add([Fact(GROUP, NOW, (MEMBER,), (1, 500), "USD")])
    changes = fan_out(gathered, zone=PARIS, reporting_currency="EUR", now=NOW)
    months = [additions for address, additions in changes.additions.items() if address.resolution == "m"]
    assert [list(sums) for additions in months for sums in additions.values()] == [[1, 0]]


def test_what_is_past_its_life_is_counted_and_not_written() -> None:
    gathered = Gathered()
    gathered.add([Fact(GROUP, NOW - 86400 * 500, (MEMBER,), (1, 0))])
    changes = fan_out(gathered, zone=PARIS, reporting_currency="EUR", now=NOW)
    assert sorted(address.resolution for address in changes.additions) == ["d", "m"]
    assert changes.too_late == {"g": 2}
    gathered = Gathered()
    gathered.add([Fact(GROUP, NOW - 3600, (MEMBER,), (1, 0))])
    changes = fan_out(gathered, zone=PARIS, reporting_currency="EUR", now=NOW)
    assert changes.too_late == {}
    assert all(expire_at > NOW for expire_at in changes.expiry.values())


def test_a_span_that_no_cell_ends_with_is_refused() -> None:
    own = calendar(PARIS)
    span = Span(at("2026-11-20 10:00"), at("2026-11-20 10:30") + timedelta(seconds=1))
    with pytest.raises(ValueError, match="no cells"):
        runs(span, own, MeasureGroup("days", ("n",), DAILY), False)
