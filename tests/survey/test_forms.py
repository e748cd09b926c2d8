"""The two forms: what is taken of their fields, and what is told beside them."""

from hypothesis import given
from hypothesis import strategies as st

from services.survey.answers.forms import read_nps
from services.survey.fields import read_score
from services.survey.pulse.clearing import QUESTIONS
from services.survey.pulse.forms import read_pulse
from services.survey.records import COMMENT_MAX

given_scores = st.sampled_from(["", "0", "7", "10", "11", "-1", "7.0", "seven"])
comments = st.sampled_from(["", "fine", "x" * (COMMENT_MAX + 1)])


@given(st.none() | given_scores, comments, st.sampled_from(["yes", "no", ""]))
def test_an_nps_form_needs_a_score(score: str | None, comment: str, may_call: str) -> None:
    fields = {"comment": comment, "may_call": may_call} | ({} if score is None else {"score": score})
    form = read_nps(fields)
    assert form.score == read_score(score or "")
    assert (form.comment, form.may_call) == (comment, may_call == "yes")
    expected = [*(["score"] if form.score is None else []), *(["comment"] if len(comment) > COMMENT_MAX else [])]
    assert [wrong.field for wrong in form.wrong] == expected


@given(st.dictionaries(st.sampled_from(QUESTIONS), given_scores), comments)
def test_a_pulse_needs_one_answer_and_refuses_what_is_none(answers: dict[str, str], comment: str) -> None:
    form = read_pulse({**answers, "comment": comment})
    taken = {question: read_score(text) for question, text in answers.items()}
    assert form.scores == {question: score for question, score in taken.items() if score is not None}
    refused = [question for question in QUESTIONS if answers.get(question) and taken[question] is None]
    nothing = ["form"] if not form.scores and not refused else []
    too_long = ["comment"] if len(comment) > COMMENT_MAX else []
    assert [wrong.field for wrong in form.wrong] == [*refused, *nothing, *too_long]
