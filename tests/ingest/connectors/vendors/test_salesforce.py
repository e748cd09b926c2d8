"""Salesforce: what its outbound messages, change events and API say, in any order, and which are taken for its own."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.common.errors import CadranError, ConfigurationError, Forbidden, Invalid, Malformed, Unauthenticated
from services.ingest.connectors.connector import Page, Reading, Said, Wanted
from services.ingest.connectors.vendor_api import VendorApi
from services.ingest.connectors.vendors.salesforce import CONNECTOR, SalesforceAccount
from services.ingest.connectors.vendors.salesforce.payloads import full_id
from tests.ingest.connectors.vendors.hostile import anything, held_by, mutated, read_or_told
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, running_vendor

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


def test_an_opportunity_that_is_handed_on_won_reopened_and_lost_gives_the_same_in_every_order() -> None:
    for engine in in_every_order(ORG, read(CREATED, HANDED_ON, WON, REOPENED, LOST)):
        assert counted(engine, "rep") == THE_STORY
        assert counted(engine, "source")["leads", "referral", 2] == 1


def test_who_owned_it_when_it_was_won_keeps_the_win() -> None:
    later = {**WON, "OwnerId": CLEO, "SystemModstamp": "2026-11-12T08:00:00.000Z", "Amount": "1400"}
    for engine in in_every_order(ORG, read(CREATED, HANDED_ON, WON, later)):
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            ("won", "bob", 5): 1,
            ("won_amount_minor", "bob", 5): 140_000,
        }


def test_one_message_may_tell_of_many_objects_and_one_that_is_wrong_does_not_lose_the_others() -> None:
    other = {**CREATED, "Id": "0065w000023STAnAAO"}
    broken = {**CREATED, "Id": "0065w000023STAoAAO", "Amount": "1.005"}
    reading = ORG.read(delivery(message(CREATED, broken, other)))
    assert folded([reading], "all") == {("leads", "", 2): 2}
    assert "finer than EUR" in reading.ignored
    with pytest.raises(Invalid, match="finer than EUR"):
        ORG.read(delivery(message(broken)))


def test_what_was_left_out_of_the_message_is_named() -> None:
    with pytest.raises(Invalid, match="CreatedDate.*choose CreatedDate"):
        read({"Id": DEAL, "SystemModstamp": "2026-11-02T08:00:00.000Z"})


def test_a_message_with_too_few_fields_has_its_record_asked_for_where_there_is_a_token() -> None:
    bare = message({"Id": DEAL, "StageName": "Prospecting"})
    with pytest.raises(Invalid):
        ORG.read(delivery(bare))
    asking = Teller(CONNECTOR, msgspec.structs.replace(ACCOUNT, token_file="token"))
    reading = asking.read(delivery(bare))
    assert (reading.said, reading.wanted) == ((), (Wanted("Opportunity", DEAL),))
    assert "CreatedDate" in reading.ignored


def test_a_stage_of_ones_own_ends_an_opportunity_as_the_flags_say_or_the_table() -> None:
    gewonnen = {**WON, "StageName": "Gewonnen"}
    assert folded(read(gewonnen), "all")["won", "", 5] == 1
    bare = {name: value for name, value in gewonnen.items() if name not in ("IsWon", "IsClosed")}
    account = msgspec.structs.replace(ACCOUNT, stages={"Gewonnen": "won"})
    (created, *_) = Teller(CONNECTOR, account).read(delivery(message(bare))).said
    assert created.type == "lead.created"
    assert "lead.closed" in {said.type for said in Teller(CONNECTOR, account).read(delivery(message(bare))).said}
    assert "lead.closed" not in {said.type for said in read(bare)[0].said}


LEAD_CREATED = {
    "Id": LEAD,
    "CreatedDate": "2026-11-01T08:00:00.000Z",
    "SystemModstamp": "2026-11-01T08:00:00.000Z",
    "OwnerId": QUEUE,
    "Status": "Open",
    "LeadSource": "Web",
    "IsConverted": "false",
}


def test_a_lead_that_is_converted_counts_once_as_its_opportunity() -> None:
    taken = {**LEAD_CREATED, "OwnerId": ANA, "SystemModstamp": "2026-11-01T09:00:00.000Z"}
    converted = {
        **taken,
        "SystemModstamp": "2026-11-02T08:00:00.000Z",
        "IsConverted": "true",
        "ConvertedOpportunityId": DEAL,
    }
    leads = read(LEAD_CREATED, taken, converted, kind="Lead")
    assert folded(leads[:1], "rep") == {("leads", "unassigned", 1): 1}
    assert folded(leads[:2], "rep") == {("leads", "ana", 1): 1}
    for engine in in_every_order(ORG, [*leads, *read(CREATED, WON)]):
        assert counted(engine, "all") == {("leads", "", 2): 1, ("won", "", 5): 1, ("won_amount_minor", "", 5): 130_000}


@pytest.mark.parametrize(
    ("status", "counts"), [("Unqualified", {("leads", "", 1): 1, ("lost", "", 4): 1}), ("Spam", {})]
)
def test_a_lead_ends_as_its_status_says(status: str, counts: dict[Any, int]) -> None:
    ended = {**LEAD_CREATED, "Status": status, "SystemModstamp": "2026-11-04T08:00:00.000Z"}
    for engine in in_every_order(ORG, read(LEAD_CREATED, ended, kind="Lead")):
        assert counted(engine, "all") == counts


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


def test_a_task_that_is_done_is_a_contact() -> None:
    (reading,) = read(TASK_DONE, kind="Task")
    (said,) = reading.said
    assert (said.type, said.subject) == ("customer.contacted", ORG.names.customer("0035w000035gg9GAAQ"))
    assert said.time == datetime(2026, 11, 4, 10, 15, tzinfo=UTC)
    assert msgspec.to_builtins(said.data)["medium"] == "call"
    for not_yet in ({"Status": "Open"}, {"IsClosed": "false"}, {"WhoId": ""}):
        assert read({**TASK_DONE, **not_yet}, kind="Task")[0].said == ()


def test_other_objects_are_ignored() -> None:
    (reading,) = read(CREATED, kind="Case")
    assert (reading.said, reading.ignored) == ((), "Case does not count")


def test_salesforce_is_told_that_its_message_has_come_as_it_wants_to_be() -> None:
    assert CONNECTOR.acknowledgement.media_type.startswith("text/xml")
    root = etree.fromstring(CONNECTOR.acknowledgement.body)
    assert root.findtext(".//{http://soap.sforce.com/2005/09/outbound}Ack") == "true"


# Ids.


@pytest.mark.parametrize("known", [ORGANISATION, DEAL, ANA, "001Dp00000P8QurIAF", "00De0000000pmu1EAA"])
def test_the_long_form_of_an_id_is_made_of_the_short_one(known: str) -> None:
    assert full_id(known[:15]) == full_id(known) == known


def test_a_lead_told_by_its_short_id_is_the_same_lead() -> None:
    assert read({**CREATED, "Id": DEAL[:15]})[0].said == read(CREATED)[0].said


@pytest.mark.parametrize("told", ["", "short", "0065w000023STA/", DEAL + "1", "é" * 15])
def test_what_is_no_id_is_refused(told: str) -> None:
    with pytest.raises(CadranError):
        read({**CREATED, "Id": told})


# Who sends.


@pytest.mark.parametrize("secret", [ORGANISATION, ORGANISATION[:15]])
@pytest.mark.parametrize("told", [ORGANISATION, ORGANISATION[:15]])
def test_the_organisation_is_known_by_its_long_and_its_short_id(told: str, secret: str) -> None:
    CONNECTOR.verify(delivery(message(CREATED, organisation=told)), ACCOUNT, ["00D000000000001AAA", secret])


@given(st.integers(0, len(ORGANISATION) * 8 - 1))
def test_one_bit_of_the_organisation_makes_the_difference(bit: int) -> None:
    flipped = bytearray(MESSAGE)
    flipped[MESSAGE.index(ORGANISATION.encode()) + bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(bytes(flipped)), ACCOUNT, [ORGANISATION])


@pytest.mark.parametrize(
    "body", [message(CREATED, organisation=""), b"", b"{}", b"<a/>", b'{"organisation": 1, "changes": []}']
)
@pytest.mark.parametrize("secret", [ORGANISATION, "", "a password"])
def test_who_does_not_say_whose_it_is_is_not_taken(body: bytes, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(body), ACCOUNT, [secret])


# Whatever comes.

BOMB = b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">%s]>' % b"".join(
    b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(ord("a"), ord("j"))
)
DECLARED = MESSAGE.index(b"<soapenv:Envelope")


@pytest.mark.parametrize(
    "body",
    [
        MESSAGE[:DECLARED] + BOMB + MESSAGE[DECLARED:].replace(b"External Referral", b"&j;"),
        MESSAGE[:DECLARED] + BOMB + MESSAGE[DECLARED:].replace(b'xsi:type="sf:Opportunity"', b'xsi:type="&j;"'),
        MESSAGE[:DECLARED] + b"<!DOCTYPE m>" + MESSAGE[DECLARED:],
        MESSAGE[:DECLARED]
        + b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + MESSAGE[DECLARED:].replace(b"External Referral", b"&x;"),
        MESSAGE[:DECLARED] + b'<!DOCTYPE m SYSTEM "http://127.0.0.1:1/m.dtd">' + MESSAGE[DECLARED:],
        b"<a>" * 100_000,
        MESSAGE[:-20],
    ],
    ids=["bomb", "bomb in an attribute", "doctype", "file", "outside", "deep", "cut"],
)
def test_xml_that_does_harm_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        ORG.read(delivery(body))
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(body), ACCOUNT, [ORGANISATION])


@given(st.data())
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["Opportunity", "Lead", "Task", "Case", ""]))
    example = {"Opportunity": WON, "Lead": LEAD_CREATED, "Task": TASK_DONE}.get(kind, CREATED)
    texts = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20)
    odd = st.sampled_from(["true", "1e999", "NaN", "-1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", DEAL])
    changes = data.draw(st.dictionaries(st.sampled_from(list(example)), texts | odd, max_size=3))
    try:
        body = message({**example, **changes}, kind=kind)
    except ValueError:  # no XML can hold it
        return
    read_or_told(ORG, body)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    for each in (body, MESSAGE[:600] + body, MESSAGE.replace(b"Prospecting", body)):
        read_or_told(ORG, each)


def test_nobody_is_named_in_what_goes_on() -> None:
    held = held_by(ORG.read(delivery(MESSAGE)))
    assert [name for name in ("Ada", "Exemple", "ada.exemple", "99 00 12", "0015w00002BFDeL") if name in held] == []


# Change events.


def change_event(kind: str, change: str, *ids: str, at: str = "03T08:00", **rest: Any) -> dict[str, Any]:
    moment = datetime.fromisoformat(f"2026-11-{at}:00+00:00")
    header = {
        "entityName": kind,
        "changeType": change,
        "commitTimestamp": int(moment.timestamp() * 1000),
        "recordIds": list(ids),
        "changedFields": rest.pop("changed", []),
    }
    return {"ChangeEventHeader": header, **rest}


def changes(*events: dict[str, Any]) -> dict[str, Any]:
    return {"organisation": ORGANISATION, "changes": list(events)}


HANDOVER = change_event("Opportunity", "UPDATE", DEAL, OwnerId=BOB, changed=["OwnerId", "LastModifiedDate"])


def test_a_change_event_tells_the_new_owner_and_has_the_record_asked_for() -> None:
    CONNECTOR.verify(delivery(changes(HANDOVER)), ACCOUNT, [ORGANISATION])
    reading = ORG.read(delivery(changes(HANDOVER)))
    assert reading.wanted == (Wanted("Opportunity", DEAL),)
    # Between two outbound messages it was handed to Bob and to Cleo: only change events tell that Bob had it.
    latest = {**WON, "OwnerId": CLEO, "SystemModstamp": "2026-11-08T08:00:00.000Z"}
    for engine in in_every_order(ORG, [*read(CREATED, latest), reading]):
        assert counted(engine, "rep")["leads", "ana", 2] == 1


def test_equal_changes_of_many_records_are_one_event_and_gaps_are_asked_for() -> None:
    other = "0065w000023STAnAAO"
    bulk = {**HANDOVER, "ChangeEventHeader": {**HANDOVER["ChangeEventHeader"], "recordIds": [DEAL, other]}}
    gap = change_event("Lead", "GAP_UPDATE", LEAD)
    overflow = change_event("Lead", "GAP_OVERFLOW", "000000000000000AAA")
    wildcard = change_event("Opportunity", "UPDATE", "006*")
    reading = ORG.read(delivery(changes(bulk, gap, overflow, wildcard, HANDOVER)))
    assert reading.wanted == (
        Wanted("Opportunity", DEAL),
        Wanted("Opportunity", full_id(other)),
        Wanted("Lead", full_id(LEAD)),
    )
    assert {said.subject for said in reading.said} == {DEAL, full_id(other)}
    assert "cadran connectors sync" in reading.ignored


def test_a_record_that_is_brought_back_counts_again() -> None:
    (deleted,) = read({**CREATED, "IsDeleted": "true", "SystemModstamp": "2026-11-03T07:00:00.000Z"})
    back = ORG.read(delivery(changes(change_event("Opportunity", "UNDELETE", DEAL))))
    for engine in in_every_order(ORG, [*read(CREATED), deleted]):
        assert counted(engine, "all") == {}
    for engine in in_every_order(ORG, [*read(CREATED), deleted, back]):
        assert counted(engine, "all") == {("leads", "", 2): 1}


@given(st.one_of(anything, mutated(changes(HANDOVER, change_event("Task", "CREATE", TASK)))))
def test_whatever_change_comes_is_read_or_refused(body: object) -> None:
    read_or_told(ORG, body)


# The API.

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def api_time(told: str) -> str:
    """As the API writes it: without a colon in the offset."""
    return told.replace("Z", "+0000")


def as_record(kind: str, fields: Mapping[str, str], **more: Any) -> dict[str, Any]:
    typed = {
        name: {"true": True, "false": False}.get(value, float(value) if name == "Amount" else value)
        for name, value in fields.items()
    }
    times = {name: api_time(value) for name, value in fields.items() if re.match(r"2026-.*Z$", value)}
    return {"attributes": {"type": kind}, "IsDeleted": False, **typed, **times, **more}


def stage(at: str, name: str, of: str = DEAL) -> dict[str, Any]:
    return {"attributes": {}, "OpportunityId": of, "StageName": name, "CreatedDate": f"2026-11-{at}:00.000+0000"}


def owner(at: str, old: str, new: str) -> dict[str, Any]:
    return {
        "attributes": {},
        "OpportunityId": DEAL,
        "OldValue": old,
        "NewValue": new,
        "CreatedDate": f"2026-11-{at}:00.000+0000",
    }


STAGES = [
    stage("02T08:00", "Prospecting"),
    stage("05T08:00", "Closed Won"),
    stage("05T09:00", "Closed Won"),  # its amount changed
    stage("06T08:00", "Negotiation"),
    stage("09T08:00", "Closed Lost"),
]
OWNERS = [owner("03T08:00", "Ana Exemple", "Bob Exemple"), owner("03T08:00", ANA, BOB)]
NO_STAGE_DATE = {name: value for name, value in LOST.items() if name != "LastStageChangeDate"}
MANY = [
    as_record(
        "Opportunity",
        CREATED,
        Id=full_id(f"0065w0000{number:06}"),
        SystemModstamp=f"2026-11-10T08:{number // 90:02}:00.000+0000",
    )
    for number in range(450)
]


class Org:
    """What Salesforce would answer to the queries that are asked; tokens last for as long as `lasts` requests."""

    def __init__(self, lasts: int = 1000) -> None:
        self.lasts = lasts
        self.logins = 0
        self.asked_with_token = 0
        self.queries: list[str] = []

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            if b"client_secret=wrong" in asked.body:
                return Answer({"error": "invalid_client"}, 400)
            assert b"grant_type=client_credentials" in asked.body
            self.logins += 1
            self.asked_with_token = 0
            return Answer({"access_token": f"token-{self.logins}", "token_type": "Bearer"})
        self.asked_with_token += 1
        if asked.headers.get("Authorization") != f"Bearer token-{self.logins}" or self.asked_with_token > self.lasts:
            return Answer([{"errorCode": "INVALID_SESSION_ID"}], 401)
        if asked.path.endswith("/more"):
            return self.answer(STAGES[2:])
        return self.query(asked.query["q"])

    def query(self, query: str) -> Answer:
        self.queries.append(query)
        records = [as_record("Opportunity", NO_STAGE_DATE), *MANY]
        match re.search(r"FROM (\w+)", query)[1]:  # type: ignore[index]
            case "OpportunityHistory" if DEAL in query:
                return Answer(
                    {"records": STAGES[:2], "done": False, "nextRecordsUrl": "/services/data/v62.0/query/more"}
                )
            case "OpportunityFieldHistory" if DEAL in query:
                return self.answer(OWNERS)
            case "Opportunity":
                return self.answer(self.selected(records, query))
            case "Lead":
                gone = {**LEAD_CREATED, "Id": "00Q5w00001AbcdfEAB"}
                leads = [as_record("Lead", LEAD_CREATED), as_record("Lead", gone, IsDeleted=True, MasterRecordId=LEAD)]
                return self.answer(self.selected(leads, query))
            case "Task":
                return self.answer(self.selected([as_record("Task", TASK_DONE)], query))
        return self.answer([])

    def selected(self, records: Sequence[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        """The records of one of the three kinds of conditions that are asked for."""
        if by_id := re.search(r"WHERE Id = '(\w+)'", query):
            return [record for record in records if record["Id"] == by_id[1]]
        ordered = sorted(records, key=lambda record: (record["SystemModstamp"], record["Id"]))
        after = re.search(r"SystemModstamp > (\S+) OR \(SystemModstamp = \1 AND Id > '(\w+)'\)", query)
        if after:
            place = (api_time(after[1]), after[2])
            return [record for record in ordered if (record["SystemModstamp"], record["Id"]) > place][:200]
        assert "SystemModstamp >= 2026-11-01T00:00:00.000Z" in query
        return ordered[:200]

    @staticmethod
    def answer(records: Sequence[object]) -> Answer:
        return Answer({"records": records, "done": True, "totalSize": len(records)})


async def without_waiting(_: float) -> None:
    """Time is not what these tests are about."""


def open_api(url: str, client: str = "client:secret") -> VendorApi:
    assert CONNECTOR.terms is not None
    terms = CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=url), client)
    return VendorApi("Salesforce", terms, sleep=without_waiting, timeout=0.5)


async def pulled(url: str, cursor: str = "", most: int | None = None) -> list[Page]:
    assert CONNECTOR.pages is not None
    found: list[Page] = []
    async with open_api(url) as api:
        async for page in CONNECTOR.pages(api, SINCE, cursor, ACCOUNT, ORG.names):
            found.append(page)
            if len(found) == most:
                break
    return found


def said_by(pages: Sequence[Page]) -> set[Said]:
    return {said for page in pages for reading in page.readings for said in reading.said}


async def test_a_pull_gives_every_record_once_by_pages_that_do_not_overlap() -> None:
    with running_vendor(Org()) as vendor:
        pages = await pulled(vendor.url)
    opportunities = [reading for page in pages for reading in page.readings if reading.topic == "Opportunity"]
    assert len(opportunities) == 451
    created = [said.subject for said in said_by(pages) if said.type == "lead.created"]
    assert len(created) == len(set(created)) == 452
    assert pages[-1].cursor == ""


async def test_a_pull_interrupted_after_any_page_goes_on_to_the_same_end() -> None:
    with running_vendor(Org()) as vendor:
        whole = await pulled(vendor.url)
        for most in range(1, len(whole)):
            begun = await pulled(vendor.url, most=most)
            assert said_by([*begun, *await pulled(vendor.url, begun[-1].cursor)]) == said_by(whole)


async def test_a_pull_bears_refusals_failures_silence_hanging_up_and_tokens_that_end() -> None:
    with running_vendor(Org()) as vendor:
        whole = await pulled(vendor.url)
        vendor.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS, Trouble.HANGS_UP, Trouble.NO_JSON])
        assert await pulled(vendor.url) == whole
    org = Org(lasts=2)
    with running_vendor(org) as vendor:
        assert await pulled(vendor.url) == whole
    assert org.logins > 2


async def test_a_pull_tells_the_past_of_an_opportunity_whatever_was_missed() -> None:
    with running_vendor(Org()) as vendor:
        pages = await pulled(vendor.url)
    only_pulled = Reading("", tuple(said for said in said_by(pages) if said.subject == DEAL))
    story = read(CREATED, HANDED_ON, WON, REOPENED, LOST)
    for readings in ([only_pulled], [*story, only_pulled], [only_pulled, *story[:3]]):
        assert folded(readings, "rep") == THE_STORY
    contacts = {said for said in said_by(pages) if said.type == "customer.contacted"}
    assert contacts == set(read(TASK_DONE, kind="Task")[0].said)


async def test_merged_leads_count_once() -> None:
    with running_vendor(Org()) as vendor:
        pages = await pulled(vendor.url)
    leads = Reading("", tuple(said for said in said_by(pages) if said.subject.startswith("00Q")))
    gone = read({**LEAD_CREATED, "Id": "00Q5w00001AbcdfEAB"}, kind="Lead")
    assert folded([*gone, leads], "all") == {("leads", "", 1): 1}


async def test_a_record_that_a_message_names_is_asked_for_with_its_history() -> None:
    assert CONNECTOR.fetch is not None
    (missed_all_but_the_end,) = read(LOST)
    with running_vendor(Org()) as vendor:
        async with open_api(vendor.url) as api:
            (wanted,) = missed_all_but_the_end.wanted
            reading = await CONNECTOR.fetch(api, wanted, ACCOUNT, ORG.names)
            with pytest.raises(CadranError):
                await CONNECTOR.fetch(api, Wanted("Opportunity", "' OR Id != '"), ACCOUNT, ORG.names)
            with pytest.raises(CadranError):
                await CONNECTOR.fetch(api, Wanted("User", ANA), ACCOUNT, ORG.names)
    assert folded([missed_all_but_the_end, reading], "rep") == THE_STORY


async def test_who_cannot_log_in_is_told_so() -> None:
    with running_vendor(Org()) as vendor:
        async with open_api(vendor.url, "client:wrong") as api:
            with pytest.raises(Forbidden, match="token_file"):
                await api.get("/services/data/v62.0/queryAll/", q="SELECT Id FROM Lead")


@pytest.mark.parametrize(
    ("api", "token", "field"), [("", "client:secret", "api"), ("https://x", "client", "token_file")]
)
def test_what_is_missing_for_the_api_is_named(api: str, token: str, field: str) -> None:
    assert CONNECTOR.terms is not None
    with pytest.raises(ConfigurationError) as told:
        CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=api), token)
    assert told.value.field == field


async def test_an_organisation_of_several_currencies_has_them_asked_for_and_addresses_only_where_they_are_wanted() -> (
    None
):
    org = Org()
    account = msgspec.structs.replace(ACCOUNT, currency="", customers="email")
    with running_vendor(org) as vendor:
        assert CONNECTOR.pages is not None
        async with open_api(vendor.url) as api:
            async for _ in CONNECTOR.pages(api, SINCE, "", account, ORG.names):
                pass
        by_default = len(org.queries)
        await pulled(vendor.url)
    assert any("CurrencyIsoCode" in query for query in org.queries[:by_default])
    assert any("Email" in query for query in org.queries[:by_default])
    assert not any("CurrencyIsoCode" in query or "Email" in query for query in org.queries[by_default:])
