from services.kpi_stream.entities.visits import Visits, by_hour, counted_hours, fold
from tests.support.events import PARIS, at, event

DAY = {"from_": "2026-10-25T00:00:00+02:00", "to": "2026-10-26T00:00:00+01:00"}
HOUR = {"from_": "2026-10-25T10:00:00+01:00", "to": "2026-10-25T11:00:00+01:00"}


def visits(*counts: dict[str, object]) -> Visits:
    found = Visits()
    for count in counts:
        found = fold(found, event("visits.counted", None, at("2026-10-26 01:00"), channel="store", **count), PARIS)
    return found


def test_a_days_count_is_spread_over_its_25_hours_to_the_visit() -> None:
    spread = by_hour(visits({**DAY, "visits": 52}))
    assert len(spread) == 25
    assert sum(spread.values()) == 52
    assert set(spread.values()) == {2, 3}


def test_an_hour_replaces_its_share_of_the_day() -> None:
    start = int(at("2026-10-25 10:00").timestamp())
    for counts in ([{**DAY, "visits": 50}, {**HOUR, "visits": 9}], [{**HOUR, "visits": 9}, {**DAY, "visits": 50}]):
        found = visits(*counts)
        assert by_hour(found)[start] == 9
        assert sum(by_hour(found).values()) == 50 - 2 + 9
        assert counted_hours(found) == {start: 9}


def test_a_count_may_be_corrected() -> None:
    assert sum(by_hour(visits({**HOUR, "visits": 9, "revision": 1}, {**HOUR, "visits": 7})).values()) == 9
