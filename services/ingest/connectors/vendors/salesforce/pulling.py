"""Asking Salesforce's API in SOQL: records with the history that it keeps of them, and all that changed since a day."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec

from services.common.errors import ConfigurationError, NotFound, Unavailable
from services.ingest.connectors.asking.terms import ApiTerms, Login
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading.listing import UNREADABLE, last_of, readable
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.reading.prospects import restored_at
from services.ingest.connectors.vendors.salesforce.payloads import OwnerRow, Record, StageRow, full_id, moment
from services.ingest.connectors.vendors.salesforce.reading import (
    KINDS,
    LEAD,
    OPPORTUNITY,
    TASK,
    SalesforceAccount,
    reading,
    restored,
    told_with_history,
)

VERSION = "v62.0"
LOGIN = "/services/oauth2/token"
QUERY = f"/services/data/{VERSION}/queryAll/"
"""All: those in the recycle bin too."""
PAUSE = 0.1
SIZE = 200
"""Records of a page: their ids must fit into an address, to ask for their history."""
COMMON = ("Id", "CreatedDate", "SystemModstamp", "OwnerId", "IsDeleted")
FIELDS = {
    OPPORTUNITY: (
        *COMMON,
        "LeadSource",
        "StageName",
        "LastStageChangeDate",
        "IsWon",
        "IsClosed",
        "Amount",
        "AccountId",
    ),
    LEAD: (*COMMON, "LeadSource", "Status", "IsConverted", "ConvertedOpportunityId", "MasterRecordId"),
    TASK: (*COMMON, "WhoId", "Status", "IsClosed", "TaskSubtype", "CompletedDateTime"),
}


class _Answer(msgspec.Struct, rename="camel"):
    records: list[msgspec.Raw]
    total_size: int | None = None
    next_records_url: str | None = None


class _Identified(msgspec.Struct, rename="pascal"):
    id: str


class _Place(_Identified, rename="pascal"):
    system_modstamp: str


class _Belonging(msgspec.Struct, rename="pascal"):
    """Whose history a row is of."""

    opportunity_id: str | None = None
    lead_id: str | None = None


def terms(account: SalesforceAccount, token: str) -> ApiTerms:
    """
    :raises ConfigurationError: when it is not known where the organisation is, or as whom to log in.
    """
    client, _, secret = token.partition(":")
    if not account.api:
        raise ConfigurationError("is missing", field="api", mend="such as https://example.my.salesforce.com")
    if not client or not secret:
        raise ConfigurationError("is no pair", field="token_file", mend="write `consumer key:consumer secret`")
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return ApiTerms(account.api, {}, PAUSE, Login(LOGIN, form))


async def fetch(api: VendorApi, wanted: Wanted, account: SalesforceAccount, names: Names) -> Reading:
    """A record, though it may be in the recycle bin."""
    if wanted.kind not in FIELDS:
        raise NotFound(f"no {wanted.kind} is asked for")
    identifier, at = restored_at(wanted)
    query = f"{_select(wanted.kind, account)} WHERE Id = '{full_id(identifier)}'"
    found = await _rows(api, query)
    if not found:
        raise NotFound(f"Salesforce has no {wanted.kind} of this id")
    (told,) = await _with_history(api, wanted.kind, found, account, names)
    if at:
        record = read_json(found[0], Record)
        rows = await _stages(api, [record.id]) if wanted.kind == OPPORTUNITY else {}
        stages = [read_json(row, StageRow) for row in rows.get(record.id, ())]
        back = restored(wanted.kind, record, at, stages, account, names)
        told = told._replace(said=(*told.said, *back))
    return told


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: SalesforceAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """By kind, then the time of the update, then the id. A cursor names the last record of these three."""
    kind, modified, last = (*cursor.split("|"), "", "")[:3]
    begin = KINDS.index(kind) if kind in KINDS else 0
    for at, name in enumerate(KINDS[begin:], begin):
        more = True
        while more:
            found = await _rows(api, _listing(name, since, modified, last, account))
            more = len(found) == SIZE
            readings = await _with_history(api, name, found, account, names)
            if more:
                modified, last = last_of(found, _place)
                yield Page(readings, f"{name}|{modified}|{last}")
            else:
                modified = last = ""
                yield Page(readings, f"{KINDS[at + 1]}||" if at + 1 < len(KINDS) else "")


def _select(kind: str, account: SalesforceAccount) -> str:
    fields = list(FIELDS[kind])
    if kind == OPPORTUNITY and not account.currency:
        fields.append("CurrencyIsoCode")
    if account.customers == "email" and kind != OPPORTUNITY:
        fields.append("Who.Email" if kind == TASK else "Email")
    return f"SELECT {', '.join(fields)} FROM {kind}"  # noqa: S608 - of our own words


def _listing(kind: str, since: datetime, modified: str, last: str, account: SalesforceAccount) -> str:
    """Ordered by what is asked for, so that whatever changes meanwhile comes again at the end."""
    if modified:
        after = f"(SystemModstamp > {modified} OR (SystemModstamp = {modified} AND Id > '{last}'))"
    else:
        after = f"SystemModstamp >= {_literal(since)}"
    return f"{_select(kind, account)} WHERE {after} ORDER BY SystemModstamp, Id LIMIT {SIZE}"


def _literal(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


async def _with_history(
    api: VendorApi, kind: str, rows: Sequence[msgspec.Raw], account: SalesforceAccount, names: Names
) -> list[Reading]:
    ids = [identifier for identifier in map(_id_of, rows) if identifier and kind != TASK]
    stages = await _stages(api, ids) if kind == OPPORTUNITY and ids else {}
    owners = await _owners(api, kind, ids) if ids else {}

    def read(row: msgspec.Raw) -> Reading:
        record = read_json(row, Record)
        own_stages = [read_json(each, StageRow) for each in stages.get(record.id, ())]
        own_owners = [read_json(each, OwnerRow) for each in owners.get(record.id, ())]
        return reading(kind, told_with_history(kind, record, own_stages, own_owners, account, names))

    return [readable(kind, partial(read, row)) for row in rows]


def _place(row: msgspec.Raw) -> tuple[str, str]:
    told = read_json(row, _Place)
    return _literal(moment(told.system_modstamp, "SystemModstamp")), full_id(told.id)


def _id_of(row: msgspec.Raw) -> str:
    """The id of a record; empty where it has none to ask for its history by."""
    try:
        return full_id(read_json(row, _Identified).id)
    except UNREADABLE:
        return ""


async def _stages(api: VendorApi, ids: Sequence[str]) -> dict[str, list[msgspec.Raw]]:
    query = "SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId IN "
    return _by_record(await _rows(api, query + _listed(ids)))


async def _owners(api: VendorApi, kind: str, ids: Sequence[str]) -> dict[str, list[msgspec.Raw]]:
    """Empty where the organisation does not track the field."""
    history = "OpportunityFieldHistory" if kind == OPPORTUNITY else "LeadHistory"
    query = f"SELECT {kind}Id, OldValue, NewValue, CreatedDate FROM {history} WHERE Field = 'Owner' AND {kind}Id IN "  # noqa: S608
    return _by_record(await _rows(api, query + _listed(ids)))


def _by_record(rows: Sequence[msgspec.Raw]) -> dict[str, list[msgspec.Raw]]:
    """Rows of history by the record that they are of, to be read with it."""
    found: dict[str, list[msgspec.Raw]] = {}
    for row in rows:
        of = read_json(row, _Belonging)
        found.setdefault(of.opportunity_id or of.lead_id or "", []).append(row)
    return found


def _listed(ids: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{each}'" for each in ids) + ")"


async def _rows(api: VendorApi, query: str) -> list[msgspec.Raw]:
    """All rows of a query, however many answers they take.

    :raises Unavailable: when one answer leads to another that was had.
    """
    answer = read_json((await api.get(QUERY, q=query)).content, _Answer)
    rows, had = list(answer.records), {""}
    while (following := answer.next_records_url or "") not in had:
        had.add(following)
        answer = read_json((await api.get(following)).content, _Answer)
        rows += answer.records
    if following:
        raise Unavailable("Salesforce names the same page again", mend="it is asked again later")
    return rows
