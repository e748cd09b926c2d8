"""Asking Stripe's API: for the lines of a sale, its refunds, and all that webhooks may have missed."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import msgspec

from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading.listing import last_of, readable_when_asked, told_apart
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.orders import order_of, unsold
from services.ingest.connectors.vendors.stripe.payloads import Identified, Lines, Listed, Refund, Session
from services.ingest.connectors.vendors.stripe.refunds import returned_of
from services.ingest.connectors.vendors.stripe.webhooks import PAYMENT, SESSION

API = "https://api.stripe.com"
VERSION = "2024-06-20"
"""The shape of what the API answers, whatever the account's own version."""
PAUSE = 0.05
"""Seconds between requests: a fifth of the 100 a second that Stripe allows, and less than the 25 of test mode."""
MOST = 100
LATE = timedelta(days=31)
"""How long after a session began its payment may succeed, or a refund fail. The API lists by creation alone."""


def terms(account: StripeAccount, token: str) -> ApiTerms:
    headers = {"Authorization": f"Bearer {token}", "Stripe-Version": VERSION}
    return ApiTerms(account.api or API, headers, PAUSE)


async def fetch(api: VendorApi, wanted: Wanted, account: StripeAccount, names: Names) -> Reading:
    """A session with its lines; of a payment, its refunds too."""
    if wanted.kind == SESSION:
        answer = await api.get(f"/v1/checkout/sessions/{wanted.object_id}", **{"expand[]": "line_items"})
        return await readable_when_asked(SESSION, _sold(api, msgspec.Raw(answer.content), account, names))
    return await readable_when_asked(PAYMENT, _payment(api, wanted.object_id, account, names))


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: StripeAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """Sessions, then payments that were refunded, each from the newest on: what is new meanwhile comes before them, and
    is told by webhooks or the next time.

    The cursor is `session/` or `payment/` with the last object's id.
    """
    created = int((since - LATE).timestamp())
    kind, _, last = cursor.partition("/")
    if kind != PAYMENT:
        async for page in _sessions(api, created, last, account, names):
            yield page
        last = ""
    if account.refunds == "refund":
        async for page in _refunded(api, created, last, account, names):
            yield page


async def _sessions(
    api: VendorApi, created: int, last: str, account: StripeAccount, names: Names
) -> AsyncGenerator[Page, None]:
    more = True
    while more:
        query: dict[str, str | int] = {"created[gte]": created, "status": "complete", "expand[]": "data.line_items"}
        answer = await api.get("/v1/checkout/sessions", limit=MOST, **query, **_after(last))
        page = read_json(answer.content, Listed)
        more = page.has_more and bool(page.data)
        last = last_of(page.data, _id) if more else last
        readings = [await readable_when_asked(SESSION, _sold(api, row, account, names)) for row in page.data]
        ends = not more and account.refunds != "refund"
        yield Page(readings, "" if ends else f"{SESSION}/{last}" if more else f"{PAYMENT}/")


async def _refunded(
    api: VendorApi, created: int, last: str, account: StripeAccount, names: Names
) -> AsyncGenerator[Page, None]:
    more = True
    while more:
        answer = await api.get("/v1/refunds", limit=MOST, **{"created[gte]": created}, **_after(last))
        page = read_json(answer.content, Listed)
        more = page.has_more and bool(page.data)
        last = last_of(page.data, _id) if more else last
        refunds, refused = told_apart(PAYMENT, page.data, Refund)
        payments = dict.fromkeys(refund.payment_intent for refund in refunds if refund.payment_intent)
        found = [await readable_when_asked(PAYMENT, _payment(api, payment, account, names)) for payment in payments]
        yield Page([*found, *refused], f"{PAYMENT}/{last}" if more else "")


def _id(row: msgspec.Raw) -> str:
    return read_json(row, Identified).id


def _after(last: str) -> dict[str, str]:
    return {"starting_after": last} if last else {}


async def _payment(api: VendorApi, payment: str, account: StripeAccount, names: Names) -> Reading:
    """Its sale and what was given back of it; without a session, that nothing was."""
    query: dict[str, str | int] = {"payment_intent": payment, "limit": 1, "expand[]": "data.line_items"}
    sessions = read_json((await api.get("/v1/checkout/sessions", **query)).content, Listed).data
    if not sessions:
        return await _returns(api, payment, None, account)
    session = read_json(sessions[0], Session)
    sale = await _sale(api, session, account, names)
    if not sale.said:
        return sale
    returns = await readable_when_asked(PAYMENT, _returns(api, payment, session, account))
    return returns._replace(said=(*sale.said, *returns.said))


async def _sold(api: VendorApi, row: msgspec.Raw, account: StripeAccount, names: Names) -> Reading:
    return await _sale(api, read_json(row, Session), account, names)


async def _sale(api: VendorApi, session: Session, account: StripeAccount, names: Names) -> Reading:
    if why := unsold(session, account):
        return Reading(SESSION, ignored=why)
    if session.line_items and session.line_items.has_more:
        answer = await api.get(f"/v1/checkout/sessions/{session.id}/line_items", limit=MOST)
        session.line_items = read_json(answer.content, Lines)
    return Reading(SESSION, (order_of(session, account, names),))


async def _returns(api: VendorApi, payment: str, session: Session | None, account: StripeAccount) -> Reading:
    if account.refunds == "charge":
        return Reading(PAYMENT)
    answer = await api.get("/v1/refunds", payment_intent=payment, limit=MOST)
    refunds = [read_json(row, Refund) for row in read_json(answer.content, Listed).data]
    return Reading(PAYMENT, tuple(returned_of(session, refunds, account)))
