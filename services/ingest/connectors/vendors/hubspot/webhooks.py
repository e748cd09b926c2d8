"""What HubSpot's deliveries say: up to a hundred events, each of one property of one object."""

from collections.abc import Iterable, Sequence

from services.common.errors import Invalid
from services.ingest.connectors.connector import Delivery, Reading, Wanted
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.reading.prospects import wanted_restored
from services.ingest.connectors.vendors.hubspot import by_event
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount
from services.ingest.connectors.vendors.hubspot.activities import ACTIVITIES, OUTCOME
from services.ingest.connectors.vendors.hubspot.payloads import Event, Events, told

WORKFLOW = "workflow"


def read(delivery: Delivery, account: HubspotAccount, names: Names) -> Reading:
    body = delivery.body.strip()
    # A workflow sends one object, subscriptions a list. Under one name for both, errors name the place.
    body = body if body.startswith(b"[") else b"[%b]" % body
    events = read_json(b'{"events":%b}' % body, Events).events
    return _together(_each(sorted(events, key=lambda one: one.occurred_at or 0), account, names))


def _each(events: Iterable[Event], account: HubspotAccount, names: Names) -> list[Reading]:
    """What each says. One that cannot be read is told, and keeps none of the others back.

    :raises Invalid: when none can.
    """
    readings, refused = [], []
    for event in events:
        try:
            readings.append(_reading(event, account, names))
        except Invalid as error:
            refused.append(error)
    if refused and not readings:
        raise refused[0]
    return [*readings, *(Reading(readings[0].topic, refused=str(error)) for error in refused)]


def _together(readings: Sequence[Reading]) -> Reading:
    topics = list(dict.fromkeys(one.topic for one in readings))
    return Reading(
        topics[0] if len(topics) == 1 else "several" if topics else "nothing",
        tuple(said for one in readings for said in one.said),
        tuple(dict.fromkeys(wanted for one in readings for wanted in one.wanted)),
        tuple(dict.fromkeys(customer for one in readings for customer in one.redacted)),
        "; ".join(dict.fromkeys(one.ignored for one in readings if one.ignored)) or ("" if readings else "no events"),
        "; ".join(dict.fromkeys(one.refused for one in readings if one.refused)),
    )


def _reading(event: Event, account: HubspotAccount, names: Names) -> Reading:
    topic = event.subscription_type or WORKFLOW
    if event.what == "privacyDeletion":
        return _forgotten(event, account, names)
    if event.kind in ACTIVITIES:
        return _activity(topic, event, account)
    if event.kind is None and not event.vid:
        return Reading(topic, ignored="neither a lead nor a contact of a customer")
    if (event.kind or "contact") != account.lead:
        return Reading(topic, ignored=f"leads are {account.leads} here")
    return _lead(topic, event, account, names)


def _forgotten(event: Event, account: HubspotAccount, names: Names) -> Reading:
    """A person asked to be forgotten: as a customer at once; as a lead, they turn out to be none."""
    customer = names.customer(event.id)
    said = (by_event.deleted(event, "contact"),) if account.lead == "contact" else ()
    return Reading(event.subscription_type, said, redacted=(customer,) if customer else ())


def _activity(topic: str, event: Event, account: HubspotAccount) -> Reading:
    if account.activities == "ignored":
        return Reading(topic, ignored="activities are not counted here")
    if event.kind and (event.what in ("creation", "restore") or event.property_name == OUTCOME or topic == WORKFLOW):
        return Reading(topic, wanted=(Wanted(event.kind, event.id),))
    return Reading(topic, ignored="only that it was made tells of a contact")


def _lead(topic: str, event: Event, account: HubspotAccount, names: Names) -> Reading:
    kind = account.lead
    match event.what:
        case "creation":
            return Reading(topic, (by_event.created(event, kind),), (Wanted(kind, event.id),))
        case "propertyChange" if by_event.concerns(kind, event.property_name):
            said = tuple(by_event.changed(event, kind, account, names))
            return Reading(topic, said, (Wanted(kind, event.id),))
        case "deletion":
            return Reading(topic, (by_event.deleted(event, kind),))
        case "restore":
            return _restored(topic, event, account)
        case "merge":
            said = tuple(by_event.merged(event, kind))
            return Reading(topic, said, (Wanted(kind, by_event.merged_into(event)),))
        case "associationChange":
            return Reading(topic, wanted=(Wanted(kind, told(event.from_object_id, "fromObjectId")),))
        case "":
            return Reading(topic, wanted=(Wanted(kind, told(event.object_id or event.vid, "objectId")),))
    return Reading(topic, ignored="it says nothing of a lead")


def _restored(topic: str, event: Event, account: HubspotAccount) -> Reading:
    """How it stands is known to the API alone. What an opening says cannot be unsaid: with a token it waits."""
    if account.token_file:
        return Reading(topic, wanted=(wanted_restored(account.lead, event.id, event.at),))
    return Reading(topic, (by_event.reopened(event, account.lead),))
