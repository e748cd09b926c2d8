"""When a day was first shown, and what corrects it: against the definition, worked out afresh."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.kpi_stream.entities.provenance import Said
from services.kpi_stream.exporter.corrections import FirstShown
from services.kpi_stream.measures import day_ordinal
from tests.support.world import world

CALENDAR = world("2026-11-19 10:00").calendar
FIRST = date(2026, 11, 2)
HOUR = 3600
GRACE = 2 * HOUR

said = st.builds(
    lambda happened, delay: Said(
        "order.placed", "e", (START + happened * HOUR) * 1_000_000, 0, START + (happened + delay) * HOUR
    ),
    st.integers(0, 72),
    st.integers(0, 72),
)
START = int(CALENDAR.midnight(FIRST).timestamp())
days = st.sets(st.integers(0, 3), min_size=1)


@given(st.lists(st.tuples(days, st.lists(said, min_size=1, max_size=3)), min_size=1, max_size=4))
def test_what_is_heard_once_a_day_was_shown_for_a_while_corrects_it(
    entities: list[tuple[set[int], list[Said]]],
) -> None:
    shown = FirstShown(CALENDAR, GRACE)
    for counts_on, heard in entities:
        shown.take_in([day_ordinal(FIRST) + day for day in counts_on], heard)
    for counts_on, heard in entities:
        for each in heard:
            expected = any(corrects(each, day, entities) for day in counts_on)
            assert shown.is_late(each, [day_ordinal(FIRST) + day for day in counts_on]) == expected


def corrects(each: Said, day: int, entities: list[tuple[set[int], list[Said]]]) -> bool:
    """It had happened by the day's close, and was heard more than the grace after the day was first shown."""
    close = int(CALENDAR.midnight(FIRST + timedelta(day + 1)).timestamp())
    by_then = [
        one.received
        for counts_on, heard in entities
        if day in counts_on
        for one in heard
        if one.at // 1_000_000 < close
    ]
    if each.at // 1_000_000 >= close:
        return False
    return each.received > max(close, min(by_then)) + GRACE
