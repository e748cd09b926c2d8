"""Tally: the answers to a question from 0 to 10 of a form."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.common.errors import Invalid, Unauthenticated
from services.common.events.fields import Moment
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Connector, Delivery, Facts, Field, Page, Reading, Topic
from services.ingest.connectors.reading.listing import readable
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.reading.surveys import (
    COMMENTS_TRAP,
    FIELDS,
    MEND,
    SCALE_TRAP,
    Answer,
    SurveyAccount,
    form_of,
    said_of,
    score_of,
)
from services.ingest.connectors.signing.signatures import require_one, sha256_base64

SIGNATURE = "tally-signature"
RESPONSE = "FORM_RESPONSE"
HIDDEN = "HIDDEN_FIELDS"
API = "https://api.tally.so"
PAUSE = 0.7
"""A hundred requests a minute are allowed."""
PAGE_SIZE = 100
KEY = "question_"
"""Stands before a question's id in what a webhook calls its key."""


class TallyAccount(SurveyAccount, frozen=True, kw_only=True):
    """A form."""

    question: Annotated[str, Meta(min_length=1, description="The `key` of the question from 0 to 10, or its label.")]


class _Option(msgspec.Struct):
    id: str = ""
    text: str | None = None


class _Field(msgspec.Struct):
    key: str = ""
    label: str | None = None
    type: str = ""
    value: Any = None
    options: list[_Option] | None = None


class _Response(msgspec.Struct, rename="camel"):
    response_id: Annotated[str, Meta(min_length=1)]
    created_at: Moment
    form_id: str = ""
    fields: list[_Field] = []


class _Kind(msgspec.Struct, rename="camel"):
    event_type: str


class _Body(msgspec.Struct, rename="camel"):
    data: _Response
    created_at: Moment | None = None


class _Part(msgspec.Struct):
    """One of the hidden fields."""

    uuid: str = ""
    title: str | None = None


class _Question(msgspec.Struct):
    id: str
    type: str = ""
    title: str | None = None
    fields: list[_Part] | None = None


class _Given(msgspec.Struct, rename="camel"):
    question_id: str
    answer: Any = None


class _Submission(msgspec.Struct, rename="camel"):
    id: Annotated[str, Meta(min_length=1)]
    submitted_at: Moment
    is_completed: bool = True
    updated_at: Moment | None = None
    responses: list[_Given] = []


class _Page(msgspec.Struct, rename="camel"):
    submissions: list[msgspec.Raw]
    questions: list[_Question]
    has_more: bool
    total_number_of_submissions_per_filter: Any = None


def verify(delivery: Delivery, _: TallyAccount, secrets: Sequence[str]) -> None:
    """By the body as it came; else as the vendor's own example has it: as JavaScript would write it again."""
    given = delivery.headers.get(SIGNATURE)
    with suppress(Unauthenticated):
        require_one(given, SIGNATURE, lambda secret: sha256_base64(secret, delivery.body), secrets)
        return
    again = _written_again(delivery.body)
    require_one(given, SIGNATURE, lambda secret: sha256_base64(secret, again), secrets)


