"""Salesforce's API, as it may be asked in SOQL."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.ingest.connectors.vendors.salesforce.payloads import full_id
from tests.ingest.connectors.vendors.salesforce_story import (
    ANA,
    BOB,
    CREATED,
    DEAL,
    LEAD,
    LEAD_CREATED,
    LOST,
    TASK_DONE,
)
from tests.support.vendor_server import Answer, Asked

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

    def __init__(
        self,
        lasts: int = 1000,
        deal: Mapping[str, str] = NO_STAGE_DATE,
        stages: Sequence[dict[str, Any]] = STAGES,
        owners: Sequence[dict[str, Any]] = OWNERS,
    ) -> None:
        self.owners = owners
        self.deal = deal
        self.stages = stages
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
            return self.answer(self.stages[2:])
        return self.query(asked.query["q"])

    def query(self, query: str) -> Answer:
        self.queries.append(query)
        records = [as_record("Opportunity", self.deal), *MANY]
        match re.search(r"FROM (\w+)", query)[1]:  # type: ignore[index]
            case "OpportunityHistory" if DEAL in query:
                return Answer(
                    {"records": self.stages[:2], "done": False, "nextRecordsUrl": "/services/data/v62.0/query/more"}
                )
            case "OpportunityFieldHistory" if DEAL in query:
                return self.answer(self.owners)
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
