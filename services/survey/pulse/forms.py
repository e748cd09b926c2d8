"""What the pulse's form asks, and what its fields must hold. Pure; texts are translated where they are shown."""

from collections.abc import Mapping

import msgspec

from services.common.events.answers import Question
from services.survey.fields import Wrong, _, read_comment, read_score
from services.survey.pulse.clearing import QUESTIONS

TEXTS: Mapping[Question, tuple[str, str, str]] = {
    "overall": (_("How do you feel in your work these days?"), _("very bad"), _("very good")),
    "methods": (_("How well do our methods and tools help you?"), _("not at all"), _("very well")),
    "manager": (_("How well does your manager support you?"), _("not at all"), _("very well")),
    "workload": (_("How bearable is your workload?"), _("far too much"), _("just right")),
}
"""The question, what 0 means, what 10 means."""


class PulseForm(msgspec.Struct, frozen=True):
    """A form as it was filled in; what is wrong with it is told beside the field."""

    scores: Mapping[Question, int] = {}
    comment: str = ""
    wrong: tuple[Wrong, ...] = ()


def read_pulse(fields: Mapping[str, str]) -> PulseForm:
    """Read the fields of the pulse's form. No question must be answered, but one must."""
    wrong: list[Wrong] = []
    scores: dict[Question, int] = {}
    for question in QUESTIONS:
        given = fields.get(question, "")
        score = read_score(given)
        if score is not None:
            scores[question] = score
        elif given:
            wrong.append(Wrong(question, _("Choose a number from 0 to 10.")))
    if not scores and not wrong:
        wrong.append(Wrong("form", _("Answer at least one question.")))
    comment, too_long = read_comment(fields.get("comment", ""))
    return PulseForm(scores, comment, (*wrong, *too_long))
