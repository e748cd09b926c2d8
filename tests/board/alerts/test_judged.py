"""Levels as people type and read them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.alerts.judged import Judged
from services.board.editing.values import Fault, Unreadable
from services.board.formats import Formats
from tests.support.alerts_api import alert

SUM, RATE, NPS = {"unit": "money"}, {"unit": "ratio"}, {"unit": "points"}
CHANGE_OF_SUM = Judged("ratio", is_signed=True, is_difference=False)
CHANGE_OF_RATE = Judged("ratio", is_signed=True, is_difference=True)
CHANGE_OF_NPS = Judged("points", is_signed=True, is_difference=True)
PACE = Judged("ratio", is_signed=False, is_difference=False)
EUROS = Judged("EUR", is_signed=False, is_difference=False)
OLDNESS = Judged("seconds", is_signed=False, is_difference=False)
ALL = (CHANGE_OF_SUM, CHANGE_OF_RATE, CHANGE_OF_NPS, PACE, EUROS, OLDNESS)


@pytest.mark.parametrize(
    ("told", "kpi", "judged"),
    [
        ({"of": "change", "unit": "ratio"}, SUM, CHANGE_OF_SUM),
        ({"of": "change", "unit": "ratio"}, RATE, CHANGE_OF_RATE),
        ({"of": "target", "unit": "points"}, NPS, CHANGE_OF_NPS),
        ({"of": "pace", "unit": "ratio"}, SUM, PACE),
        ({"of": "value", "unit": "money"}, SUM, EUROS),
    ],
)
def test_what_is_judged_follows_from_the_alert_and_its_kpi(
    told: dict[str, str], kpi: dict[str, str], judged: Judged
) -> None:
    assert Judged.by(alert("A", "k", **told), kpi, "EUR") == judged


levels = st.decimals(-10_000, 10_000, places=2, allow_nan=False).map(float)


@given(st.sampled_from(ALL), levels, st.sampled_from(["fr", "en"]))
def test_a_level_is_read_back_as_it_is_written(judged: Judged, level: float, language: str) -> None:
    level = round(level) if judged is OLDNESS else level
    assert judged.read(judged.written(level, language), language) == level


@pytest.mark.parametrize(
    ("judged", "language", "text", "level"),
    [
        (CHANGE_OF_SUM, "fr", "−5 %", -0.05),
        (CHANGE_OF_RATE, "en", "-1 pt", -0.01),
        (CHANGE_OF_RATE, "fr", "−1,5", -0.015),
        (CHANGE_OF_RATE, "en", "-1%", -0.01),
        (CHANGE_OF_NPS, "fr", "-3 pt", -3),
        (PACE, "en", "85%", 0.85),
        (EUROS, "fr", "1 234,50 €", 1234.5),
        (OLDNESS, "en", "14", 14 * 86400),
    ],
)
def test_people_type_levels_in_their_own_units(judged: Judged, language: str, text: str, level: float) -> None:
    assert judged.read(text, language) == level


@pytest.mark.parametrize(
    ("judged", "text", "fault"),
    [(PACE, "0.85", Fault.SHARE), (EUROS, "a lot", Fault.NUMBER), (EUROS, "1.234", Fault.THOUSANDS)],
)
def test_what_may_be_meant_otherwise_is_refused(judged: Judged, text: str, fault: Fault) -> None:
    with pytest.raises(Unreadable) as refused:
        judged.read(text, "en")
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("judged", "value", "en", "fr"),
    [
        (CHANGE_OF_SUM, -0.083, "−8.3%", "−8,3\xa0%"),
        (CHANGE_OF_SUM, 0.05, "+5%", "+5\xa0%"),
        (CHANGE_OF_RATE, -0.0042, "−0.42\xa0pt", "−0,42\xa0pt"),
        (CHANGE_OF_NPS, 0.0, "0\xa0pt", "0\xa0pt"),
        (PACE, 0.72, "72%", "72\xa0%"),
        (EUROS, 45.5, "€45.50", "45,50\xa0€"),
        (OLDNESS, 14 * 86400.0, "14 days", "14\u202fj"),
        (PACE, None, "–", "–"),
    ],
)
def test_what_is_judged_is_shown_with_its_sign_where_it_is_compared(
    judged: Judged, value: float | None, en: str, fr: str
) -> None:
    zone = ZoneInfo("Europe/Paris")
    assert Formats("en", zone).judged(value, judged) == en
    assert Formats("fr", zone).judged(value, judged) == fr
