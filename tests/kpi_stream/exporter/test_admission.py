from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.kpis.cuts import CHANNEL, REP


def test_members_are_admitted_first_come_for_the_quarter() -> None:
    admission = Admission({"rep": 2, "channel": 1}, most=5)
    days = date(2026, 11, 23), date(2027, 1, 1)
    assert [admission.admits(REP, name, days[0]) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert admission.admits(CHANNEL, "c", days[0])
    assert admission.refused == 1
    assert admission.admits(REP, "c", days[1])
    assert admission.refused == 0


def test_room_that_members_do_not_take_is_room_for_others() -> None:
    admission, day = Admission({"rep": 4}, most=10), date(2026, 11, 23)
    assert [admission.admits(REP, name, day) for name in "abc"] == [True, True, False]
    assert admission.fits(4)  # series of the two, half of what they might have
    assert [admission.admits(REP, name, day) for name in "abcd"] == [True, True, True, False]
    assert admission.fits(6)
    assert admission.admits(REP, "d", day)
    assert admission.refused == 0
    assert not admission.fits(12)  # each has more by now: the last has to go
    assert [admission.admits(REP, name, day) for name in "abcd"] == [True, True, True, False]
    assert admission.fits(9)


@given(st.lists(st.lists(st.integers(1, 4), min_size=12, max_size=12), min_size=1, max_size=5))
def test_whoever_has_to_go_stays_out_so_that_an_end_is_found(scrapes: list[list[int]]) -> None:
    """However many series members come to have from one scrape to the next."""
    admission, day = Admission({"rep": 4}, most=10), date(2026, 11, 23)

    def made(series: list[int]) -> int:
        return sum(own for i, own in enumerate(series) if admission.admits(REP, f"r{i}", day))

    for series in scrapes:
        tries = 0
        while not admission.fits(total := made(series)):
            tries += 1
            assert tries <= len(series)
        assert 0 < total <= 10 or admission.refused == len(series)
