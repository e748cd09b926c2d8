"""What the fields of the NPS form must hold. Pure; texts are translated where they are shown."""

from collections.abc import Mapping

import msgspec

from services.survey.fields import Wrong, _, read_comment, read_score


class NpsForm(msgspec.Struct, frozen=True):
    """A form as it was filled in; what is wrong with it is told beside the field."""

    score: int | None
    comment: str
    may_call: bool
    wrong: tuple[Wrong, ...] = ()


def read_nps(fields: Mapping[str, str]) -> NpsForm:
    """Read the fields of the NPS form."""
    wrong = []
    score = read_score(fields.get("score", ""))
    if score is None:
        wrong.append(Wrong("score", _("Choose a number from 0 to 10.")))
    comment, too_long = read_comment(fields.get("comment", ""))
    return NpsForm(score, comment, fields.get("may_call") == "yes", (*wrong, *too_long))
