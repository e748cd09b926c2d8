"""Asking HubSpot's API: for objects with their history and the contacts they belong to, one or all that changed."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from services.common.errors import NotFound
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading.listing import readable, told_apart
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds, read_json
from services.ingest.connectors.reading.prospects import restored_at
from services.ingest.connectors.vendors.hubspot import activities
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind
from services.ingest.connectors.vendors.hubspot.by_object import Life
from services.ingest.connectors.vendors.hubspot.payloads import AssociationsPage, FoundPage, Object, ObjectsPage
from services.ingest.connectors.vendors.hubspot.statements import HISTORY, PROPERTIES

API = "https://api.hubapi.com"
PAUSE = 0.25
"""Seconds between requests: HubSpot allows five searches a second to an account, for all of its apps."""
MOST = 50
"""Objects at once: as many as HubSpot gives histories of."""
PATHS: dict[Kind, str] = {
    "contact": "contacts",
    "deal": "deals",
    "call": "calls",
    "email": "emails",
    "meeting": "meetings",
}


def terms(account: HubspotAccount, token: str) -> ApiTerms:
    return ApiTerms(account.api or API, {"Authorization": f"Bearer {token}"}, PAUSE)


async def fetch(api: VendorApi, wanted: Wanted, account: HubspotAccount, names: Names) -> Reading:
    kind: Kind = wanted.kind  # type: ignore[assignment]
    identifier, at = restored_at(wanted)
    found = [read_json(row, Object) for row in await _objects(api, kind, [identifier])]
    if not found:
        raise NotFound("HubSpot has no such thing")
    (reading,) = await _readings(api, kind, found, account, names)
    if at:
        reading = reading._replace(said=(*reading.said, Life(found[0], kind, account).restored(at)))
    return reading


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: HubspotAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """Leads, then activities, that changed since: each kind by its ids, upwards from the last one.

    A search ends after 10,000 objects; one that begins above an id has only those left, however many they are. What
    changes meanwhile still has changed since, and keeps its place. The cursor is the kind and the last id.
    """
    kinds = [account.lead, *(activities.ACTIVITIES if account.activities == "counted" else ())]
    name, _, last = cursor.partition("/")
    start = kinds.index(name) if name in kinds else 0
    for i, kind in enumerate(kinds[start:], start):
        after = last if i == start and last else "0"
        while after:
            ids = await _changed(api, kind, since, after)
            found, refused = told_apart(kind, await _objects(api, kind, ids), Object)
            readings = [*await _readings(api, kind, found, account, names), *refused]
            after = max(ids, key=_oldest, default="")
            following = kinds[i + 1] if i + 1 < len(kinds) else ""
            yield Page(readings, f"{kind}/{after}" if after else f"{following}/" if following else "")


async def _changed(api: VendorApi, kind: Kind, since: datetime, after: str) -> list[str]:
    """Ids of those that changed, above an id, upwards."""
    changed = "lastmodifieddate" if kind == "contact" else "hs_lastmodifieddate"
    filters = [
        {"propertyName": changed, "operator": "GTE", "value": str(milliseconds(since))},
        {"propertyName": "hs_object_id", "operator": "GT", "value": after},
    ]
    asked = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": ["hs_object_id"],
        "limit": MOST,
    }
    answer = await api.post(f"/crm/v3/objects/{PATHS[kind]}/search", asked)
    return [str(found.id) for found in read_json(answer.content, FoundPage).results]


async def _objects(api: VendorApi, kind: Kind, ids: Sequence[str]) -> list[msgspec.Raw]:
    """Objects with the history of what matters; those that are gone are left out."""
    if not ids:
        return []
    asked = {
        "inputs": [{"id": one} for one in ids],
        "properties": PROPERTIES.get(kind, activities.PROPERTIES),
        "propertiesWithHistory": HISTORY.get(kind, ()),
    }
    answer = await api.post(f"/crm/v3/objects/{PATHS[kind]}/batch/read", asked)
    return read_json(answer.content, ObjectsPage).results


async def _readings(
    api: VendorApi, kind: Kind, found: Sequence[Object], account: HubspotAccount, names: Names
) -> list[Reading]:
    if not found:
        return []
    contacts = await _contacts(api, kind, [item.id for item in found])
    people = {one for several in contacts.values() for one in several}
    customers = await _customers(api, sorted(people), account, names)
    readings = []
    for item in found:
        own = [customers[one] for one in contacts.get(item.id, ()) if one in customers]
        readings.append(readable(kind, partial(_reading, item, kind, own, account, names)))
    return readings


def _reading(item: Object, kind: Kind, customers: Sequence[str], account: HubspotAccount, names: Names) -> Reading:
    if kind in HISTORY:
        life = Life(item, kind, account)
        return Reading(kind, tuple(life.said(next(iter(customers), None), names)), refused=life.unpriced())
    why = activities.uncounted(item) or ("" if customers else "no contact took part")
    if why:
        return Reading(kind, ignored=why)
    return Reading(kind, tuple(activities.contacted(item, kind, customers, names)))


async def _contacts(api: VendorApi, kind: Kind, ids: Sequence[str]) -> dict[str, list[str]]:
    """Ids of the contacts that objects belong to; a contact is its own."""
    if kind == "contact":
        return {one: [one] for one in ids}
    asked = {"inputs": [{"id": one} for one in ids]}
    answer = await api.post(f"/crm/v4/associations/{PATHS[kind]}/contacts/batch/read", asked)
    found = read_json(answer.content, AssociationsPage).results
    return {str(one.from_.id): sorted({str(each.to_object_id) for each in one.to}, key=_oldest) for one in found}


def _oldest(identifier: str) -> tuple[int, str]:
    return len(identifier), identifier


async def _customers(api: VendorApi, contacts: Sequence[str], account: HubspotAccount, names: Names) -> dict[str, str]:
    """Customers by the ids of contacts. E-mail addresses are asked for only where they tell customers apart;
    a contact that is gone, or cannot be read, goes by its id."""
    emails: dict[str, str] = {}
    if account.customers == "email":
        for start in range(0, len(contacts), MOST):
            asked = {"inputs": [{"id": one} for one in contacts[start : start + MOST]], "properties": ["email"]}
            answer = await api.post("/crm/v3/objects/contacts/batch/read", asked)
            found, _ = told_apart("contact", read_json(answer.content, ObjectsPage).results, Object)
            emails |= {item.id: item.text("email") for item in found}
    named = {one: names.customer(one, emails.get(one)) for one in contacts}
    return {one: customer for one, customer in named.items() if customer}
