"""Salesforce's change events, as they are handed on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.salesforce import CONNECTOR
from services.ingest.connectors.vendors.salesforce.payloads import full_id
from tests.ingest.connectors.vendors.salesforce_org import STAGES, Org
from tests.ingest.connectors.vendors.salesforce_story import (
    ACCOUNT,
    ANA,
    BOB,
    CLEO,
    CREATED,
    DEAL,
    LEAD,
    LOST,
    LOST_BY_NOBODY,
    NOBODYS_LOSS,
    ORG,
    ORGANISATION,
    QUEUE,
    REOPENED,
    TASK,
    THE_STORY,
    WON,
    counted,
    read,
)
from tests.support.any_json import ANY_BODY, mutated, reading_of
from tests.support.pulling import TIMEOUT, at_once
from tests.support.stories import delivery, in_every_order
from tests.support.vendor_server import running_vendor


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


def test_a_record_that_is_handed_on_before_it_is_asked_for_was_its_first_owners() -> None:
    created = change_event("Opportunity", "CREATE", DEAL, OwnerId=ANA, CreatedDate=1793606400000, at="02T08:00")
    as_asked_for = {**CREATED, "OwnerId": BOB, "SystemModstamp": "2026-11-03T08:00:00.000Z"}
    readings = [ORG.read(delivery(changes(created, HANDOVER))), *read(as_asked_for)]
    for engine in in_every_order(ORG, readings):
        assert counted(engine, "rep") == {("leads", "ana", 2): 1}
        assert counted(engine, "owner")["leads", "bob", 2] == 1


def test_what_is_handed_to_a_queue_before_it_is_lost_is_nobodys_loss() -> None:
    left = change_event("Opportunity", "UPDATE", DEAL, at="07T08:00", OwnerId=QUEUE, changed=["OwnerId"])
    readings = [ORG.read(delivery(changes(each))) for each in (HANDOVER, left)]
    for engine in in_every_order(ORG, [*readings, *read(CREATED, LOST)]):
        assert counted(engine, "rep") == THE_STORY  # as the message of the loss has it
    for engine in in_every_order(ORG, [*readings, *read(CREATED, LOST_BY_NOBODY)]):
        assert counted(engine, "rep") == NOBODYS_LOSS


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


def test_of_a_task_only_the_record_says_anything_and_of_other_things_nothing_does() -> None:
    task = change_event("Task", "UPDATE", "00T5w00001AbCdEEAV", OwnerId=BOB, changed=["OwnerId"])
    other = change_event("Invoice__c", "UPDATE", "a005w00001AbCdEAAV", OwnerId=BOB)
    reading = ORG.read(delivery(changes(task, other)))
    assert reading.wanted == (Wanted("Task", "00T5w00001AbCdEEAV"),)
    assert (reading.said, reading.ignored) == ((), "Invoice__c does not count")


WINS = {("won", "", 5): 1, ("won_amount_minor", "", 5): 130_000}
LOSES = {("lost", "", 21): 1, ("lost_amount_minor", "", 21): 130_000}


@pytest.mark.parametrize(
    ("deal", "stages", "expected"), [(CREATED, 1, {}), (WON, 3, WINS), (REOPENED, 4, {}), (LOST, 5, LOSES)]
)
async def test_a_record_that_is_brought_back_stands_as_before(
    deal: Mapping[str, str], stages: int, expected: Mapping[tuple[str, str, int], int]
) -> None:
    assert CONNECTOR.fetch is not None
    assert CONNECTOR.terms is not None
    (deleted,) = read({**deal, "IsDeleted": "true", "SystemModstamp": "2026-11-20T08:00:00.000Z"})
    back = ORG.read(delivery(changes(change_event("Opportunity", "UNDELETE", DEAL, at="21T08:00"))))
    now = {**deal, "SystemModstamp": "2026-11-21T08:00:00.000Z"}
    with running_vendor(Org(deal=now, stages=STAGES[:stages])) as vendor:
        terms = CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=vendor.url), "client:secret")
        async with VendorApi("Salesforce", terms, sleep=at_once, timeout=TIMEOUT) as api:
            (wanted,) = back.wanted
            completed = await CONNECTOR.fetch(api, wanted, ACCOUNT, ORG.names)
    for engine in in_every_order(ORG, [*read(CREATED, deal), deleted]):
        assert counted(engine, "all") == {}
    for engine in in_every_order(ORG, [*read(CREATED, deal), deleted, back, completed]):
        assert counted(engine, "all") == {("leads", "", 2): 1, **expected}


@given(st.one_of(ANY_BODY, mutated(changes(HANDOVER, change_event("Task", "CREATE", TASK)))))
def test_whatever_change_comes_is_read_or_refused(body: object) -> None:
    reading_of(ORG, body)