def _written_again(body: bytes) -> bytes:
    """JSON without the spaces and escapes that it can do without; what is no JSON stays as it is."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body


def read(delivery: Delivery, account: TallyAccount, names: Names) -> Reading:
    kind = read_json(delivery.body, _Kind).event_type
    if kind != RESPONSE:
        return Reading(kind, ignored="only responses to the form count")
    body = read_json(delivery.body, _Body)
    if account.form and body.data.form_id not in ("", account.form):
        return Reading(RESPONSE, ignored="it is of another form")
    return _reading(body.data, body.created_at or body.data.created_at, account, names)


def _reading(response: _Response, updated_at: datetime, account: TallyAccount, names: Names) -> Reading:
    field = _question(response.fields, account.question)
    if field is None or field.value in (None, "", []):
        return Reading(RESPONSE, ignored="the question was not answered")
    hidden = {field.label: field.value for field in response.fields if field.type == HIDDEN and field.label}
    at = response.created_at.astimezone(UTC)
    answer = Answer(response.response_id, at, updated_at, score_of(_given(field)), hidden)
    return Reading(RESPONSE, (said_of(answer, account, names),))


def _question(fields: Sequence[_Field], question: str) -> _Field | None:
    """The field of a question named by its key, with or without what stands before it, else by its label.

    :raises Invalid: when several bear the label.
    """
    by_key = next((field for field in fields if field.key in (question, KEY + question)), None)
    labelled = [field for field in fields if field.label == question and not isinstance(field.value, bool)]
    if by_key is None and len(labelled) > 1:
        raise Invalid("several questions bear this label", field="question", mend="give its `key`")
    return by_key or (labelled[0] if labelled else None)


def _given(field: _Field) -> object:
    """What was answered; of a choice, the text of its option.

    :raises Invalid: when several were chosen.
    """
    if not isinstance(field.value, list):
        return field.value
    if len(field.value) > 1:
        raise Invalid("has several answers", field="question", mend=MEND)
    texts = {option.id: option.text for option in field.options or []}
    chosen = field.value[0]
    return texts.get(chosen, chosen) if isinstance(chosen, str) else chosen


def terms(account: TallyAccount, token: str) -> ApiTerms:
    return ApiTerms(account.api or API, {"Authorization": f"Bearer {token}"}, PAUSE)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: TallyAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """The cursor is the number of the next page. Newer answers come first: one that comes meanwhile moves others on to
    a page that is still to be read."""
    path = f"/forms/{form_of(account)}/submissions"
    start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    number = int(cursor or "1")
    while number:
        answer = await api.get(path, page=number, limit=PAGE_SIZE, filter="completed", startDate=start)
        page = read_json(answer.content, _Page)
        readings = [_of_list(item, page.questions, account, names) for item in page.submissions]
        number = number + 1 if page.has_more else 0
        totals = page.total_number_of_submissions_per_filter
        total = totals.get("completed") if isinstance(totals, dict) else totals
        yield Page(readings, str(number or ""), total if isinstance(total, int) else None)


def _of_list(item: msgspec.Raw, questions: Sequence[_Question], account: TallyAccount, names: Names) -> Reading:
    def reading() -> Reading:
        submission = read_json(item, _Submission)
        if not submission.is_completed:
            return Reading(RESPONSE, ignored="only completed responses count")
        at = submission.submitted_at
        response = _Response(submission.id, at, fields=_fields(submission.responses, questions))
        return _reading(response, submission.updated_at or at, account, names)

    return readable(RESPONSE, reading)


def _fields(given: Sequence[_Given], questions: Sequence[_Question]) -> list[_Field]:
    """The answers that the API lists, as a webhook tells them."""
    by_id = {question.id: question for question in questions}
    fields = []
    for one in given:
        question = by_id.get(one.question_id, _Question(one.question_id))
        if question.type == HIDDEN:
            hidden = _hidden(question, one.answer)
            fields += [_Field(KEY + question.id, label, HIDDEN, value) for label, value in hidden.items()]
        else:
            fields.append(_Field(KEY + question.id, question.title, question.type, one.answer))
    return fields


def _hidden(question: _Question, answer: object) -> Mapping[str, object]:
    """Hidden fields by their names: a list of parts by uuid or name, or a single one."""
    titles = {part.uuid: part.title for part in question.fields or [] if part.title}
    if isinstance(answer, dict):
        return {titles.get(str(key)) or str(key): value for key, value in answer.items()}
    title = next(iter(titles.values()), question.title)
    return {title: answer} if title else {}


CONNECTOR = Connector(
    vendor="tally",
    facts=Facts(
        title="Tally",
        docs="https://tally.so/help/webhooks",
        signed="`Tally-Signature`: the HMAC-SHA256 of the body, in base64",
        signed_with="the signing secret that you give the webhook in Tally",
        steps=(
            "Open the published form, choose Integrations > Webhooks > Connect, and give it the address `{url}`.",
            "Add a signing secret, the one in `{secret_file}`: without it Tally signs nothing.",
            "Look whether the question is a Linear scale from 0 to 10.",
            "Take its `key` for `question` from a delivery (the clock beside the webhook lists them); or its label, as "
            "long as no other question bears it.",
            "To have what was missed asked for: make an API key (Settings > API keys), put it into a `token_file`, and "
            "give the form's id, the last part of its address, as `form`.",
        ),
        topics=(Topic(RESPONSE, "`nps.answered`"),),
        fields=(
            Field("response_id", "`data.responseId`"),
            Field("time", "`data.createdAt`"),
            Field("revision", "`createdAt` of the delivery"),
            Field("score", "the value of `question`, or the text of its option, where it is a number"),
            *FIELDS,
        ),
        traps=(
            SCALE_TRAP,
            "A Linear scale of Tally starts at 1 unless you set its start to 0. A Rating is of stars.",
            COMMENTS_TRAP,
            "Hidden fields go by their names, which Tally calls labels, and are filled by the form's address: "
            "`?customer_id=4711&touchpoint=delivery`.",
            "An edit of the form may give a question another key: look at the refused and ignored deliveries then.",
        ),
        test="Answer the form yourself: Tally has no test delivery. Your answer counts like any other, so do it before "
        "the survey begins.",
    ),
    account=TallyAccount,
    verify=verify,
    read=read,
    terms=terms,
    pages=pages,
)
