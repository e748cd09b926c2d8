import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.charts import sparkline
from services.board.formats import Formats
from tests.support.events import PARIS

FR, EN = Formats("fr", PARIS), Formats("en", PARIS)
ODD_SPACES = ("\u202f", "\xa0")


def plain(text: str) -> str:
    """With ordinary spaces, to read and compare."""
    for odd in ODD_SPACES:
        text = text.replace(odd, " ")
    return text


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        (1234, "count", "1 234", "1,234"),
        (0.123, "ratio", "12,3 %", "12.3%"),
        (12345.67, "EUR", "12 346 €", "€12,346"),
        (12.5, "EUR", "12,50 €", "€12.50"),
        (-12.5, "EUR", "-12,50 €", "-€12.50"),
        (0, "EUR", "0,00 €", "€0.00"),
        (41.4, "points", "41", "41"),
        (7, "score", "7,0", "7.0"),
        (1105.24, "index", "1 105,2", "1,105.2"),
        (864_000, "seconds", "10 jours", "10 days"),
        (0, "seconds", "0 jour", "0 days"),
        (None, "EUR", "–", "–"),
        (None, "ratio", "–", "–"),
    ],
)
def test_values_are_written_as_people_write_them(value: float | None, unit: str, french: str, english: str) -> None:
    assert (plain(FR.value(value, unit)), plain(EN.value(value, unit))) == (french, english)


def test_prices_are_told_to_the_cent_of_their_currency() -> None:
    assert (plain(FR.money(123_450, "EUR")), plain(EN.money(1234, "JPY"))) == ("1 234,50 €", "¥1,234")
    assert FR.money(None, "EUR") == "–"


def test_great_amounts_are_shortened_where_there_is_little_room() -> None:
    assert (plain(FR.compact(2_532_066, "EUR")), plain(EN.compact(2_532_066, "EUR"))) == ("2,5 M €", "€2.5M")
    assert plain(FR.compact(733, "count")) == "733"


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        (0.2, "ratio", "20 %", "20%"),
        (0.025, "ratio", "2,5 %", "2.5%"),
        (50_000, "EUR", "50 k €", "€50K"),
        (2_500_000, "EUR", "2,5 M €", "€2.5M"),
        (500, "EUR", "500 €", "€500"),
        (0.5, "EUR", "0,5 €", "€0.5"),
        (0, "EUR", "0 €", "€0"),
        (0.1 + 0.2, "score", "0,3", "0.3"),
        (1200, "count", "1 200", "1,200"),
    ],
)
def test_axes_have_no_more_decimals_than_their_round_values(value: float, unit: str, french: str, english: str) -> None:
    assert (plain(FR.axis(value, unit)), plain(EN.axis(value, unit))) == (french, english)


def test_the_ends_of_a_window_are_days_or_instants() -> None:
    assert (FR.stated_day("2026-11-01"), EN.stated_day("2026-11-01")) == ("1 nov. 2026", "1 Nov 2026")
    assert EN.stated_day("2026-11-26T04:11:00Z") == "26 Nov 2026, 05:11"


@pytest.mark.parametrize(
    ("value", "previous", "unit", "text"),
    [
        (110, 100, "count", "+10 %"),
        (90, 100, "EUR", "-10 %"),
        (0.25, 0.2, "ratio", "+5,0 pt"),
        (42.4, 40.0, "points", "+2 pt"),
        (22.3, 22.8, "points", "−1 pt"),
        (22.4, 21.6, "points", "0 pt"),
        (7.0, 7.5, "score", "−0,5 pt"),
        (104.26, 100.0, "index", "+4,3 pt"),
        (1, 0, "count", "–"),
        (None, 3, "count", "–"),
    ],
)
def test_changes_are_in_percent_and_those_of_rates_in_points(
    value: float | None, previous: float | None, unit: str, text: str
) -> None:
    assert plain(FR.change(value, previous, unit)) == text


def test_a_trend_stays_in_its_picture_and_passes_over_what_is_not_known() -> None:
    drawn = sparkline([1, None, 3, 2])
    assert drawn is not None
    points = [tuple(map(float, point.split(","))) for point in [*drawn.line.split(), drawn.last.split()[-1]]]
    assert len(points) == 3
    assert drawn.last.split()[0] == drawn.line.split()[-1]
    assert all(0 <= x <= 240 and 0 <= y <= 48 for x, y in points)
    assert points[1][1] < points[0][1]  # greater is higher


def test_a_trend_lies_on_its_side_of_the_base() -> None:
    drawn = sparkline([95.0, 90.0], base=100.0)
    assert drawn is not None
    first, last = (float(point.split(",")[1]) for point in drawn.last.split())
    ground = float(drawn.area.split()[-1].split(",")[1])
    assert ground < first < last  # from the top down


@given(st.lists(st.floats(0, 1e6), min_size=2), st.lists(st.floats(0, 1e6), min_size=2))
def test_trends_side_by_side_are_drawn_to_one_scale(one: list[float], other: list[float]) -> None:
    """The greater of two highest points is the higher in their pictures."""
    peaks = []
    for values, beside in ((one, other), (other, one)):
        drawn = sparkline(values, 0.0, beside)
        assert drawn is not None
        peaks.append(min(float(point.split(",")[1]) for point in drawn.area.split()))
    assert (peaks[0] <= peaks[1]) or max(one) <= max(other)
    assert (peaks[1] <= peaks[0]) or max(other) <= max(one)


@pytest.mark.parametrize("values", [[], [None], [5], [None, 5]])
def test_there_is_no_trend_of_fewer_than_two_days(values: list[float | None]) -> None:
    assert sparkline(values) is None
