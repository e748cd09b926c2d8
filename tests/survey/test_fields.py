"""Fields of forms, and the company's colour: what is taken, and how an invitation stands."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.survey.branding import LEAST_CONTRAST, contrast_with_white, wrong_colour
from services.survey.fields import read_comment, read_score, read_text
from services.survey.records import COMMENT_MAX, About, Invitation, Standing
from tests.support.clock import START


@given(st.text())
def test_what_was_written_is_kept_but_for_ends_of_lines_and_what_no_keyboard_writes(text: str) -> None:
    found = read_text(text)
    assert read_text(found) == found
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in found)
    kept = [sign for sign in text if not sign.isspace() and 32 <= ord(sign) != 127]
    assert [sign for sign in found if not sign.isspace()] == kept


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_end_alike(ends: str) -> None:
    assert read_text(f"one{ends}two{ends}") == "one\ntwo"


@pytest.mark.parametrize(("length", "is_taken"), [(COMMENT_MAX, True), (COMMENT_MAX + 1, False)])
def test_a_comment_may_be_too_long_and_is_never_cut(length: int, is_taken: bool) -> None:
    comment, wrong = read_comment("x" * length)
    assert len(comment) == length
    assert [each.field for each in wrong] == ([] if is_taken else ["comment"])


@given(st.integers(-20, 20), st.sampled_from(["{}", " {}", "{}.0", "+{}", "0{}"]))
def test_a_score_is_digits_alone(number: int, written: str) -> None:
    text = written.format(number)
    assert read_score(text) == (number if 0 <= number <= 10 and text == str(number) else None)


@given(st.integers(0, 0xFFFFFF))
def test_a_colour_bears_white_text_or_is_refused_with_its_contrast(number: int) -> None:
    colour = f"#{number:06x}"
    contrast = contrast_with_white(colour)
    assert 1 <= contrast <= 21
    assert wrong_colour(colour).startswith("white text on") == (contrast < LEAST_CONTRAST)


@pytest.mark.parametrize(
    ("colour", "contrast"), [("#ffffff", 1.0), ("#000000", 21.0), ("#777777", 4.48), ("#0a0a0a", 19.8)]
)
def test_contrast_is_that_of_wcag(colour: str, contrast: float) -> None:
    """Its ends, and the grey that is known for just failing."""
    assert contrast_with_white(colour) == pytest.approx(contrast, abs=0.01)


@pytest.mark.parametrize("colour", ["", "red", "#12345", "#1234567", "#12345g", " #123456"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    assert "is no colour" in wrong_colour(colour)


@pytest.mark.parametrize(
    ("fields", "later", "standing"),
    [
        ({}, 0, Standing.OPEN),
        ({}, 3599, Standing.OPEN),
        ({}, 3600, Standing.EXPIRED),
        ({"withdrawn_at": START}, 0, Standing.WITHDRAWN),
        ({"withdrawn_at": START}, 3600, Standing.WITHDRAWN),
        ({"answered_at": START, "withdrawn_at": START}, 3600, Standing.ANSWERED),
    ],
)
def test_an_answer_stands_above_a_withdrawal_and_that_above_the_end(
    fields: dict[str, Any], later: int, standing: Standing
) -> None:
    one = Invitation(
        id="i",
        about=About(touchpoint="delivery"),
        email=None,
        language=None,
        created_at=START,
        expires_at=START + timedelta(hours=1),
        **fields,
    )
    assert one.standing(START + timedelta(seconds=later)) is standing
