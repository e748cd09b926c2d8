"""Computations side by side: each gets its own answers, in as few rounds as the longest takes."""

from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.common.calendar import Span
from services.kpi_stream.kpis.cuts import ALL, TEAM
from services.kpi_stream.kpis.kpi import Parts, Spans, Subject, Totals
from services.kpi_stream.kpis.parts import sums
from services.kpi_stream.kpis.requests import Asking, EntitiesOn, Request, Sum, together
from services.kpi_stream.measures import MeasureGroup
from tests.support.events import at
from tests.support.world import world

plans = st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=5)
"""Of each computation, how much it asks for in each of its rounds."""


def asking(name: int, plan: Sequence[int]) -> Asking[list[str]]:
    heard = []
    for turn, count in enumerate(plan):
        answers = yield [EntitiesOn(f"{name}/{turn}/{i}", date(2026, 1, 1)) for i in range(count)]
        heard += answers
    return heard


def answer(request: Request) -> str:
    assert isinstance(request, EntitiesOn)
    return request.kind


@given(plans)
def test_each_gets_its_own_answers_in_the_rounds_of_the_longest(each: list[list[int]]) -> None:
    computation = together([asking(name, plan) for name, plan in enumerate(each)])
    rounds = 0
    try:
        requests = next(computation)
        while True:
            rounds += 1
            requests = computation.send([answer(request) for request in requests])
    except StopIteration as done:
        found = done.value
    assert rounds == max(map(len, each), default=0)
    assert found == [
        [f"{name}/{turn}/{i}" for turn, count in enumerate(plan) for i in range(count)]
        for name, plan in enumerate(each)
    ]


# Totals.

GROUPS = (
    MeasureGroup("sold", ("orders", "gross_minor"), money=("gross_minor",)),
    MeasureGroup("visited", ("visits",)),
)
HERE = world("2026-11-23 10:00")
amounts = st.none() | st.integers(0, 100)
totals = st.builds(
    lambda orders, gross, euros, pounds: Totals(
        {"orders": orders, "gross_minor": gross},
        {"EUR": {"gross_minor": euros}, **({"GBP": {"gross_minor": pounds}} if pounds is not None else {})},
        rate_missing=gross is None,
    ),
    st.integers(0, 100),
    amounts,
    st.integers(0, 100),
    amounts,
)
visits = st.builds(lambda count: Totals({"visits": count}), st.integers(0, 100))


def run(computation: Asking[list[Parts]], found: Sequence[Totals]) -> tuple[Sequence[Request], list[Parts]]:
    requests = next(computation)
    try:
        computation.send(found)
    except StopIteration as done:
        return requests, done.value
    raise AssertionError("it asks again")


@given(st.lists(st.tuples(totals, visits), min_size=4, max_size=4))
def test_the_parts_of_a_team_are_the_sums_of_its_members(found: list[tuple[Totals, Totals]]) -> None:
    """Two members, two spans: in the order of spans, groups, members. What is not known of one is not of both."""
    spans: Spans = {"now": day(23), "before": day(22)}
    subject = Subject(TEAM, "north", ("ana", "bob"), window=None, place=None)  # type: ignore[arg-type]
    answers = [one for sales in (found[:2], found[2:]) for kind in (0, 1) for one in (sales[0][kind], sales[1][kind])]
    requests, (parts,) = run(sums(GROUPS, subject, [spans]), answers)
    assert requests == [
        Sum(group, TEAM.cell_cut, member, span)
        for span in spans.values()
        for group in GROUPS
        for member in ("ana", "bob")
    ]
    for name, (one, other) in zip(spans, (found[:2], found[2:]), strict=True):
        sold = (one[0], other[0])
        assert parts[name]["orders"] == sum(each["orders"] for each in sold)
        assert parts[name]["visits"] == one[1]["visits"] + other[1]["visits"]
        grosses = [each.money("gross_minor") for each in sold]
        assert parts[name].money("gross_minor") == (None if None in grosses else sum(filter(None, grosses)))
        assert parts[name].rate_missing == (None in grosses)
        for currency in ("EUR", "GBP"):
            told = [each.by_currency[currency]["gross_minor"] for each in sold if currency in each.by_currency]
            assert parts[name].by_currency.get(currency) == ({"gross_minor": sum(told)} if told else None)
        assert all(len(each.by_currency["EUR"]) == 1 for each in sold)


def day(number: int) -> Span:
    return HERE.calendar.day_span(at(f"2026-11-{number} 12:00").date())


def test_the_whole_is_its_own_member() -> None:
    subject = Subject(ALL, "", ("",), window=None, place=None)  # type: ignore[arg-type]
    requests, (parts,) = run(sums(GROUPS[1:], subject, [{"now": day(23)}]), [Totals({"visits": 3})])
    assert requests == [Sum(GROUPS[1], ALL.cell_cut, "", day(23))]
    assert parts["now"]["visits"] == 3
