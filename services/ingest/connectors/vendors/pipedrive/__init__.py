"""Pipedrive: deals and leads, whose they are and how they end; activities that are done."""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from services.common.errors import Invalid, Unauthenticated
from services.ingest.connectors.connector import Connector, Delivery, Reading, Wanted
from services.ingest.connectors.reading import prospects
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.signing.signatures import require_one
from services.ingest.connectors.vendors.pipedrive.facts import FACTS
from services.ingest.connectors.vendors.pipedrive.payloads import (
    NULL,
    Activity,
    Deal,
    Lead,
    Meta,
    Previous,
    Webhook,
    instant,
)
from services.ingest.connectors.vendors.pipedrive.pulling import fetch, pages, terms
from services.ingest.connectors.vendors.pipedrive.reading import (
    PipedriveAccount,
    activity_reading,
    lead_id,
    of_deal,
    of_lead,
    told,
)

AUTHORIZATION = "authorization"
SCHEME = "basic "


def verify(delivery: Delivery, _: PipedriveAccount, secrets: Sequence[str]) -> None:
    """Pipedrive signs nothing: it says the user and password that the webhook was given."""
    require_one(_user_and_password(delivery.headers.get(AUTHORIZATION, "")), AUTHORIZATION, str, secrets)


def _user_and_password(header: str) -> str:
    """
    :raises Unauthenticated: when there are none.
    """
    if not header.lower().startswith(SCHEME):
        raise Unauthenticated("is missing", field=AUTHORIZATION, mend="give the webhook a user and a password")
    try:
        return base64.b64decode(header[len(SCHEME) :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("is not as HTTP Basic has it", field=AUTHORIZATION) from None


def read(delivery: Delivery, account: PipedriveAccount, names: Names) -> Reading:
    webhook = read_json(delivery.body, Webhook)
    meta = webhook.meta
    if webhook.v is not None or meta.object:
        return Reading(f"{meta.action}.{meta.object}", ignored="it is of version 1: create the webhook in version 2.0")
    topic = f"{meta.action}.{meta.entity}"
    match meta.entity, meta.action:
        case (("deal" | "lead"), "delete"):
            return _deleted(topic, meta)
        case (("deal" | "lead"), ("create" | "change")):
            return _changed(topic, webhook, account, names)
        case "activity", ("create" | "change"):
            activity = read_json(_data(webhook), Activity)
            return activity_reading(activity, names)._replace(topic=topic)
    return Reading(topic, ignored="only deals, leads and activities that are done count")


def _changed(topic: str, webhook: Webhook, account: PipedriveAccount, names: Names) -> Reading:
    meta, data = webhook.meta, _data(webhook)
    previous = read_json(webhook.previous, Previous) if webhook.previous != NULL else Previous()
    is_deal = meta.entity == "deal"
    prospect = (
        of_deal(read_json(data, Deal), account, names) if is_deal else of_lead(read_json(data, Lead), account, names)
    )
    said = list(told(prospect, previous, names))
    if meta.merged_from_id:
        merged_from = lead_id(meta.entity, meta.merged_from_id)
        said.append(prospects.merged(merged_from, prospect.lead_id, prospect.updated))
    # What was missed of its history decides whose win or loss it is.
    wanted = (Wanted("deal", prospect.lead_id.partition("/")[2]),) if is_deal and previous.status else ()
    return Reading(topic, tuple(said), wanted)


def _deleted(topic: str, meta: Meta) -> Reading:
    at = instant(meta.timestamp, "meta.timestamp")
    if meta.entity_id is None or at is None:
        field = "meta.timestamp" if at is None else "meta.entity_id"
        raise Invalid("is missing", field=field, mend="the vendor documents it otherwise")
    deleted = lead_id(meta.entity, meta.entity_id)
    if meta.merged_to_id:
        return Reading(topic, (prospects.merged(deleted, lead_id(meta.entity, meta.merged_to_id), at),))
    return Reading(topic, (prospects.invalid(deleted, at),))


def _data(webhook: Webhook) -> msgspec.Raw:
    """
    :raises Invalid: when there is none.
    """
    if webhook.data == NULL:
        raise Invalid("is missing", field="data", mend="the vendor documents it otherwise")
    return webhook.data


CONNECTOR = Connector(
    vendor="pipedrive",
    facts=FACTS,
    account=PipedriveAccount,
    verify=verify,
    read=read,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
