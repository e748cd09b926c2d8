"""Salesforce: opportunities and leads by outbound messages (SOAP) and by change events; tasks that are done.

An outbound message is answered by an acknowledgement, or Salesforce sends it again for a day. Change events come from
`salesforce_cdc`, a process of its own, in JSON.
"""

from collections.abc import Sequence

from services.common.errors import CadranError, Invalid
from services.ingest.connectors.connector import Acknowledgement, Connector, Delivery, Reading, Said, Wanted
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.signing.signatures import require_one
from services.ingest.connectors.vendors.salesforce.changes import Changes, read_changes
from services.ingest.connectors.vendors.salesforce.facts import FACTS
from services.ingest.connectors.vendors.salesforce.payloads import Message, as_record, full_id, read_message
from services.ingest.connectors.vendors.salesforce.pulling import fetch, pages, terms
from services.ingest.connectors.vendors.salesforce.reading import KINDS, SalesforceAccount, told

ORGANISATION = "OrganizationId"
ACKNOWLEDGED = Acknowledgement(
    "text/xml; charset=utf-8",
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>",
)


def verify(delivery: Delivery, _: SalesforceAccount, secrets: Sequence[str]) -> None:
    """Salesforce signs nothing: a message says whose it is, by the organisation's id in 18 characters or in 15."""
    try:
        given = _parsed(delivery.body).organisation
    except CadranError:
        given = ""
    require_one(given, ORGANISATION, lambda secret: _as_long(secret, given), secrets)


def _as_long(secret: str, given: str) -> str:
    """The organisation's id in as many characters as the message has it."""
    try:
        return secret if len(secret) == len(given) else full_id(secret)[: len(given)]
    except Invalid:
        return ""


def _parsed(body: bytes) -> Message | Changes:
    return read_json(body, Changes) if body[:1] == b"{" else read_message(body)


def read(delivery: Delivery, account: SalesforceAccount, names: Names) -> Reading:
    match _parsed(delivery.body):
        case Changes() as changes:
            return read_changes(changes, names)
        case message:
            return _of_message(message, account, names)


def _of_message(message: Message, account: SalesforceAccount, names: Names) -> Reading:
    """What a message tells, of up to 100 objects; one that cannot be read must not lose the others, and is asked for at
    the API, where that is asked.

    :raises Invalid: when none can be read, nor asked for.
    """
    said: list[Said] = []
    wanted: dict[Wanted, None] = {}
    ignored: dict[str, None] = {}
    faults: list[Invalid] = []
    for notification in message.notifications:
        if notification.kind not in KINDS:
            ignored[f"{notification.kind[:40] or 'an object without a type'} does not count"] = None
            continue
        try:
            record = as_record(notification)
            wanted[Wanted(notification.kind, full_id(record.id))] = None
            said += told(notification.kind, record, account, names)
        except Invalid as error:
            faults.append(error)
    if faults and not said and not (wanted and account.token_file):
        raise faults[0]
    topic = ", ".join(dict.fromkeys(notification.kind[:40] for notification in message.notifications))
    left_out = (*ignored, *dict.fromkeys(map(str, faults)))
    return Reading(topic, tuple(said), tuple(wanted), ignored="; ".join(left_out))


CONNECTOR = Connector(
    vendor="salesforce",
    facts=FACTS,
    account=SalesforceAccount,
    verify=verify,
    read=read,
    acknowledgement=ACKNOWLEDGED,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
