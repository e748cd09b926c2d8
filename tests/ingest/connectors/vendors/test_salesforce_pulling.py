"""Salesforce's API: what it lists comes to what the messages came to, and tells what they did not."""

from collections.abc import Sequence

import msgspec
import pytest

from services.common.errors import CadranError, ConfigurationError, Forbidden
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Said, Wanted
from services.ingest.connectors.vendors.salesforce import CONNECTOR
from tests.ingest.connectors.vendors.salesforce_org import OWNERS, SINCE, STAGES, Org, owner
from tests.ingest.connectors.vendors.salesforce_story import (
    ACCOUNT,
    ANA,
    BOB,
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
    read,
)
from tests.support.pulling import TIMEOUT, at_once, pages_of, said_in
from tests.support.stories import in_every_order
from tests.support.vendor_server import Answer, Trouble, VendorServer, running_vendor


def open_api(url: str, client: str = "client:secret") -> VendorApi:
    assert CONNECTOR.terms is not None
    terms = CONNECTOR.terms(msgspec.structs.replace(ACCOUNT, api=url), client)
    return VendorApi("Salesforce", terms, sleep=at_once, timeout=TIMEOUT)


def pulled_from(vendor: VendorServer, cursor: str = "", most: int = 1000) -> list[Page]:
    account = msgspec.structs.replace(ACCOUNT, api=vendor.url)
    return pages_of(ORG._replace(account=account), SINCE, cursor, most, token="client:secret")


def said_of(pages: Sequence[Page]) -> set[Said]:
    return set(said_in(pages))


def test_a_pull_gives_every_record_once_by_pages_that_do_not_overlap() -> None:
    with running_vendor(Org()) as vendor:
        pages = pulled_from(vendor)
    opportunities = [reading for page in pages for reading in page.readings if reading.topic == "Opportunity"]
    assert len(opportunities) == 451
    created = [said.subject for said in said_of(pages) if said.type == "lead.created"]
    assert len(created) == len(set(created)) == 452
    assert pages[-1].cursor == ""


class OrgWithABrokenHistory(Org):
    def query(self, query: str) -> Answer:
        if "FROM OpportunityHistory" in query and DEAL in query:
            return self.answer([*STAGES, {"OpportunityId": DEAL, "StageName": "Prospecting", "CreatedDate": None}])
        return super().query(query)


def test_a_record_whose_history_cannot_be_read_is_told_and_keeps_none_of_the_others_back() -> None:
    with running_vendor(OrgWithABrokenHistory()) as vendor:
        pages = pulled_from(vendor)
    (why,) = [reading.refused for page in pages for reading in page.readings if reading.refused]
    assert why.startswith("CreatedDate:")
    assert len([said for said in said_of(pages) if said.type == "lead.created"]) == 451


def test_a_pull_interrupted_after_any_page_goes_on_to_the_same_end() -> None:
    with running_vendor(Org()) as vendor:
        whole = pulled_from(vendor)
        for most in range(1, len(whole)):
            begun = pulled_from(vendor, most=most)
            assert said_of([*begun, *pulled_from(vendor, begun[-1].cursor)]) == said_of(whole)


def test_a_pull_bears_refusals_failures_silence_hanging_up_and_tokens_that_end() -> None:
    with running_vendor(Org()) as vendor:
        whole = pulled_from(vendor)
        vendor.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS, Trouble.HANGS_UP, Trouble.NO_JSON])
        assert pulled_from(vendor) == whole
    org = Org(lasts=2)
    with running_vendor(org) as vendor:
        assert pulled_from(vendor) == whole
    assert org.logins > 2


def test_a_pull_tells_the_past_of_an_opportunity_whatever_was_missed() -> None:
    with running_vendor(Org()) as vendor:
        pages = pulled_from(vendor)
    only_pulled = Reading("", tuple(said for said in said_of(pages) if said.subject == DEAL))
    story = read(CREATED, HANDED_ON, WON, REOPENED, LOST)
    for readings in ([only_pulled], [*story, only_pulled], [only_pulled, *story[:3]]):
        assert folded(readings, "rep") == THE_STORY
    contacts = {said for said in said_of(pages) if said.type == "customer.contacted"}
    assert contacts == set(read(TASK_DONE, kind="Task")[0].said)


async def test_what_was_handed_to_a_queue_is_nobodys_by_its_history_too() -> None:
    assert CONNECTOR.fetch is not None
    org = Org(deal=LOST_BY_NOBODY, owners=[*OWNERS, owner("07T08:00", BOB, QUEUE)])
    with running_vendor(org) as vendor:
        async with open_api(vendor.url) as api:
            pulled = await CONNECTOR.fetch(api, Wanted("Opportunity", DEAL), ACCOUNT, ORG.names)
    for readings in ([pulled], [*read(CREATED, HANDED_ON, LEFT, LOST_BY_NOBODY), pulled]):
        for engine in in_every_order(ORG, readings):
            assert counted(engine, "rep") == NOBODYS_LOSS


def test_merged_leads_count_once() -> None:
    with running_vendor(Org()) as vendor:
        pages = pulled_from(vendor)
    leads = Reading("", tuple(said for said in said_of(pages) if said.subject.startswith("00Q")))
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


def test_currencies_and_addresses_are_asked_for_only_where_they_are_wanted() -> None:
    org = Org()
    with running_vendor(org) as vendor:
        pulled_from(vendor)
        usual = len(org.queries)
        several = msgspec.structs.replace(ACCOUNT, api=vendor.url, currency="", customers="email")
        pages_of(ORG._replace(account=several), SINCE, token="client:secret")
    assert not any("CurrencyIsoCode" in query or "Email" in query for query in org.queries[:usual])
    assert any("CurrencyIsoCode" in query for query in org.queries[usual:])
    assert any("Who.Email" in query for query in org.queries[usual:])
