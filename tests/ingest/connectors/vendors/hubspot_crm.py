"""HubSpot's API as it is documented: objects with their histories, searched for, read and associated."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.ingest.connectors.connector import Reading, Said
from services.ingest.connectors.reading.payloads import milliseconds
from services.ingest.connectors.vendors.hubspot import CONNECTOR
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind
from services.ingest.connectors.vendors.hubspot.by_object import Life
from services.ingest.connectors.vendors.hubspot.payloads import Object
from tests.support.engine import Engine
from tests.support.pulling import all_said
from tests.support.stories import SECRET, Teller
from tests.support.vendor_server import Answer, Asked, VendorServer

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
CREATED, MOVED, WON, AGAIN, LOST = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (2, 5, 10, 12, 15))
REPS = {"501": "ana", "502": "bob"}
Versions = list[tuple[datetime, str]]


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def item(
    number: int, created: datetime, updated: datetime, histories: dict[str, Versions], **now: str
) -> dict[str, Any]:
    """An object as the API gives it: HubSpot lists the latest version first."""
    versions = {
        name: [{"value": value, "timestamp": stamp(at), "sourceType": "CRM_UI"} for at, value in reversed(history)]
        for name, history in histories.items()
    }
    latest = {name: history[-1][1] for name, history in histories.items() if history}
    return {
        "id": str(number),
        "createdAt": stamp(created),
        "updatedAt": stamp(updated),
        "archived": False,
        "properties": {**latest, **now, "hs_object_id": str(number), "dealname": "For Ada Exemple"},
        "propertiesWithHistory": versions,
    }


def won_and_lost(number: int = 7001) -> dict[str, Any]:
    """Ana's, then Bob's; won for 1,000.00, open again, lost for 1,200.00."""
    histories = {
        "hubspot_owner_id": [(CREATED, "501"), (MOVED, "502")],
        "amount": [(CREATED, "900"), (MOVED, "1000.00"), (AGAIN, "1200")],
        "hs_is_closed": [(CREATED, "false"), (WON, "true"), (AGAIN, "false"), (LOST, "true")],
        "hs_is_closed_won": [(CREATED, "false"), (WON, "true"), (AGAIN, "false")],
    }
    now = {"deal_currency_code": "EUR", "hs_analytics_source": "ORGANIC_SEARCH"}
    return item(number, CREATED, LOST, histories, **now)


def activity(number: int, at: datetime, **now: str) -> dict[str, Any]:
    return item(number, at, at + timedelta(minutes=1), {}, hs_timestamp=stamp(at), hubspot_owner_id="501", **now)


FIRST = 7100
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "deals": [won_and_lost()] + [item(FIRST + n, CREATED, MOVED, {}) for n in range(7)],
    "contacts": [
        item(9001, CREATED, MOVED, {"lifecyclestage": [(CREATED, "lead"), (WON, "customer")]}, email="ada@example.org"),
        item(9002, CREATED, MOVED, {}, email="bob@example.org"),
        item(9003, CREATED - timedelta(days=99), CREATED - timedelta(days=9), {}, email="eve@example.org"),
    ],
    "calls": [
        activity(1, MOVED, hs_call_direction="OUTBOUND"),
        activity(2, MOVED, hs_call_direction="INBOUND"),
        activity(3, MOVED),
    ],
    "emails": [activity(4, WON, hs_email_direction="EMAIL"), activity(5, WON, hs_email_direction="INCOMING_EMAIL")],
    "meetings": [
        activity(6, LOST, hs_meeting_outcome="COMPLETED"),
        activity(7, LOST, hs_meeting_outcome="CANCELED"),
        item(8, MOVED, MOVED, {}, hs_timestamp=str(milliseconds(LOST)), hs_meeting_outcome="SCHEDULED"),
    ],
}
CONTACTS_OF = {("deals", "7001"): [9002, 9001], ("calls", "1"): [9001], ("calls", "2"): [9001]} | {
    (kind, str(number)): [9001, 9002]
    for kind, number in [("emails", 4), ("emails", 5), *[("meetings", n) for n in (6, 7, 8)]]
}


def hubspot(asked: Asked) -> Answer:
    """Answers as HubSpot does; a search finds three at most."""
    if asked.headers.get("Authorization") != f"Bearer {SECRET}":
        return Answer({"status": "error", "category": "MISSING_SCOPES"}, 403)
    body = msgspec.json.decode(asked.body)
    match asked.path.strip("/").split("/"):
        case ["crm", "v3", "objects", kind, "search"]:
            return Answer(_found(kind, body))
        case ["crm", "v3", "objects", kind, "batch", "read"]:
            return _read(kind, body)
        case ["crm", "v4", "associations", kind, "contacts", "batch", "read"]:
            return _associated(kind, body)
    return Answer({"status": "error"}, 404)


def _found(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    (group,) = body["filterGroups"]
    changed, above = group["filters"]
    assert changed["propertyName"] == ("lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate")
    assert (changed["operator"], above["propertyName"], above["operator"]) == ("GTE", "hs_object_id", "GT")
    assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    since = datetime.fromtimestamp(int(changed["value"]) / 1000, UTC)
    found = [one for one in OBJECTS[kind] if one["updatedAt"] >= stamp(since) and int(one["id"]) > int(above["value"])]
    found.sort(key=lambda one: int(one["id"]))
    return {"total": len(found), "results": [{"id": one["id"], "properties": {}} for one in found[:3]]}


def _read(kind: str, body: dict[str, Any]) -> Answer:
    ids = [one["id"] for one in body["inputs"]]
    if len(ids) > 50:
        return Answer({"status": "error"}, 400)
    return Answer({"status": "COMPLETE", "results": [_shown(one, body) for one in OBJECTS[kind] if one["id"] in ids]})


def _shown(one: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Only what was asked for: an address stays where nobody asks."""
    told_of = {*body["properties"], *body.get("propertiesWithHistory", [])}
    histories = {name: one["propertiesWithHistory"].get(name, []) for name in body.get("propertiesWithHistory", [])}
    properties = {name: value for name, value in one["properties"].items() if name in told_of}
    return {**one, "properties": properties, "propertiesWithHistory": histories}


