"""Formbricks: the answers to the NPS question of a survey."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.common.errors import CadranError
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
    SCALE_TRAP,
    Answer,
    SurveyAccount,
    form_of,
    said_of,
    score_of,
)
from services.ingest.connectors.signing.standard_webhooks import verify_standard

FINISHED = "responseFinished"
UPDATED = "responseUpdated"
TEST = "testEndpoint"
API = "https://app.formbricks.com"
PAUSE = 0.6
"""A hundred requests a minute are allowed."""
PAGE_SIZE = 100
OVERLAP = 10
"""Answers of a page that the next one tells again: so many may be deleted between two pages, or be of one instant."""


class FormbricksAccount(SurveyAccount, frozen=True, kw_only=True):
    """A survey."""

    question: Annotated[str, Meta(min_length=1, description="The id of the NPS question, as the editor shows it.")]


class _Contact(msgspec.Struct, rename="camel"):
    user_id: str | None = None


class _Response(msgspec.Struct, rename="camel"):
    id: Annotated[str, Meta(min_length=1)]
    created_at: Moment
    updated_at: Moment | None = None
    finished: bool = False
    survey_id: str = ""
    data: dict[str, Any] = {}
    contact: _Contact | None = None
    contact_attributes: dict[str, Any] | None = None


class _Kind(msgspec.Struct):
    event: str


class _Body(msgspec.Struct):
    data: _Response


class _Meta(msgspec.Struct):
    total: int | None = None


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]
    meta: _Meta | None = None


class _Listed(msgspec.Struct, rename="camel"):
    updated_at: Moment | None = None


def verify(delivery: Delivery, _: FormbricksAccount, secrets: Sequence[str]) -> None:
    verify_standard(delivery, secrets)


def greets(delivery: Delivery) -> bool:
    """Formbricks tries an address before it makes the secret, and saves it only where it is answered."""
    try:
        return read_json(delivery.body, _Kind).event == TEST
    except CadranError:
        return False


def read(delivery: Delivery, account: FormbricksAccount, names: Names) -> Reading:
    body = _bare(delivery.body)
    event = read_json(body, _Kind).event
    if event not in (FINISHED, UPDATED):
        return Reading(event, ignored="only finished responses count")
    return _reading(event, read_json(body, _Body).data, account, names)


def _bare(body: bytes) -> bytes:
    """The vendor sends an object; its documents show it in a list."""
    stripped = body.strip()
    return stripped[1:-1] if stripped.startswith(b"[") and stripped.endswith(b"]") else stripped


def _reading(topic: str, response: _Response, account: FormbricksAccount, names: Names) -> Reading:
    if account.form and response.survey_id not in ("", account.form):
        return Reading(topic, ignored="it is of another survey")
    if not response.finished and topic != FINISHED:
        return Reading(topic, ignored="only finished responses count")
    given = response.data.get(account.question)
    if given in (None, ""):
        return Reading(topic, ignored="the question was not answered")
    at = response.created_at.astimezone(UTC)
    answer = Answer(response.id, at, response.updated_at or at, score_of(given), _hidden(response))
    return Reading(topic, (said_of(answer, account, names),))


def _hidden(response: _Response) -> Mapping[str, object]:
    """Hidden fields stand among the answers; what is known of a contact comes after them."""
    attributes = response.contact_attributes or {}
    user = attributes.get("userId") or (response.contact.user_id if response.contact else None)
    return {"customer_id": user, **attributes, **response.data}


def terms(account: FormbricksAccount, token: str) -> ApiTerms:
    return ApiTerms(account.api or API, {"x-api-key": token}, PAUSE)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: FormbricksAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """From the answer that was edited last back to `since`; the cursor is how many were read.

    One that is edited meanwhile moves to the front, and others on to a page that is still to be read; it is itself
    told by its webhook, and by the next time.
    """
    skip = int(cursor or "0")
    while True:
        page = read_json((await api.get("/api/v2/management/responses", **_query(account, skip))).content, _Page)
        recent = [item for item in page.data if _is_recent(item, since)]
        skip += PAGE_SIZE - OVERLAP
        is_last = len(recent) < PAGE_SIZE
        yield Page([_of_list(item, account, names) for item in recent], "" if is_last else str(skip))
        if is_last:
            return


def _is_recent(item: msgspec.Raw, since: datetime) -> bool:
    """Was it edited since then? One that does not say may have been."""
    try:
        updated_at = read_json(item, _Listed).updated_at
    except CadranError:
        return True
    return updated_at is None or updated_at >= since


def _query(account: FormbricksAccount, skip: int) -> dict[str, str | int]:
    return {"surveyId": form_of(account), "limit": PAGE_SIZE, "skip": skip, "sortBy": "updatedAt", "order": "desc"}


def _of_list(item: msgspec.Raw, account: FormbricksAccount, names: Names) -> Reading:
    return readable(UPDATED, lambda: _reading(UPDATED, read_json(item, _Response), account, names))


CONNECTOR = Connector(
    vendor="formbricks",
    facts=Facts(
        title="Formbricks",
        docs="https://formbricks.com/docs/xm-and-surveys/core-features/integrations/webhooks",
        signed="Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`, of the last five minutes",
        signed_with="the signing secret that Formbricks makes for the webhook, `whsec_…`",
        steps=(
            "Choose Configuration > Integrations > Manage Webhooks > Add Webhook, and give it the address `{url}`. "
            "Formbricks tries it before it can be saved: Cadran answers that, signed or not.",
            "Choose the triggers Response Finished and Response Updated, and the survey.",
            "Copy the signing secret that is shown into `{secret_file}`.",
            "Take the id of the NPS question for `question`: it stands under the question's advanced settings.",
            "To have what was missed asked for: make an API key that may read responses (Organization settings > API "
            "keys), put it into a `token_file`, and give the survey's id as `form`. Formbricks of your own is named by "
            "`api`.",
        ),
        topics=(
            Topic(FINISHED, "`nps.answered`"),
            Topic(UPDATED, "the same, once the response is finished"),
            Topic("responseCreated", "nothing: it holds the first answer only"),
            Topic(TEST, "nothing; it is answered"),
        ),
        fields=(
            Field("response_id", "`data.id`"),
            Field("time", "`data.createdAt`"),
            Field("revision", "`data.updatedAt`"),
            Field("score", "`data.data` of `question`"),
            *FIELDS,
            Field("customer_id", "else the contact's `userId`, by a keyed hash"),
        ),
        traps=(
            SCALE_TRAP,
            COMMENTS_TRAP,
            "Formbricks divides its own NPS by answers and dismissals: Cadran divides by answers, so the two differ.",
            "Each survey with an NPS question is an account of its own, as its question must be named.",
            "Formbricks of your own refuses to send to an internal address, unless it is set to "
            "(`DANGEROUSLY_ALLOW_WEBHOOK_INTERNAL_URLS`); it follows no redirect.",
            "Formbricks older than the signing of webhooks sends none, and is refused: update it.",
        ),
        test="Choose Test Endpoint in the webhook's settings; for an answer, finish the survey by its link.",
    ),
    account=FormbricksAccount,
    verify=verify,
    greets=greets,
    read=read,
    terms=terms,
    pages=pages,
)
