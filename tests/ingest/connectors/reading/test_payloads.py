"""What vendors' texts are read as."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.connectors.reading.payloads import text_of, utc

HALF_A_DAY = timedelta(hours=12)
ZONES = st.timedeltas(min_value=-HALF_A_DAY, max_value=HALF_A_DAY).map(timezone)


@given(st.datetimes())
def test_a_moment_without_a_zone_is_of_utc(moment: datetime) -> None:
    assert utc(moment) == moment.replace(tzinfo=UTC)


@given(st.datetimes(timezones=ZONES))
def test_a_moment_of_any_zone_and_year_stays_the_moment_that_it_is(moment: datetime) -> None:
    assert utc(moment) == moment


@pytest.mark.parametrize(
    ("value", "text"),
    [(" Radio ", "Radio"), (17, "17"), (0, "0"), (1.5, "1.5"), (Decimal("1.50"), "1.50"), ("0", "0")],
)
def test_a_text_or_a_number_is_a_text(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", ["", "  ", None, True, False, [], ["Radio"], {"value": "Radio"}])
def test_nothing_else_is_a_text(value: object) -> None:
    assert text_of(value) is None
