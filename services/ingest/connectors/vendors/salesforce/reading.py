"""From Salesforce's records to what they state; the same for an outbound message and for its API."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.common.events.customers import CustomerContacted
from services.ingest.connectors.connector import Account, Reading, Said
from services.ingest.connectors.reading import prospects
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, first, milliseconds, minor
from services.ingest.connectors.reading.prospects import UNASSIGNED, Handover, Prospect, Standing, Turn
from services.ingest.connectors.vendors.salesforce.payloads import OwnerRow, Record, StageRow, full_id, moment

OPPORTUNITY, LEAD, TASK = "Opportunity", "Lead", "Task"
KINDS = (OPPORTUNITY, LEAD, TASK)
USER = "005"
"""What ids of users begin with; what a queue owns is nobody's."""

Outcome = Literal["won", "lost", "invalid"]


class SalesforceAccount(Account, frozen=True, kw_only=True):
    """An organisation."""

    stages: Annotated[
        dict[str, Outcome],
        Meta(
            description="How an opportunity in a stage, or a lead of a status, has ended: `won`, `lost` or `invalid`. "
            "Write all that end one, in your words."
        ),
    ] = msgspec.field(default_factory=lambda: {"Closed Won": "won", "Closed Lost": "lost"})
    sources: Annotated[dict[str, str], Meta(description="Our sources by lead sources.")] = msgspec.field(
        default_factory=dict
    )
    currency: Annotated[
        str,
        Meta(description="The organisation's currency. Leave it out where records bear their own (multi-currency)."),
    ] = ""
    channel: Annotated[
        str, Meta(description="The channel of change events, for `salesforce_cdc`: all that are selected, or your own.")
    ] = "/data/ChangeEvents"
    pubsub: Annotated[str, Meta(description="Where change events are read.")] = "api.pubsub.salesforce.com:7443"


def told(kind: str, record: Record, account: SalesforceAccount, names: Names) -> tuple[Said, ...]:
    """What a record states that is known as it is now, and nothing of its past.

    :raises Invalid: naming a field that is missing or wrong.
    """
    if kind == TASK:
        return _contact(record, names)
    if record.is_deleted:
        return (_gone(record),)
    prospect = of_record(kind, record, account, names)
    said = [*prospects.state(prospect), *prospects.owners(prospect), *prospects.since_update(prospect)]
    if prospect.standing == "open" and prospect.since and prospect.since > prospect.added:
        said.append(prospects.reopened(prospect.lead_id, prospect.since, milliseconds(prospect.updated)))
    return (*said, *_converted(record, prospect))


def told_with_history(
    kind: str,
    record: Record,
    stages: Sequence[StageRow],
    owners: Sequence[OwnerRow],
    account: SalesforceAccount,
    names: Names,
) -> tuple[Said, ...]:
    """What a record states with the history that Salesforce keeps of it; rows in any order.

    :raises Invalid: naming a field that is missing or wrong.
    """
    if kind == TASK or record.is_deleted:
        return told(kind, record, account, names)
    prospect = of_record(kind, record, account, names)
    turns = _turns(record, prospect, stages, account)
    if turns:
        prospect = prospect._replace(since=turns[-1].at)
    handovers = _handovers(owners, names)
    known = (
        prospects.owners_by(prospect, handovers)
        if handovers
        else (*prospects.owners(prospect), *prospects.since_update(prospect))
    )
    past = prospects.past(prospect.lead_id, turns)
    return (*prospects.state(prospect), *known, *past, *_converted(record, prospect))


def restored(
    kind: str, record: Record, at: datetime, stages: Sequence[StageRow], account: SalesforceAccount, names: Names
) -> Iterator[Said]:
    """How a record stands that was brought back; nothing of one that is in the recycle bin again.

    :raises Invalid: naming a field that is missing or wrong.
    """
    if not record.is_deleted:
        prospect = of_record(kind, record, account, names)
        yield prospects.restored(prospect, at, _turns(record, prospect, stages, account))


