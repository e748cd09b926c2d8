"""What is said of a lead: by one event alone, and by the whole object with its history.

Both say the same about the same moments. An event knows one property; the object knows all, and its revision is the
greater: what it says of a moment replaces what an event said. A deal's marks `hs_is_closed` and `hs_is_closed_won`
change at one moment, and come as two events: of those, won stands.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from services.common.events.fields import Data
from services.common.events.leads import LeadAssigned, LeadClosed, LeadCreated, LeadMerged, LeadReopened
from services.ingest.connectors.connector import Said
from services.ingest.connectors.names import Names
from services.ingest.connectors.payloads import by_table, from_milliseconds, milliseconds, minor
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind, Outcome
from services.ingest.connectors.vendors.hubspot.payloads import Event, Object, told

OWNER, AMOUNT = "hubspot_owner_id", "amount"
CLOSED, WON = "hs_is_closed", "hs_is_closed_won"
STAGED: dict[Kind, tuple[str, ...]] = {"deal": ("dealstage",), "contact": ("lifecyclestage", "hs_lead_status")}
HISTORY: dict[Kind, tuple[str, ...]] = {
    "deal": (OWNER, "dealstage", CLOSED, WON, AMOUNT),
    "contact": (OWNER, "lifecyclestage", "hs_lead_status"),
}
PROPERTIES: dict[Kind, tuple[str, ...]] = {
    "deal": (OWNER, AMOUNT, "deal_currency_code", "hs_analytics_source", "hs_merged_object_ids"),
    "contact": (OWNER, "hs_analytics_source", "hs_country_region_code", "hs_merged_object_ids"),
}
NOBODY = "unassigned"
BY_OBJECT = 2
"""How far above its last update an object's revision is: what an event says is at most 1 above its moment."""


class Money(NamedTuple):
    """Minor units; neither where the amount or its currency is unknown."""

    amount: int | None
    currency: str | None


UNKNOWN = Money(None, None)


def lead_id(kind: Kind, identifier: str) -> str:
    return f"{kind}/{identifier}"


def concerns(kind: Kind, name: str | None) -> bool:
    """Does a property say anything of a lead?"""
    return name in HISTORY[kind] or name in PROPERTIES[kind]


# By one event.


def created(event: Event, kind: Kind) -> Said:
    """That it exists; whose it is and where it came from is told by other events, or the object."""
    return _said(event.id, kind, event.at, LeadCreated(kind=_kind_of_lead(kind), revision=milliseconds(event.at)))


def changed(event: Event, kind: Kind, account: HubspotAccount, names: Names) -> Iterator[Said]:
    """What a change of one property says by itself: whose the lead is, or how it stands."""
    if event.property_name == OWNER:
        yield _assigned(event.id, kind, event.at, event.value, milliseconds(event.at), names)
        return
    outcome = _outcome_of(event, kind, account)
    if outcome:
        # A closed deal is a lost one unless the same moment says won.
        revision = milliseconds(event.at) + (event.property_name != CLOSED)
        yield _stands(event.id, kind, event.at, outcome, revision)


def _outcome_of(event: Event, kind: Kind, account: HubspotAccount) -> Outcome | None:
    if event.property_name in STAGED[kind]:
        return account.outcome(event.value)
    if kind == "deal" and event.property_name in (CLOSED, WON):
        return "open" if event.value != "true" else "won" if event.property_name == WON else "lost"
    return None


def deleted(event: Event, kind: Kind) -> Said:
    data = LeadClosed(outcome="invalid", revision=milliseconds(event.at))
    return _said(event.id, kind, event.at, data)


def reopened(event: Event, kind: Kind) -> Said:
    return _said(event.id, kind, event.at, LeadReopened(revision=milliseconds(event.at)))


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
        yield _said(into, kind, event.at, LeadCreated(kind=_kind_of_lead(kind)))
    for one in parts:
        if one != into:
            yield _merged(one, into, kind, event.at, milliseconds(event.at))


# By the whole object.


def whole(item: Object, kind: Kind, customer: str | None, account: HubspotAccount, names: Names) -> Iterator[Said]:
    """All that an object and its history say of a lead.

    :raises Invalid: when an amount cannot be.
    """
    revision = milliseconds(item.updated_at) + BY_OBJECT
    money = _money(item, item.text(AMOUNT), account)
    source = item.text("hs_analytics_source")
    country = item.text("hs_country_region_code")
    data = LeadCreated(
        kind=_kind_of_lead(kind),
        source=by_table(source, account.sources) if source else None,
        region=by_table(country, account.regions) if country else None,
        customer_id=customer,
        amount_minor=money.amount,
        currency=money.currency,
        revision=revision,
    )
    yield _said(item.id, kind, item.created_at, data)
    for at, owner in _owners(item):
        yield _assigned(item.id, kind, from_milliseconds(at, "timestamp"), owner, revision, names)
    yield from _standings(item, kind, revision, account)
    for one in filter(None, item.text("hs_merged_object_ids").split(";")):
        if one.strip() != item.id:
            yield _merged(one.strip(), item.id, kind, item.created_at, revision)


