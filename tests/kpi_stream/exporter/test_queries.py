from datetime import date

import pytest

from services.common.errors import Malformed, NotFound
from services.kpi_stream.exporter.queries import find_cut, find_kpi, find_options, find_rolling, find_window
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from tests.support.world import world

KPIS = all_kpis()
SALES, ACQUISITION = KPIS["sales"], KPIS["acquisition_rate"]
HERE = world("2026-11-23 10:37")


def test_the_month_to_date_is_what_is_meant_by_nothing() -> None:
    assert find_window(SALES, HERE, None, None, None).name == "mtd"
    assert find_cut(SALES, None) is ALL


@pytest.mark.parametrize(
    ("name", "first", "last", "field"),
    [
        ("fortnight", None, None, "window"),
        ("24h", None, None, "window"),
        ("mtd", date(2026, 1, 1), date(2026, 1, 2), "window"),
        (None, date(2026, 1, 1), None, "to"),
        (None, None, date(2026, 1, 1), "from"),
        (None, date(2026, 1, 2), date(2026, 1, 1), "to"),
        (None, date(1970, 1, 1), date(2026, 1, 1), "to"),
    ],
)
def test_a_window_that_cannot_be_told_names_the_parameter(
    name: str | None, first: date | None, last: date | None, field: str
) -> None:
    with pytest.raises(Malformed) as refused:
        find_window(ACQUISITION, HERE, name, first, last)
    assert refused.value.field == field
    assert refused.value.mend


def test_unknown_names_are_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="new_leads"):
        find_kpi(KPIS, "leads")
    with pytest.raises(Malformed, match="channel"):
        find_cut(SALES, "chanel")
    with pytest.raises(Malformed, match="basis"):
        find_options(SALES, {"bassis": "order_day"})
    with pytest.raises(Malformed, match="event_day, order_day"):
        find_options(SALES, {"basis": "day"})
    with pytest.raises(Malformed, match="basis"):
        find_options(ACQUISITION, {"basis": "order_day"})


def test_points_of_a_daily_series_may_roll() -> None:
    assert [find_rolling(KPIS["nps"], "day", days) for days in (None, 90, 1)] == [30, 90, 1]
    assert (find_rolling(SALES, "day", None), find_rolling(KPIS["nps"], "month", None)) == (1, 1)
    for kpi, step, days in ((SALES, "day", 30), (KPIS["nps"], "month", 30), (KPIS["nps"], "day", 7)):
        with pytest.raises(Malformed, match=f"{days} days") as refused:
            find_rolling(kpi, step, days)
        assert refused.value.field == "rolling"
