"""What Salesforce sends and answers, as far as it is used: outbound messages, records of its API, change events."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec
from lxml import etree

from services.common.errors import Invalid, Malformed
from services.ingest.connectors.reading.payloads import read_json, utc

OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SHORT = 15
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Record(msgspec.Struct, rename="pascal"):
    """An opportunity, lead or task: whichever of these fields it has, and whichever were chosen to be sent."""

    id: str
    created_date: str | None = None
    system_modstamp: str | None = None
    last_modified_date: str | None = None
    owner_id: str | None = None
    is_deleted: bool = False
    master_record_id: str | None = None
    lead_source: str | None = None
    amount: Decimal | None = None
    currency_iso_code: str | None = None
    account_id: str | None = None
    stage_name: str | None = None
    last_stage_change_date: str | None = None
    is_won: bool | None = None
    is_closed: bool | None = None
    status: str | None = None
    is_converted: bool = False
    converted_opportunity_id: str | None = None
    email: str | None = None
    who_id: str | None = None
    who: "Who | None" = None
    task_subtype: str | None = None
    completed_date_time: str | None = None


class Who(msgspec.Struct, rename="pascal"):
    """Whom a task is with; only asked for where customers are told apart by their address."""

    email: str | None = None


class StageRow(msgspec.Struct, rename="pascal"):
    """A row of OpportunityHistory."""

    opportunity_id: str
    created_date: str
    stage_name: str | None = None


class OwnerRow(msgspec.Struct, rename="pascal"):
    """A row of OpportunityFieldHistory or LeadHistory, of the field Owner."""

    created_date: str
    opportunity_id: str | None = None
    lead_id: str | None = None
    old_value: str | None = None
    new_value: str | None = None


class Notification(NamedTuple):
    """An object that an outbound message tells of, and its fields in texts."""

    kind: str
    fields: Mapping[str, str]


class Message(NamedTuple):
    organisation: str
    notifications: tuple[Notification, ...]


def full_id(told: str, field: str = "Id") -> str:
    """The 18 characters of an id, however many are told. Its first 15 are the name; of the others each says which of
    five are capitals, for programs that take them for small letters.

    :raises Invalid: naming the field, when it is no id.
    """
    if not _ID.fullmatch(told):
        raise Invalid(f"{told[:40]!r} is no id", field=field, mend="an id has 15 or 18 letters and digits")
    name = told[:SHORT]
    capitals = (sum(letter.isupper() << i for i, letter in enumerate(name[at : at + 5])) for at in (0, 5, 10))
    return name + "".join(_SUFFIX[each] for each in capitals)


def moment(told: str | None, field: str) -> datetime:
    """
    :raises Invalid: naming the field, when it is missing or no moment.
    """
    if not told:
        raise Invalid("is missing", field=field, mend=f"choose {field} among the fields of the outbound message")
    try:
        return utc(datetime.fromisoformat(told))
    except ValueError:
        raise Invalid(f"{told[:40]!r} is no moment", field=field, mend="Salesforce documents it otherwise") from None


def read_message(body: bytes) -> Message:
    """An outbound message. A document type is refused, so that there are no entities: neither bombs nor files.

    :raises Malformed: when it is none.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed(f"no XML: {error}", mend="have Salesforce send an outbound message") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("has a document type", mend="have Salesforce send an outbound message")
    found = next(root.iter(f"{{{OUTBOUND}}}notifications"), None)
    if found is None:
        raise Malformed("is no outbound message", mend="send outbound messages to this address, and nothing else")
    notifications = tuple(_notification(each) for each in found.findall(f"{{{OUTBOUND}}}Notification"))
    return Message(found.findtext(f"{{{OUTBOUND}}}OrganizationId") or "", notifications)


def as_record(notification: Notification) -> Record:
    """
    :raises Invalid: naming the field that is not as Salesforce documents it.
    """
    return read_json(msgspec.json.encode(notification.fields), Record)


def _notification(element: etree._Element) -> Notification:
    sobject = element.find(f"{{{OUTBOUND}}}sObject")
    if sobject is None:
        raise Malformed("a notification has no sObject", mend="have Salesforce send an outbound message")
    kind = sobject.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    return Notification(kind, dict(_fields(sobject)))


def _fields(sobject: etree._Element) -> Iterator[tuple[str, str]]:
    for child in sobject:
        if child.text and child.get(f"{{{XSI}}}nil") != "true":
            yield etree.QName(child).localname, child.text.strip()
