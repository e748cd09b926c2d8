"""From Pipedrive's deals, leads and activities to what they state; the same for a webhook and for its API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta

from services.common.errors import Invalid
from services.common.events.customers import CustomerContacted
from services.ingest.connectors.connector import Account, Reading, Said
from services.ingest.connectors.reading import prospects
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, first, milliseconds, minor, utc
from services.ingest.connectors.reading.prospects import UNASSIGNED, Handover, Prospect, Standing, Turn
from services.ingest.connectors.vendors.pipedrive.payloads import (
    Activity,
    Change,
    Deal,
    Key,
    Lead,
    Money,
    Owner,
    Previous,
    custom,
    instant,
)

STANDINGS: Mapping[str, Standing] = {"open": "open", "won": "won", "lost": "lost"}
CLOSED = ("won", "lost")
DELETED = "deleted"
OWNER_FIELDS = ("owner_id", "user_id")
"""A deal's owner, as its changelog calls it: of late, and before."""


class PipedriveAccount(Account, frozen=True, kw_only=True):
    """A company."""

    source_field: Annotated[
        str,
        Meta(description="The key (40 characters) of the custom field of deals that tells where a lead comes from."),
    ] = ""
    sources: Annotated[
        dict[str, str],
        Meta(description="Our sources by Pipedrive's words: options' ids, channels' ids, source names, origins."),
    ] = msgspec.field(default_factory=dict)
    region_field: Annotated[str, Meta(description="The key of the custom field that tells the region.")] = ""
    regions: Annotated[dict[str, str], Meta(description="Our regions by what that field holds.")] = msgspec.field(
        default_factory=dict
    )


def lead_id(kind: str, key: Key) -> str:
    """A lead's id; deals and leads are numbered apart."""
    return f"{kind}/{key}"


def of_deal(deal: Deal, account: PipedriveAccount, names: Names) -> Prospect:
    """
    :raises Invalid: when its status or value is not one.
    """
    standing = STANDINGS.get(deal.status)
    if standing is None:
        raise Invalid(f"{deal.status[:40]!r} is no status", field="status", mend="open, won and lost are known")
    closed = {"won": deal.won_time, "lost": deal.lost_time}.get(standing)
    amount, currency = _money(Money(deal.value, deal.currency))
    return Prospect(
        lead_id("deal", deal.id),
        "opportunity",
        utc(deal.add_time),
        utc(deal.update_time or deal.add_time),
        _rep(deal.owner_id, names),
        standing,
        utc(closed) if closed else None,
        _source(account, custom(deal.custom_fields, account.source_field), deal.channel, deal.origin),
        _region(account, custom(deal.custom_fields, account.region_field)),
        names.customer(deal.person_id),
        amount,
        currency,
    )


def of_lead(lead: Lead, account: PipedriveAccount, names: Names) -> Prospect:
    """
    :raises Invalid: when its value is none.
    """
    amount, currency = _money(lead.value or Money())
    origin = first(lead.source_name, lead.origin)
    return Prospect(
        lead_id("lead", lead.id),
        "lead",
        utc(lead.add_time),
        utc(lead.update_time or lead.add_time),
        _rep(lead.owner_id, names),
        source=_source(account, custom(lead.custom_fields, account.source_field), lead.channel, origin),
        region=_region(account, custom(lead.custom_fields, account.region_field)),
        customer=names.customer(lead.person_id),
        amount=amount,
        currency=currency,
    )


def told(prospect: Prospect, previous: Previous, names: Names) -> Iterator[Said]:
    """What a webhook states of a deal or lead."""
    yield from prospects.state(prospect)
    handover = None
    if previous.owner_id is not UNSET:
        handover = Handover(prospect.updated, _rep(previous.owner_id, names), prospect.rep)
    yield from prospects.owners(prospect, handover)
    if previous.is_deleted or previous.status == DELETED:
        yield prospects.restored(prospect, prospect.updated)
    elif prospect.standing == "open" and previous.status in CLOSED:
        yield prospects.reopened(prospect.lead_id, prospect.updated, milliseconds(prospect.updated))


def with_history(prospect: Prospect, changes: Sequence[Change], names: Names) -> Iterator[Said]:
    """What a deal and its changelog state."""
    by_time = sorted(changes, key=lambda change: utc(change.time))
    yield from prospects.state(prospect)
    handovers = [
        Handover(utc(change.time), _user(change.old_value, names), _user(change.new_value, names))
        for change in by_time
        if change.field_key in OWNER_FIELDS
    ]
    yield from prospects.owners_by(prospect, handovers)
    turns = [
        Turn(utc(change.time), STANDINGS[str(change.new_value)])
        for change in by_time
        if change.field_key == "status" and str(change.new_value) in STANDINGS
    ]
    yield from prospects.past(prospect.lead_id, turns)


def _user(told: Key | None, names: Names) -> str | None:
    """The rep whom a changelog means by the id of a user; whatever else it says may be somebody's name."""
    return _rep(told, names) if told is None or str(told).isdigit() else None


def _rep(owner: Owner, names: Names) -> str | None:
    """The rep who an owner is, or nobody; none where it is not told."""
    return None if owner is UNSET else names.rep(owner) or UNASSIGNED


def activity_reading(activity: Activity, names: Names) -> Reading:
    """That a customer was contacted."""
    topic = "activity"
    if not activity.done:
        return Reading(topic, ignored="it is not done yet")
    customer = names.customer(activity.person_id)
    if customer is None:
        return Reading(topic, ignored="it is with nobody")
    at = instant(activity.marked_as_done_time, "marked_as_done_time") or activity.update_time
    if at is None:
        raise Invalid("is missing", field="marked_as_done_time", mend="the vendor documents it otherwise")
    data = CustomerContacted(
        contact_id=f"activity/{activity.id}",
        medium=first(activity.type) or "other",
        rep_id=names.rep(activity.owner_id),
        revision=milliseconds(utc(activity.update_time or at)),
    )
    return Reading(topic, (Said("customer.contacted", customer, utc(at), data),))


def _money(money: Money) -> tuple[int | None, str | None]:
    """Minor units and their currency; a deal that nobody has valued has a value of 0."""
    if not money.amount or not money.currency:
        return None, None
    return minor(money.amount, money.currency, "value"), money.currency


def _source(account: PipedriveAccount, told: str | None, channel: Key | None, origin: str | None) -> str | None:
    found = first(told, None if channel is None else str(channel), origin)
    return by_table(found, account.sources) if found else None


def _region(account: PipedriveAccount, told: str | None) -> str | None:
    return by_table(told, account.regions) if told else None
