"""What survey tools have alike: one question from 0 to 10, and what the form was told of who answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple

from msgspec import Meta

from services.common.errors import ConfigurationError, Invalid
from services.common.events.answers import NpsAnswered
from services.ingest.connectors.connector import Account, Field, Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import first, milliseconds

SCORES = range(11)
MEND = "name the question that is answered from 0 to 10"

FIELDS = (
    Field("touchpoint", "`touchpoint`, else the account's word of that name"),
    Field("channel, store_id, region", "fields of these names"),
    Field("customer_id", "`customer_id` (and `email`, where the account says `customers: email`), by a keyed hash"),
    Field("rep_id", "`rep_id`, by the account's table `reps`"),
)
"""What is made of the hidden fields of any form."""

SCALE_TRAP = (
    "What it sends does not say where a scale ends. The question must run from 0 to 10: 1 to 10, or five stars, would "
    "be counted as if it did. The word `scale: 0-10` says that you looked."
)
COMMENTS_TRAP = "Comments, names and addresses are not read: only the score and the hidden fields that are named here."


class SurveyAccount(Account, frozen=True, kw_only=True):
    """A form with one question from 0 to 10."""

    question: Annotated[str, Meta(min_length=1, description="The question from 0 to 10.")]
    scale: Annotated[
        str,
        Meta(
            pattern="^0-10$",
            description="0-10, said once you have looked: the question's scale runs from 0 to 10. Another makes no "
            "NPS, and what is sent does not tell its ends.",
        ),
    ]
    form: Annotated[
        str, Meta(description="The form's id: answers of others are ignored, and what was missed is asked of it.")
    ] = ""
    touchpoint: Annotated[str, Meta(description="What the form asks about, where no hidden field says so.")] = "survey"


class Answer(NamedTuple):
    """An answer as a form tells it. `at` never changes; `updated_at` does whenever the answer is edited."""

    response_id: str
    at: datetime
    updated_at: datetime
    score: int
    hidden: Mapping[str, object]


def said_of(answer: Answer, account: SurveyAccount, names: Names) -> Said:
    """The event of an answer."""
    hidden = {name: text_of(value) for name, value in answer.hidden.items()}
    data = NpsAnswered(
        score=answer.score,
        touchpoint=hidden.get("touchpoint") or account.touchpoint,
        customer_id=names.customer(hidden.get("customer_id"), hidden.get("email")),
        channel=hidden.get("channel"),
        store_id=hidden.get("store_id"),
        region=hidden.get("region"),
        rep_id=names.rep(hidden.get("rep_id")),
        revision=milliseconds(answer.updated_at),
    )
    return Said("nps.answered", answer.response_id, answer.at, data)


def score_of(value: object) -> int:
    """A whole number from 0 to 10, or a text of it.

    :raises Invalid: when it is anything else. What it is instead is not told: it may be what a person wrote.
    """
    text = text_of(value) or ""
    if text.isascii() and text.isdigit() and len(text) <= len("10") and int(text) in SCORES:
        return int(text)
    raise Invalid("is not answered by a whole number from 0 to 10", field="question", mend=MEND)


def text_of(value: object) -> str | None:
    """A text, or a whole number as one; nothing of anything else."""
    if isinstance(value, str):
        return first(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def form_of(account: SurveyAccount) -> str:
    """The form that the vendor's API is asked about.

    :raises ConfigurationError: when the account names none.
    """
    if not account.form:
        raise ConfigurationError("is missing", field="form", mend="give the form's id: its answers are asked for by it")
    return account.form
