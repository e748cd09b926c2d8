"""Salesforce: what its outbound messages say, in any order."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from lxml import etree

from services.common.errors import Invalid
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.salesforce import CONNECTOR
from tests.ingest.connectors.vendors.salesforce_story import (
    ACCOUNT,
    ANA,
    CLEO,
    CREATED,
    DEAL,
    HANDED_ON,
    LEAD_CREATED,
    LEFT,
    LOST,
    LOST_BY_NOBODY,
    NOBODYS_LOSS,
    ORG,
    QUEUE,
    REOPENED,
    TASK_DONE,
    THE_STORY,
    WON,
    counted,
    folded,
    message,
    read,
)
from tests.support.stories import Teller, delivery, in_every_order


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


def test_what_is_handed_to_a_queue_and_then_lost_is_nobodys_loss() -> None:
    for engine in in_every_order(ORG, read(CREATED, HANDED_ON, LEFT, LOST_BY_NOBODY)):
        assert counted(engine, "rep") == NOBODYS_LOSS


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


def test_a_task_that_is_done_is_a_contact() -> None:
    (reading,) = read(TASK_DONE, kind="Task")
    (said,) = reading.said
    assert (said.type, said.subject) == ("customer.contacted", ORG.names.customer("0035w000035gg9GAAQ"))
    assert said.time == datetime(2026, 11, 4, 10, 15, tzinfo=UTC)
    assert msgspec.to_builtins(said.data)["medium"] == "call"
    for not_yet in ({"Status": "Open"}, {"IsClosed": "false"}, {"WhoId": ""}):
        assert read({**TASK_DONE, **not_yet}, kind="Task")[0].said == ()


def test_what_a_queue_did_nobody_is_said_to_have_done() -> None:
    (reading,) = read({**TASK_DONE, "OwnerId": QUEUE}, kind="Task")
    assert [said.data.rep_id for said in reading.said] == [None]  # type: ignore[attr-defined]


def test_other_objects_are_ignored() -> None:
    (reading,) = read(CREATED, kind="Case")
    assert (reading.said, reading.ignored) == ((), "Case does not count")


def test_salesforce_is_told_that_its_message_has_come_as_it_wants_to_be() -> None:
    assert CONNECTOR.acknowledgement.media_type.startswith("text/xml")
    root = etree.fromstring(CONNECTOR.acknowledgement.body)
    assert root.findtext(".//{http://soap.sforce.com/2005/09/outbound}Ack") == "true"
