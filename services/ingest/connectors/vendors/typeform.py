"""Typeform: the answers to an NPS question of a form."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.common.events.fields import Moment
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Connector, Delivery, Facts, Field, Page, Reading, Topic
from services.ingest.connectors.reading.listing import last_of, readable
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.reading.surveys import (
    COMMENTS_TRAP,
    FIELDS,
    SCALE_TRAP,
    Answer,
    SurveyAccount,
    form_of,
    said_of,
    score_of,
)
from services.ingest.connectors.signing.signatures import require_one, sha256_base64

SIGNATURE = "typeform-signature"
COMPLETED = "form_response"
API = "https://api.typeform.com"
PAUSE = 0.5
"""Two requests a second are allowed."""
PAGE_SIZE = 1000


class TypeformAccount(SurveyAccount, frozen=True, kw_only=True):
    """A form."""

    question: Annotated[str, Meta(min_length=1, description="The `ref` of the question from 0 to 10, or its id.")]


class _Question(msgspec.Struct):
    id: str = ""
    ref: str | None = None


class _Choice(msgspec.Struct):
    label: str | None = None


class _Answer(msgspec.Struct):
    field: _Question
    number: Any = None
    choice: _Choice | None = None


class _Definition(msgspec.Struct):
    fields: list[_Question] | None = None


class _Response(msgspec.Struct):
    """As a webhook and the API tell it; the API leaves the definition out."""

    token: Annotated[str, Meta(min_length=1)]
    submitted_at: Moment
    form_id: str = ""
    answers: list[_Answer] | None = None
    hidden: dict[str, Any] | None = None
    definition: _Definition | None = None


class _Kind(msgspec.Struct):
    event_type: str


class _Body(msgspec.Struct):
    form_response: _Response


class _Listed(msgspec.Struct):
    token: str


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    total_items: int | None = None


def verify(delivery: Delivery, _: TypeformAccount, secrets: Sequence[str]) -> None:
    given = delivery.headers.get(SIGNATURE)
    require_one(given, SIGNATURE, lambda secret: f"sha256={sha256_base64(secret, delivery.body)}", secrets)


def read(delivery: Delivery, account: TypeformAccount, names: Names) -> Reading:
    kind = read_json(delivery.body, _Kind).event_type
    if kind != COMPLETED:
        return Reading(kind, ignored="only completed responses count")
    response = read_json(delivery.body, _Body).form_response
    if account.form and response.form_id not in ("", account.form):
        return Reading(COMPLETED, ignored="it is of another form")
    return _reading(response, account, names)


def _reading(response: _Response, account: TypeformAccount, names: Names) -> Reading:
    answer = _answer_to(response, account.question)
    if answer is None:
        return Reading(COMPLETED, ignored="the question was not answered")
    given = answer.choice.label if answer.choice else answer.number
    at = response.submitted_at.astimezone(UTC)
    told = Answer(response.token, at, at, score_of(given), response.hidden or {})
    return Reading(COMPLETED, (said_of(told, account, names),))


def _answer_to(response: _Response, question: str) -> _Answer | None:
    """The answer to a question named by its ref or id. An answer may bear the id alone: the definition has both."""
    fields = (response.definition and response.definition.fields) or []
    ids = {field.id for field in fields if field.ref == question} | {question}
    return next((a for a in response.answers or [] if a.field.ref == question or a.field.id in ids), None)


def _of_list(item: msgspec.Raw, account: TypeformAccount, names: Names) -> Reading:
    return readable(COMPLETED, lambda: _reading(read_json(item, _Response), account, names))


def _token(item: msgspec.Raw) -> str:
    return read_json(item, _Listed).token


def terms(account: TypeformAccount, token: str) -> ApiTerms:
    return ApiTerms(account.api or API, {"Authorization": f"Bearer {token}"}, PAUSE)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: TypeformAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """From the newest response back; the cursor is the token of the last that was read."""
    query: dict[str, str | int] = {"page_size": PAGE_SIZE, "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")}
    while True:
        before = {"before": cursor} if cursor else {}
        page = read_json((await api.get(f"/forms/{form_of(account)}/responses", **query, **before)).content, _Page)
        cursor = last_of(page.items, _token) if len(page.items) >= PAGE_SIZE else ""
        yield Page([_of_list(item, account, names) for item in page.items], cursor, page.total_items)
        if not cursor:
            return


CONNECTOR = Connector(
    vendor="typeform",
    facts=Facts(
        title="Typeform",
        docs="https://www.typeform.com/developers/webhooks/",
        signed="`Typeform-Signature`: `sha256=` and the HMAC-SHA256 of the body, in base64",
        signed_with="the secret that you give the webhook in Typeform",
        steps=(
            "In the form choose Connect > Webhooks > Add a webhook, and give it the address `{url}`.",
            "In its settings (Edit) set a secret, the one in `{secret_file}`, and switch SSL verification on.",
            "Switch the webhook on, for completed responses.",
            "Look whether the question is an Opinion Scale that starts at 0 and ends at 10, or an NPS question.",
            "Take its `ref` for `question`: it stands in what View deliveries shows of a test request.",
            "To have what was missed asked for: make a personal token with the scope `responses:read` (Account > "
            "Personal tokens), put it into a `token_file`, and give the form's id as `form`. Forms whose responses are "
            "kept in the EU have the `api` https://api.eu.typeform.com.",
        ),
        topics=(Topic("form_response", "`nps.answered`"), Topic("form_response_partial", "nothing")),
        fields=(
            Field("response_id", "`token`"),
            Field("time, revision", "`submitted_at`"),
            Field("score", "the number that answers `question`, or the label of the choice, where it is a number"),
            *FIELDS,
        ),
        traps=(
            SCALE_TRAP,
            COMMENTS_TRAP,
            "A webhook without a secret sends no signature, and is refused.",
            "Typeform has no topic for edited responses: a person who answers again is a new response.",
        ),
        test="In the form's webhook choose View deliveries > Send test request. It holds an invented answer: where its "
        "number is no score, it is listed as refused, which is as good a sign.",
    ),
    account=TypeformAccount,
    verify=verify,
    read=read,
    terms=terms,
    pages=pages,
)
