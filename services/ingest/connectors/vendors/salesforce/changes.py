"""Change events, as `salesforce_cdc` hands them on: who it was given to, and which records are to be asked for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from services.ingest.connectors.connector import Reading, Said, Wanted
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import from_milliseconds
from services.ingest.connectors.reading.prospects import assigned, seen, wanted_restored
from services.ingest.connectors.vendors.salesforce.payloads import full_id
from services.ingest.connectors.vendors.salesforce.reading import KINDS, TASK, owner_of

OVERFLOW = "GAP_OVERFLOW"


class Header(msgspec.Struct, rename="camel"):
    entity_name: str
    change_type: str
    commit_timestamp: int
    record_ids: list[str] = []
    changed_fields: list[str] = []

    @property
    def at(self) -> datetime:
        return from_milliseconds(self.commit_timestamp, "commitTimestamp")


class Change(msgspec.Struct, rename="pascal"):
    """A change event: its header, and of its fields those that are used."""

    change_event_header: Header
    owner_id: str | None = None
    created_date: int | None = None


class Changes(msgspec.Struct):
    """What is sent to the gateway. `organisation`: whose they are, by its id."""

    organisation: str
    changes: list[Change]


def read_changes(changes: Changes, names: Names) -> Reading:
    """A change event has the fields that changed alone, so the record is asked for. But whose it was when is known for
    sure only now: of owners not every organisation keeps a history.

    :raises Invalid: naming what is not as Salesforce documents it.
    """
    said: list[Said] = []
    wanted: dict[Wanted, Any] = {}
    ignored: list[str] = []
    for change in changes.changes:
        header = change.change_event_header
        if header.entity_name not in KINDS:
            ignored.append(f"{header.entity_name[:40]} does not count")
        elif header.change_type == OVERFLOW:
            ignored.append("more changed at once than Salesforce tells of: run `cadran connectors sync`")
        else:
            ids = [full_id(each, "recordIds") for each in header.record_ids if "*" not in each]
            wanted |= dict.fromkeys(_wanted(each, header) for each in ids)
            if header.entity_name != TASK:
                said += [statement for each in ids for statement in _of_change(each, change, names)]
    return Reading("changes", tuple(said), tuple(wanted), ignored="; ".join(dict.fromkeys(ignored)))


def _wanted(record_id: str, header: Header) -> Wanted:
    if header.change_type == "UNDELETE" and header.entity_name != TASK:
        return wanted_restored(header.entity_name, record_id, header.at)
    return Wanted(header.entity_name, record_id)


def _of_change(lead_id: str, change: Change, names: Names) -> Iterator[Said]:
    header = change.change_event_header
    at = header.at
    rep = owner_of(change.owner_id, names)
    if rep and header.change_type == "CREATE":
        added = at if change.created_date is None else from_milliseconds(change.created_date, "CreatedDate")
        yield assigned(lead_id, added, rep, seen(added))
    elif rep and "OwnerId" in header.changed_fields:
        yield assigned(lead_id, at, rep, seen(at) + 1)