def of_record(kind: str, record: Record, account: SalesforceAccount, names: Names) -> Prospect:
    """
    :raises Invalid: naming a field that is missing or wrong.
    """
    amount, currency = _money(record, account)
    source = first(record.lead_source)
    is_lead = kind == LEAD
    return Prospect(
        full_id(record.id),
        "lead" if is_lead else "opportunity",
        moment(record.created_date, "CreatedDate"),
        _updated(record),
        owner_of(record.owner_id, names),
        _standing(record, account),
        moment(record.last_stage_change_date, "LastStageChangeDate") if record.last_stage_change_date else None,
        by_table(source, account.sources) if source else None,
        None,
        names.customer(None, record.email) if is_lead else names.customer(record.account_id),
        amount,
        currency,
    )


def owner_of(owner: str | None, names: Names) -> str | None:
    """Whose something is: a rep's, or nobody's where a queue has it; none where it is not told."""
    return (_rep(owner, names) or UNASSIGNED) if owner else None


def _rep(owner: str | None, names: Names) -> str | None:
    return names.rep(full_id(owner, "OwnerId")) if owner and owner.startswith(USER) else None


def _updated(record: Record) -> datetime:
    if record.system_modstamp:
        return moment(record.system_modstamp, "SystemModstamp")
    return moment(record.last_modified_date, "LastModifiedDate")


def _standing(record: Record, account: SalesforceAccount) -> Standing:
    named = account.stages.get(record.stage_name or record.status or "")
    if named:
        return named
    if record.is_won:
        return "won"
    return "lost" if record.is_closed else "open"


def _money(record: Record, account: SalesforceAccount) -> tuple[int | None, str | None]:
    currency = record.currency_iso_code or account.currency
    if record.amount is None or not currency:
        return None, None
    return minor(record.amount, currency, "Amount"), currency


def _converted(record: Record, prospect: Prospect) -> Iterator[Said]:
    """A lead and the opportunity that it was converted to are one prospect."""
    if record.is_converted and record.converted_opportunity_id:
        into = full_id(record.converted_opportunity_id, "ConvertedOpportunityId")
        yield prospects.merged(prospect.lead_id, into, prospect.updated)


def _gone(record: Record) -> Said:
    if record.master_record_id:
        return prospects.merged(
            full_id(record.id), full_id(record.master_record_id, "MasterRecordId"), _updated(record)
        )
    return prospects.invalid(full_id(record.id), _updated(record))


def _contact(record: Record, names: Names) -> tuple[Said, ...]:
    """That somebody was contacted, once the task is done."""
    customer = names.customer(record.who_id, record.who.email if record.who else None)
    is_done = record.is_closed if record.is_closed is not None else record.status == "Completed"
    if record.is_deleted or not is_done or customer is None:
        return ()
    updated = _updated(record)
    at = moment(record.completed_date_time, "CompletedDateTime") if record.completed_date_time else updated
    data = CustomerContacted(
        contact_id=full_id(record.id),
        medium=(first(record.task_subtype) or "task").lower(),
        rep_id=_rep(record.owner_id, names),
        revision=milliseconds(updated),
    )
    return (Said("customer.contacted", customer, at, data),)


def _turns(record: Record, prospect: Prospect, rows: Sequence[StageRow], account: SalesforceAccount) -> list[Turn]:
    """Since when it stood how, from the rows of its stages; that it was open first is not said."""
    stages: Mapping[str, Standing] = {**account.stages, record.stage_name or "": prospect.standing}
    stood = sorted((moment(row.created_date, "CreatedDate"), stages.get(row.stage_name or "", "open")) for row in rows)
    turns = [Turn(next(group)[0], standing) for standing, group in groupby(stood, key=lambda each: each[1])]
    return turns[1:] if turns and turns[0].standing == "open" else turns


def _handovers(rows: Sequence[OwnerRow], names: Names) -> list[Handover]:
    """Handovers, oldest first. Of each there are two rows: of names, which are left alone, and of ids."""
    found = [
        Handover(
            moment(row.created_date, "CreatedDate"), owner_of(row.old_value, names), owner_of(row.new_value, names)
        )
        for row in rows
        if _is_id(row.old_value) and _is_id(row.new_value)
    ]
    return sorted(found, key=lambda handover: handover.at)


def _is_id(value: str | None) -> bool:
    return value is not None and value[:3] in (USER, "00G") and value.isalnum() and len(value) in (15, 18)


def reading(kind: str, said: tuple[Said, ...]) -> Reading:
    """What became of a record."""
    return Reading(kind, said, ignored="" if said else "it is not done yet, or with nobody")
