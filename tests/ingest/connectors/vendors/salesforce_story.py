"""An opportunity of Salesforce's, as outbound messages tell of it, and what that comes to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from lxml import etree

from services.ingest.connectors.connector import Reading
from services.ingest.connectors.vendors.salesforce import CONNECTOR, SalesforceAccount
from services.ingest.connectors.vendors.salesforce.payloads import full_id
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery

MESSAGE = (Path(__file__).parents[1] / "examples" / "salesforce" / "opportunity.xml").read_bytes()
ORGANISATION = "00D5w000004qGTOEA2"
DEAL, LEAD, TASK = "0065w000023STAmAAO", "00Q5w00001AbcdeEAB", "00T5w00002AbcdeEAB"
ANA, BOB, CLEO = "0055w00000BhqR0AAJ", "0055w00000BhqR1AAJ", "0055w00000BhqR2AAJ"
QUEUE = "00G5w000001AbcdEAE"
ACCOUNT = SalesforceAccount(
    reps={full_id(ANA): "ana", full_id(BOB): "bob", full_id(CLEO): "cleo"},
    currency="EUR",
    sources={"External Referral": "referral"},
    stages={"Closed Won": "won", "Closed Lost": "lost", "Unqualified": "lost", "Spam": "invalid"},
)


ORG = Teller(CONNECTOR, ACCOUNT)
CREATED = {
    "Id": DEAL,
    "CreatedDate": "2026-11-02T08:00:00.000Z",
    "SystemModstamp": "2026-11-02T08:00:00.000Z",
    "OwnerId": ANA,
    "StageName": "Prospecting",
    "IsWon": "false",
    "IsClosed": "false",
    "Amount": "1200.5",
    "LeadSource": "External Referral",
    "AccountId": "0015w00002BFDeLAAX",
}


def changed(at: str, **fields: str) -> dict[str, str]:
    """The opportunity as it was at a time of November, Bob's by then."""
    return {**CREATED, "OwnerId": BOB, "SystemModstamp": f"2026-11-{at}:00.000Z", **fields}


HANDED_ON = changed("03T08:00")
WON = changed(
    "05T08:00",
    StageName="Closed Won",
    IsWon="true",
    IsClosed="true",
    Amount="1300",
    LastStageChangeDate="2026-11-05T08:00:00.000Z",
)
REOPENED = changed("06T08:00", StageName="Negotiation", LastStageChangeDate="2026-11-06T08:00:00.000Z", Amount="1300")
LOST = changed(
    "09T08:00", StageName="Closed Lost", IsClosed="true", LastStageChangeDate="2026-11-09T08:00:00.000Z", Amount="1300"
)


def message(*fields: Mapping[str, str], kind: str = "Opportunity", organisation: str = ORGANISATION) -> bytes:
    """An outbound message of some objects."""
    root = etree.fromstring(MESSAGE)
    outbound = "{http://soap.sforce.com/2005/09/outbound}"
    (told,) = root.iter(f"{outbound}notifications")
    told.find(f"{outbound}OrganizationId").text = organisation
    (template,) = told.findall(f"{outbound}Notification")
    told.remove(template)
    for each in fields:
        notification = etree.fromstring(etree.tostring(template))
        sobject = notification.find(f"{outbound}sObject")
        sobject.set("{http://www.w3.org/2001/XMLSchema-instance}type", f"sf:{kind}")
        for child in list(sobject):
            sobject.remove(child)
        for name, value in each.items():
            etree.SubElement(sobject, f"{{urn:sobject.enterprise.soap.sforce.com}}{name}").text = value
        told.append(notification)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(*states: Mapping[str, str], kind: str = "Opportunity") -> list[Reading]:
    return [ORG.read(delivery(message(state, kind=kind))) for state in states]


def counted(engine: Engine, cut: str) -> dict[tuple[str, str, int], int]:
    """(measure, member, day of November) -> value."""
    wanted = ("leads", "won", "won_amount_minor", "lost", "lost_amount_minor")
    cells = engine.by_day(["new_leads", "acquisition_rate"]).items()
    return {
        (cell.measure, cell.member, cell.day.day): n for cell, n in cells if cell.cut == cut and cell.measure in wanted
    }


def folded(readings: Sequence[Reading], cut: str) -> dict[tuple[str, str, int], int]:
    engine = Engine()
    ORG.feed(readings, engine)
    engine.run(Random(1))
    return counted(engine, cut)


THE_STORY = {("leads", "ana", 2): 1, ("lost", "bob", 9): 1, ("lost_amount_minor", "bob", 9): 130_000}


LEFT = {**HANDED_ON, "OwnerId": QUEUE, "SystemModstamp": "2026-11-07T08:00:00.000Z"}
LOST_BY_NOBODY = {**LOST, "OwnerId": QUEUE}
NOBODYS_LOSS = {("leads", "ana", 2): 1, ("lost", "unassigned", 9): 1, ("lost_amount_minor", "unassigned", 9): 130_000}


LEAD_CREATED = {
    "Id": LEAD,
    "CreatedDate": "2026-11-01T08:00:00.000Z",
    "SystemModstamp": "2026-11-01T08:00:00.000Z",
    "OwnerId": QUEUE,
    "Status": "Open",
    "LeadSource": "Web",
    "IsConverted": "false",
}


TASK_DONE = {
    "Id": TASK,
    "CreatedDate": "2026-11-01T08:00:00.000Z",
    "SystemModstamp": "2026-11-04T10:15:01.000Z",
    "OwnerId": ANA,
    "Status": "Completed",
    "WhoId": "0035w000035gg9GAAQ",
    "TaskSubtype": "Call",
    "CompletedDateTime": "2026-11-04T10:15:00.000Z",
}
