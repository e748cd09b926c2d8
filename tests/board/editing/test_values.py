"""What people type for a value is read as they meant it, or refused."""

from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.board.editing.values import (
    MOST_DIGITS,
    Fault,
    Unreadable,
    of_statement,
    read,
    require_possible,
    stated,
    written,
)
from services.common.money import exponent, known_currency

LANGUAGES = ("fr", "en")
UNITS = ("count", "ratio", "points", "score", "index", "EUR", "JPY", "KWD")
units = st.sampled_from(UNITS)
languages = st.sampled_from(LANGUAGES)
NUMBERS = st.from_regex(r"-?[0-9]{1,4}([ ,.][0-9]{3}){0,2}([,.][0-9]{1,4})?( ?[%€])?", fullmatch=True)
TYPED = NUMBERS | st.text(alphabet="0123456789,.  \u202f-%€", max_size=12)


@st.composite
def values(draw: st.DrawFn) -> tuple[Decimal, str]:
    """A value with its unit, as precise as one may be."""
    unit = draw(units)
    places = draw(st.integers(0, exponent(unit) if known_currency(unit) else 6))
    digits = draw(st.integers(-(10**9), 10**9))
    value = Decimal(digits).scaleb(-places)
    return (value / 100 if unit == "ratio" else value), unit


def reading(text: str, unit: str, language: str) -> Decimal | Fault:
    try:
        return read(text, unit, language)
    except Unreadable as error:
        return error.fault


@given(values(), languages)
@example((Decimal("1.234"), "KWD"), "fr")
@example((Decimal("-0.001"), "points"), "en")
def test_what_is_shown_is_read_back(value: tuple[Decimal, str], language: str) -> None:
    number, unit = value
    assert read(written(number, unit, language), unit, language) == number


@given(values())
def test_what_an_event_states_is_the_value(value: tuple[Decimal, str]) -> None:
    number, unit = value
    assert of_statement(stated(number, unit), unit) == number


@given(TYPED, units)
@example("1,400", "count")
@example("0,125", "count")
@example("1.400", "EUR")
def test_no_text_is_one_number_in_french_and_another_in_english(text: str, unit: str) -> None:
    """Whichever way somebody writes, what is taken is what they meant."""
    taken = {found for language in LANGUAGES if isinstance(found := reading(text, unit, language), Decimal)}
    assert len(taken) <= 1


@given(NUMBERS, st.sampled_from(["count", "ratio", "EUR"]), languages)
def test_what_is_read_has_the_digits_that_were_typed(text: str, unit: str, language: str) -> None:
    found = reading(text, unit, language)
    assume(isinstance(found, Decimal))
    assert isinstance(found, Decimal)
    typed = "".join(sign for sign in text if sign.isdigit()).strip("0")
    assert "".join(map(str, found.as_tuple().digits)).strip("0") == typed
    assert (found < 0) == (text.startswith("-") and found != 0)


@given(st.text(max_size=20), units, languages)
def test_whatever_is_typed_is_read_or_refused(text: str, unit: str, language: str) -> None:
    assert isinstance(reading(text, unit, language), Decimal | Fault)


@pytest.mark.parametrize(
    ("text", "unit", "language", "found"),
    [
        ("1 234,5", "count", "fr", Decimal("1234.5")),
        ("1\u202f234,50 €", "EUR", "fr", Decimal("1234.5")),
        ("1\u00a0234 EUR", "EUR", "fr", Decimal(1234)),
        ("€1,234.50", "EUR", "en", Decimal("1234.5")),
        ("1234", "EUR", "en", Decimal(1234)),
        ("12,5 %", "ratio", "fr", Decimal("0.125")),
        ("12.5%", "ratio", "en", Decimal("0.125")),
        ("12,5", "ratio", "fr", Decimal("0.125")),
        ("0", "ratio", "fr", Decimal(0)),
        ("\u221212", "points", "fr", Decimal(-12)),
        ("1,400", "EUR", "fr", Fault.THOUSANDS),
        ("1.400", "EUR", "en", Fault.THOUSANDS),
        ("1,400", "EUR", "en", Decimal(1400)),
        ("1.400", "EUR", "fr", Fault.NUMBER),
        ("1,4000", "count", "fr", Decimal("1.4")),
        ("1 234,567", "count", "fr", Decimal("1234.567")),
        ("0,25", "ratio", "fr", Fault.SHARE),
        ("0,25 %", "ratio", "fr", Decimal("0.0025")),
        ("1", "ratio", "en", Fault.SHARE),
        ("12,345", "EUR", "fr", Fault.THOUSANDS),
        ("12,3456", "EUR", "fr", Fault.DIGITS),
        ("12,5", "JPY", "fr", Fault.DIGITS),
        ("1" * (MOST_DIGITS + 1), "count", "fr", Fault.DIGITS),
        ("12 34", "count", "fr", Fault.NUMBER),
        ("1,23,456", "count", "en", Fault.NUMBER),
        ("$12", "EUR", "en", Fault.NUMBER),
        ("12 %", "count", "fr", Fault.NUMBER),
        ("NaN", "count", "en", Fault.NUMBER),
        ("1e5", "count", "en", Fault.NUMBER),
        ("١٢", "count", "en", Fault.NUMBER),
        ("", "count", "fr", Fault.NUMBER),
        (",5", "count", "fr", Fault.NUMBER),
    ],
)
def test_texts(text: str, unit: str, language: str, found: Decimal | Fault) -> None:
    assert reading(text, unit, language) == found


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        ("1234.5", "EUR", "1 234,50", "1,234.50"),
        ("1234", "EUR", "1 234", "1,234"),
        ("0.125", "ratio", "12,5 %", "12.5%"),
        ("-12", "points", "-12", "-12"),
        ("1.234", "KWD", "1,2340", "1.2340"),
    ],
)
def test_values_are_written_as_they_are_typed(value: str, unit: str, french: str, english: str) -> None:
    shown = [written(Decimal(value), unit, language).replace("\u202f", " ") for language in LANGUAGES]
    assert shown == [french, english]


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        *(("EUR", "-5"), ("EUR", "0"), ("count", "0"), ("count", "-1"), ("points", "101"), ("points", "-101")),
        *(("score", "10.1"), ("score", "-1"), ("index", "0"), ("ratio", "1.01"), ("ratio", "-0.01")),
    ],
)
def test_what_no_kpi_of_a_unit_comes_to_is_no_target(unit: str, value: str) -> None:
    with pytest.raises(Unreadable) as refused:
        require_possible(Decimal(value), unit)
    assert refused.value.fault is Fault.RANGE


@pytest.mark.parametrize(
    ("unit", "value"), [("EUR", "0.01"), ("count", "1e12"), ("points", "-100"), ("score", "10"), ("ratio", "1")]
)
def test_what_one_may_come_to_is(unit: str, value: str) -> None:
    assert require_possible(Decimal(value), unit) == Decimal(value)
