"""What one event says of a lead. What it does not know is told by other events, or by the object."""

from collections.abc import Iterator

from services.common.events.leads import LeadClosed, LeadCreated
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind, Outcome
from services.ingest.connectors.vendors.hubspot.payloads import Event, told
from services.ingest.connectors.vendors.hubspot.statements import (
    CLOSED,
    HISTORY,
    OWNER,
    PROPERTIES,
    STAGED,
    WON,
    About,
)


def concerns(kind: Kind, name: str | None) -> bool:
    """Does a property say anything of a lead?"""
    return name in HISTORY[kind] or name in PROPERTIES[kind]


def created(event: Event, kind: Kind) -> Said:
    about = _about(event, kind)
    return about.says(event.at, LeadCreated(kind=about.kind_of_lead, revision=about.revision))


def deleted(event: Event, kind: Kind) -> Said:
    about = _about(event, kind)
    return about.says(event.at, LeadClosed(outcome="invalid", revision=about.revision))


def reopened(event: Event, kind: Kind) -> Said:
    return _about(event, kind).stands(event.at, "open")


def changed(event: Event, kind: Kind, account: HubspotAccount, names: Names) -> Iterator[Said]:
    """What a change of one property says by itself: whose the lead is, or how it stands."""
    about = _about(event, kind)
    if event.property_name == OWNER:
        yield about.assigned(event.at, event.value, names)
    elif outcome := _outcome(event, kind, account):
        # A deal's two marks change at one moment: closed is lost, unless the other says won.
        surer = about._replace(revision=about.revision + (event.property_name != CLOSED))
        yield surer.stands(event.at, outcome)


def _outcome(event: Event, kind: Kind, account: HubspotAccount) -> Outcome | None:
    if event.property_name in STAGED[kind]:
        return account.outcome(event.value)
    if kind == "deal" and event.property_name in (CLOSED, WON):
        return "open" if event.value != "true" else "won" if event.property_name == WON else "lost"
    return None


def merged_into(event: Event) -> str:
    """What several leads are from now on: a new object, or the first of them.

    :raises Invalid: when the event does not say.
    """
    return told(event.new_object_id or event.primary_object_id, "newObjectId")


def merged(event: Event, kind: Kind) -> Iterator[Said]:
    """Those that are one from now on; the one, if it is new, is a lead of its own, though nobody tells of its creation.

    :raises Invalid: when the event does not say which.
    """
    into = merged_into(event)
    parts = dict.fromkeys(str(one) for one in (event.primary_object_id, *(event.merged_object_ids or ())) if one)
    if into not in parts:
        survivor = About(kind, into, 0)
        yield survivor.says(event.at, LeadCreated(kind=survivor.kind_of_lead))
    for one in parts:
        if one != into:
            yield About(kind, one, milliseconds(event.at)).merged(event.at, into)


def _about(event: Event, kind: Kind) -> About:
    return About(kind, event.id, milliseconds(event.at))
