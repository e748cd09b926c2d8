"""What vendors' texts are read as."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.connectors.payloads import utc

HALF_A_DAY = timedelta(hours=12)
ZONES = st.timedeltas(min_value=-HALF_A_DAY, max_value=HALF_A_DAY).map(timezone)


@given(st.datetimes())
def test_a_moment_without_a_zone_is_of_utc(moment: datetime) -> None:
    assert utc(moment) == moment.replace(tzinfo=UTC)


@given(st.datetimes(timezones=ZONES))
def test_a_moment_of_any_zone_and_year_stays_the_moment_that_it_is(moment: datetime) -> None:
    assert utc(moment) == moment