def restored(item: Object, kind: Kind, at: datetime, account: HubspotAccount) -> Said:
    """How a lead stands that was deleted and is back: as before. Restored, a won one keeps the day of its win."""
    revision = milliseconds(item.updated_at) + BY_OBJECT
    points = [outcome for since, outcome in _outcomes(item, kind, account) if since <= milliseconds(at)]
    return _standing(item, kind, milliseconds(at), points[-1] if points else "open", None, revision, account)


def _owners(item: Object) -> list[tuple[int, str]]:
    if owners := item.history(OWNER):
        return owners
    owner = item.text(OWNER)
    return [(milliseconds(item.created_at), owner)] if owner else []


def _standings(item: Object, kind: Kind, revision: int, account: HubspotAccount) -> Iterator[Said]:
    """How it stood since when. An opening is said only of what was closed before."""
    points = _outcomes(item, kind, account)
    was_closed = False
    for i, (at, outcome) in enumerate(points):
        if outcome != "open" or was_closed:
            until = next((then for then, other in points[i + 1 :] if other != outcome), None)
            yield _standing(item, kind, at, outcome, until, revision, account)
        was_closed = was_closed or outcome != "open"


def _outcomes(item: Object, kind: Kind, account: HubspotAccount) -> list[tuple[int, Outcome]]:
    """What each moment says that says anything: a stage by the account's table, else a deal's two marks together."""
    found: dict[int, Outcome] = {}
    if kind == "deal":
        won, closed = item.history(WON), item.history(CLOSED)
        for at, _ in (*won, *closed):
            is_won, is_closed = _then(won, at) == "true", _then(closed, at) == "true"
            found[at] = "won" if is_won else "lost" if is_closed else "open"
    for name in STAGED[kind]:
        found |= {at: outcome for at, stage in item.history(name) if (outcome := account.outcome(stage))}
    return sorted(found.items())


def _then(history: list[tuple[int, str]], at: int) -> str:
    """What a property was at a time."""
    return next((value for since, value in reversed(history) if since <= at), "")


def _standing(
    item: Object, kind: Kind, at: int, outcome: Outcome, until: int | None, revision: int, account: HubspotAccount
) -> Said:
    """`until`: when it stood otherwise again. What it brought is what was last said of it before."""
    text = _then(item.history(AMOUNT), until - 1) if until else item.text(AMOUNT)
    moment = from_milliseconds(at, "timestamp")
    return _stands(item.id, kind, moment, outcome, revision, _money(item, text, account))


def _money(item: Object, text: str, account: HubspotAccount) -> Money:
    currency = item.text("deal_currency_code").upper() or account.currency
    return Money(minor(text, currency, AMOUNT), currency) if text and currency else UNKNOWN


# What both say.


def _stands(identifier: str, kind: Kind, at: datetime, outcome: Outcome, revision: int, money: Money = UNKNOWN) -> Said:
    if outcome == "open":
        return _said(identifier, kind, at, LeadReopened(revision=revision))
    closed = LeadClosed(outcome=outcome, amount_minor=money.amount, currency=money.currency, revision=revision)
    return _said(identifier, kind, at, closed)


def _assigned(identifier: str, kind: Kind, at: datetime, owner: str, revision: int, names: Names) -> Said:
    return _said(identifier, kind, at, LeadAssigned(rep_id=names.rep(owner) or NOBODY, revision=revision))


def _merged(one: str, into: str, kind: Kind, at: datetime, revision: int) -> Said:
    return _said(one, kind, at, LeadMerged(into_lead_id=lead_id(kind, into), revision=revision))


def _said(identifier: str, kind: Kind, at: datetime, data: Data) -> Said:
    return Said(_TYPES[type(data)], lead_id(kind, identifier), at, data)


_TYPES: dict[type[Data], str] = {
    LeadCreated: "lead.created",
    LeadAssigned: "lead.assigned",
    LeadClosed: "lead.closed",
    LeadReopened: "lead.reopened",
    LeadMerged: "lead.merged",
}


def _kind_of_lead(kind: Kind) -> Literal["lead", "opportunity"]:
    return "opportunity" if kind == "deal" else "lead"
