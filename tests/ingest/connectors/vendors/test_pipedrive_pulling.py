"""Pipedrive's API: what it lists comes to what the webhooks came to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from services.common.errors import Unavailable
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Said, Wanted
from services.ingest.connectors.vendors.pipedrive import CONNECTOR
from services.ingest.connectors.vendors.pipedrive.payloads import Change, Deal
from services.ingest.connectors.vendors.pipedrive.reading import of_deal, with_history
from tests.ingest.connectors.vendors.pipedrive_story import (
    ACCOUNT,
    COMPANY,
    CREATED,
    HANDED_ON,
    LOST,
    REOPENED,
    SOURCE_FIELD,
    WON,
    counted,
    example,
    read,
    told,
)
from tests.support.engine import Engine
from tests.support.pulling import at_once, pages_of, said_in
from tests.support.stories import SECRET, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

CHANGES = [
    {"field_key": "value", "old_value": "0", "new_value": "100", "time": "2026-11-02 08:00:00", "actor_user_id": 1},
    {"field_key": "user_id", "old_value": "901", "new_value": "902", "time": "2026-11-03 08:00:00", "actor_user_id": 1},
    {"field_key": "status", "old_value": "open", "new_value": "won", "time": "2026-11-05 08:00:00"},
    {"field_key": "status", "old_value": "won", "new_value": "open", "time": "2026-11-06 08:00:00"},
    {"field_key": "status", "old_value": "open", "new_value": "lost", "time": "2026-11-09 08:00:00"},
]
LEAD = example("change_lead")["data"]
ACTIVITY = example("change_activity")["data"]
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


class Company:
    """What Pipedrive would answer: deals by pages of two, leads by offset, one changelog."""

    deals: Sequence[Mapping[str, Any]] = [
        {**CREATED["data"], "id": 44, "value": 1.005},  # finer than its currency: it must not hold up the others
        *({**LOST["data"], "id": number} for number in (41, 42, 43)),
        {**CREATED["data"], "id": 45, "is_deleted": True},
    ]
    leads: Sequence[Mapping[str, Any]] = [
        {**LEAD, "id": "unread", "add_time": "yesterday"},
        *(
            {**LEAD, "id": f"{number}", SOURCE_FIELD: 17, "update_time": SINCE + timedelta(days=19, hours=-3 * number)}
            for number in range(205)
        ),
    ]

    def __call__(self, asked: Asked) -> Answer:
        assert asked.headers["x-api-token"] == SECRET
        match asked.path.removeprefix("/api/").split("/"):
            case ["v2", "deals"]:
                assert asked.query["updated_since"] == "2026-11-01T00:00:00Z"
                at = int(asked.query.get("cursor", "0"))
                return listed(self.deals[at : at + 2], str(at + 2) if at + 2 < len(self.deals) else None)
            case ["v2", "deals", number] if number != "archived":
                found = [deal for deal in self.deals if str(deal["id"]) == number]
                return Answer({"data": found[0]}) if found else Answer({}, 404)
            case ["v1", "deals", _, "changelog"]:
                at = int(asked.query.get("cursor", "0"))
                return listed(CHANGES[::-1][at : at + 3], "3" if at == 0 else None)
            case ["v1", "leads"]:
                assert asked.query["sort"] == "update_time DESC"
                start, limit = int(asked.query["start"]), int(asked.query["limit"])
                return listed(self.leads[start : start + limit], None)
            case ["v2", "activities"]:
                return listed([ACTIVITY, {**ACTIVITY, "done": False}], None)
        return listed([], None)


def listed(data: Sequence[object], following: str | None) -> Answer:
    return Answer({"success": True, "data": data, "additional_data": {"next_cursor": following}})


def pulled_from(vendor: VendorServer, cursor: str = "", most: int = 1000) -> list[Page]:
    account = msgspec.structs.replace(ACCOUNT, api=vendor.url)
    return pages_of(COMPANY._replace(account=account), SINCE, cursor, most)


def said_of(pages: Sequence[Page]) -> set[Said]:
    return set(said_in(pages))


def test_a_pull_interrupted_after_any_page_goes_on_to_the_same_end() -> None:
    with running_vendor(Company()) as vendor:
        whole = pulled_from(vendor)
        assert whole[-1].cursor == ""
        for most in range(1, len(whole)):
            begun = pulled_from(vendor, most=most)
            rest = pulled_from(vendor, begun[-1].cursor)
            assert said_of([*begun, *rest]) == said_of(whole)


def test_a_pull_bears_refusals_failures_silence_and_hanging_up() -> None:
    with running_vendor(Company()) as vendor:
        whole = pulled_from(vendor)
        vendor.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS, Trouble.HANGS_UP, Trouble.NO_JSON])
        assert pulled_from(vendor) == whole
        vendor.troubles.extend([Trouble.FAILS] * 100)
        with pytest.raises(Unavailable):
            pulled_from(vendor)


async def test_a_pull_waits_for_as_long_as_it_is_told_to() -> None:
    refused = [Answer({}, 429, {"X-RateLimit-Reset": "7"})]
    company = Company()
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    assert CONNECTOR.terms is not None
    with running_vendor(lambda asked: refused.pop() if refused else company(asked)) as vendor:
        terms = CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=vendor.url), SECRET)
        async with VendorApi("Pipedrive", terms, sleep=wait) as api:
            await api.get("/api/v2/deals/41")
    assert [seconds for seconds in waited if seconds >= 1] == [7]


def test_a_pull_gives_what_the_webhooks_gave_and_adds_nothing_to_the_numbers() -> None:
    with running_vendor(Company()) as vendor:
        pages = pulled_from(vendor)
    story = read(CREATED, HANDED_ON, WON, REOPENED, LOST, example("change_activity"))
    webhooks = {said for reading in story for said in reading.said}
    of_this_deal = {said for said in said_of(pages) if said.subject == "deal/41"}
    latest = {said for said in webhooks if said.type in ("lead.created", "lead.closed") and said.time.day in (2, 9)}
    assert max(latest, key=lambda said: said.data.revision) in of_this_deal  # type: ignore[attr-defined]
    assert {said for said in webhooks if said.type == "customer.contacted"} <= said_of(pages)
    assert {said for said in webhooks if said.type == "lead.reopened"} <= of_this_deal
    only_pulled = Reading("deal", tuple(of_this_deal))
    for readings in ([only_pulled], [*story, only_pulled], [only_pulled, *story[::-1]]):
        engine = Engine()
        COMPANY.feed(readings, engine)
        engine.run(Random(3))
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            ("lost", "bob", 9): 1,
            ("lost_amount_minor", "bob", 9): 130_000,
        }


def test_one_object_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    with running_vendor(Company()) as vendor:
        pages = pulled_from(vendor)
    refused = [reading.refused for page in pages for reading in page.readings if reading.refused]
    assert len([why for why in refused if "finer than EUR" in why]) == 1
    assert {said.subject for said in said_of(pages)} >= {"deal/41", "deal/42", "deal/43"}
    assert "deal/45" not in {said.subject for said in said_of(pages)}


def test_leads_are_read_back_to_the_time_that_was_asked_for() -> None:
    with running_vendor(Company()) as vendor:
        pages = pulled_from(vendor)
    found = [said for said in said_of(pages) if said.type == "lead.created" and said.subject.startswith("lead/")]
    assert len(found) == 153  # one every three hours of 19 days, both ends among them
    assert {said.data.source for said in found} == {"fair"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("told", "loser"), [({"new_value": None}, "unassigned"), ({"new_value": "Cleo Exemple"}, "bob")]
)
async def test_a_changelog_tells_that_a_deal_is_nobodys_and_not_who_a_name_is(
    told: Mapping[str, Any], loser: str
) -> None:
    owners = [
        {"field_key": "user_id", "old_value": "901", "new_value": "902", "time": "2026-11-03 08:00:00"},
        {"field_key": "user_id", "old_value": "902", "time": "2026-11-07 08:00:00", **told},
    ]
    deal = of_deal(msgspec.convert(LOST["data"], Deal, strict=False), ACCOUNT, COMPANY.names)
    said = tuple(with_history(deal, msgspec.convert(owners, list[Change], strict=False), COMPANY.names))
    for engine in in_every_order(COMPANY, [*read(CREATED, HANDED_ON), Reading("deal", said)]):
        assert counted(engine, "rep")["lost", loser, 9] == 1


async def test_a_win_has_the_deals_history_asked_for() -> None:
    assert read(WON)[0].wanted == (Wanted("deal", "41"),)
    assert read(CREATED, HANDED_ON)[1].wanted == ()
    assert CONNECTOR.terms is not None
    assert CONNECTOR.fetch is not None
    with running_vendor(Company()) as vendor:
        terms = CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=vendor.url), SECRET)
        async with VendorApi("Pipedrive", terms, sleep=at_once) as api:
            reading = await CONNECTOR.fetch(api, Wanted("deal", "41"), ACCOUNT, COMPANY.names)
    # The webhooks of the creation and of the handover were missed: by the win alone it would all be Bob's.
    assert told(WON, cut="rep")["leads", "bob", 2] == 1
    engine = Engine()
    COMPANY.feed([*read(WON), reading], engine)
    engine.run(Random(1))
    assert counted(engine, "rep")["leads", "ana", 2] == 1
