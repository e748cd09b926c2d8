"""Asking Salesforce's API in SOQL: records with the history that it keeps of them, and all that changed since a day."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

import msgspec

from services.common.errors import ConfigurationError, Invalid, NotFound
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.names import Names
from services.ingest.connectors.payloads import read_json
from services.ingest.connectors.prospects import restored_at
from services.ingest.connectors.vendor_api import ApiTerms, Login, VendorApi
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
        stages = await _stages(api, [full_id(identifier)]) if wanted.kind == OPPORTUNITY else []
        back = restored(wanted.kind, read_json(found[0], Record), at, stages, account, names)
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
                record = read_json(found[-1], Record)
                modified, last = _literal(moment(record.system_modstamp, "SystemModstamp")), full_id(record.id)
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
    records = [read_json(row, Record) for row in rows]
    ids = [full_id(record.id) for record in records if kind != TASK]
    stages = await _stages(api, ids) if kind == OPPORTUNITY and ids else []
    owners = await _owners(api, kind, ids) if ids else []

    def read(record: Record) -> Reading:
        own_stages = [row for row in stages if row.opportunity_id == record.id]
        own_owners = [row for row in owners if record.id in (row.opportunity_id, row.lead_id)]
        try:
            return reading(kind, told_with_history(kind, record, own_stages, own_owners, account, names))
        except Invalid as error:  # one that cannot be read must not hold up all others
            return Reading(kind, ignored=str(error))

    return [read(record) for record in records]


async def _stages(api: VendorApi, ids: Sequence[str]) -> list[StageRow]:
    query = "SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId IN "
    return [read_json(row, StageRow) for row in await _rows(api, query + _listed(ids))]


async def _owners(api: VendorApi, kind: str, ids: Sequence[str]) -> list[OwnerRow]:
    """Empty where the organisation does not track the field."""
    history = "OpportunityFieldHistory" if kind == OPPORTUNITY else "LeadHistory"
    query = f"SELECT {kind}Id, OldValue, NewValue, CreatedDate FROM {history} WHERE Field = 'Owner' AND {kind}Id IN "  # noqa: S608
    return [read_json(row, OwnerRow) for row in await _rows(api, query + _listed(ids))]


def _listed(ids: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{each}'" for each in ids) + ")"


async def _rows(api: VendorApi, query: str) -> list[msgspec.Raw]:
    """All rows of a query, however many answers they take."""
    answer = read_json((await api.get(QUERY, q=query)).content, _Answer)
    rows = list(answer.records)
    while answer.next_records_url:
        answer = read_json((await api.get(answer.next_records_url)).content, _Answer)
        rows += answer.records
    return rows