def _associated(kind: str, body: dict[str, Any]) -> Answer:
    """Those without any are told as errors beside the others."""
    ids = [one["id"] for one in body["inputs"]]
    results = [
        {
            "from": {"id": one},
            "to": [{"toObjectId": contact, "associationTypes": []} for contact in CONTACTS_OF[kind, one]],
        }
        for one in ids
        if (kind, one) in CONTACTS_OF
    ]
    return Answer({"status": "COMPLETE", "results": results, "numErrors": len(ids) - len(results)}, 207)


def teller(server: VendorServer | None = None, **words: Any) -> Teller:
    account = HubspotAccount(api=server.url if server else "", token_file="token", reps=REPS, **words)
    return Teller(CONNECTOR, account)


def by_day(engine: Engine, cut: str = "all") -> Any:
    wanted = ("leads", "won", "lost", "won_amount_minor", "lost_amount_minor")
    cells = engine.by_day(["new_leads", "acquisition_rate"]).items()
    return {(c.measure, c.member, c.day): n for c, n in cells if c.cut == cut and c.measure in wanted}


def events_of(one: dict[str, Any]) -> list[dict[str, Any]]:
    """The events by which HubSpot told of an object's life."""
    created = datetime.fromisoformat(one["createdAt"])
    told_of = [{"subscriptionType": "deal.creation", "objectId": int(one["id"]), "occurredAt": milliseconds(created)}]
    for name, versions in one["propertiesWithHistory"].items():
        for version in versions:
            at = milliseconds(datetime.fromisoformat(version["timestamp"]))
            change = {"propertyName": name, "propertyValue": version["value"], "occurredAt": at}
            told_of.append({"subscriptionType": "deal.propertyChange", "objectId": int(one["id"]), **change})
    return told_of


def snapshot(at: datetime, histories: dict[str, Versions]) -> dict[str, Any]:
    return item(7001, CREATED, at, {name: list(history) for name, history in histories.items()})


def object_said(deals: Teller, one: dict[str, Any]) -> Reading:
    return Reading("deal", tuple(life(deals, one).said(None, deals.names)))


def life(leads: Teller, one: dict[str, Any], kind: Kind = "deal") -> Life:
    assert isinstance(leads.account, HubspotAccount)
    return Life(msgspec.convert(one, Object), kind, leads.account)


def contacts_said(readings: list[Reading]) -> list[Said]:
    return [one for one in all_said(readings) if one.type == "customer.contacted"]
