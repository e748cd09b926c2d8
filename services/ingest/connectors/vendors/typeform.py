"""Typeform: the answers to an NPS question of a form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from services.common.errors import Invalid
from services.common.events.answers import NpsAnswered
from services.ingest.connectors.connector import Account, Connector, Delivery, Facts, Field, Reading, Said, Topic
from services.ingest.connectors.names import Names
from services.ingest.connectors.payloads import first, milliseconds, read_json
from services.ingest.connectors.signatures import require_one, sha256_base64

SIGNATURE = "typeform-signature"
COMPLETED = "form_response"


class TypeformAccount(Account, frozen=True, kw_only=True):
    """A form."""

    question: Annotated[str, Meta(description="The `ref` of the question from 0 to 10, or its id.")]
    touchpoint: Annotated[str, Meta(description="What the form asks about, where no hidden field says so.")] = "survey"


class _Question(msgspec.Struct):
    id: str = ""
    ref: str = ""


class _Answer(msgspec.Struct):
    field: _Question
    number: int | None = None


class _Definition(msgspec.Struct):
    fields: list[_Question] = []


class _Response(msgspec.Struct):
    token: str
    submitted_at: datetime
    answers: list[_Answer] = []
    hidden: dict[str, str | None] = {}
    definition: _Definition = msgspec.field(default_factory=_Definition)


class _Body(msgspec.Struct):
    event_type: str
    form_response: _Response | None = None


def verify(delivery: Delivery, _: TypeformAccount, secrets: Sequence[str]) -> None:
    given = delivery.headers.get(SIGNATURE)
    require_one(given, SIGNATURE, lambda secret: f"sha256={sha256_base64(secret, delivery.body)}", secrets)


def read(delivery: Delivery, account: TypeformAccount, names: Names) -> Reading:
    body = read_json(delivery.body, _Body)
    if body.event_type != COMPLETED or body.form_response is None:
        return Reading(body.event_type, ignored="only completed responses count")
    return _reading(body.form_response, account, names)


def _reading(response: _Response, account: TypeformAccount, names: Names) -> Reading:
    score = _score(response, account.question)
    if score is None:
        return Reading(COMPLETED, ignored="the question was not answered")
    hidden = response.hidden
    data = NpsAnswered(
        score=score,
        touchpoint=first(hidden.get("touchpoint")) or account.touchpoint,
        customer_id=names.customer(hidden.get("customer_id"), hidden.get("email")),
        channel=first(hidden.get("channel")),
        store_id=first(hidden.get("store_id")),
        region=first(hidden.get("region")),
        rep_id=names.rep(first(hidden.get("rep_id"))),
        revision=milliseconds(response.submitted_at),
    )
    return Reading(COMPLETED, (Said("nps.answered", response.token, response.submitted_at, data),))


def _score(response: _Response, question: str) -> int | None:
    """The number that answers the question, by its ref or id; an answer may bear its id alone."""
    ids = {field.id for field in response.definition.fields if field.ref == question} | {question}
    for answer in response.answers:
        if answer.field.ref == question or answer.field.id in ids:
            if answer.number is None:
                raise Invalid("is no number", field="question", mend="name the question from 0 to 10")
            return answer.number
    return None


CONNECTOR = Connector(
    vendor="typeform",
    facts=Facts(
        title="Typeform",
        docs="https://www.typeform.com/developers/webhooks/",
        signed="`Typeform-Signature`: HMAC-SHA256 of the body",
        signed_with="the secret that you give the webhook in Typeform",
        steps=(
            "In the form open Connect > Webhooks, and add `{url}`.",
            "Give it a secret, the one in `{secret_file}`, and switch the webhook on.",
            "Take the `ref` of the question from 0 to 10 (an Opinion Scale that starts at 0) for `question`.",
        ),
        topics=(Topic("form_response", "`nps.answered`"), Topic("form_response_partial", "nothing")),
        fields=(
            Field("response_id", "`token`"),
            Field("time", "`submitted_at`"),
            Field("score", "the answer to `question`"),
            Field("customer_id", "hidden field `customer_id`, by a keyed hash"),
            Field("touchpoint, channel, store_id, region, rep_id", "hidden fields of these names"),
        ),
        traps=("Typeform does not say where a scale ends: it must run from 0 to 10. Another cannot be told from it.",),
        test="In the form's webhook choose View deliveries > Send test request.",
    ),
    account=TypeformAccount,
    verify=verify,
    read=read,
)
