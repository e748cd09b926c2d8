"""Pulling from HubSpot: nothing is lost, however its API behaves."""

from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given

from services.common.errors import CadranError, Forbidden, NotFound
from services.ingest.connectors.connector import Reading, Wanted
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount
from services.ingest.connectors.vendors.hubspot.activities import contacted, uncounted
from services.ingest.connectors.vendors.hubspot.by_object import Life
from services.ingest.connectors.vendors.hubspot.payloads import Object, ObjectsPage
from tests.ingest.connectors.vendors.hubspot_crm import (
    LOST,
    OBJECTS,
    SINCE,
    contacts_said,
    hubspot,
    teller,
    won_and_lost,
)
from tests.support.any_json import mutated
from tests.support.engine import Engine
from tests.support.pulling import all_said, fetched, pulled, pulled_in_turns, told
from tests.support.vendor_server import Trouble, VendorServer, running_vendor


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with running_vendor(hubspot) as running:
        yield running


def test_what_is_not_there_and_a_token_that_does_not_do_are_told(server: VendorServer) -> None:
    with pytest.raises(NotFound):
        fetched(teller(server), Wanted("deal", "1"))
    with pytest.raises(Forbidden, match="rights"):
        fetched(teller(server), Wanted("deal", "7001"), token="another")


def test_pages_say_of_every_object_what_asking_for_it_says(server: VendorServer) -> None:
    crm = teller(server)
    kinds = {"deals": "deal", "calls": "call", "emails": "email", "meetings": "meeting"}
    wanted = [Wanted(kinds[path], one["id"]) for path, objects in OBJECTS.items() if path in kinds for one in objects]
    everything = pulled(crm, SINCE).readings
    assert told(everything) == told(fetched(crm, *wanted))
    assert len({one.subject for one in all_said(everything) if one.type == "lead.created"}) == 8
    assert len(contacts_said(everything)) == 1 + 2 + 2


def test_only_what_changed_since_is_asked_for(server: VendorServer) -> None:
    crm = teller(server, leads="contacts", activities="ignored")
    assert {one.subject for one in all_said(pulled(crm, SINCE).readings)} == {"contact/9001", "contact/9002"}
    assert all_said(pulled(crm, LOST).readings) == []


@pytest.mark.parametrize("most", [1, 2, 5])
def test_interrupted_after_any_page_it_goes_on_where_it_was(server: VendorServer, most: int) -> None:
    crm = teller(server)
    assert told(pulled_in_turns(crm, SINCE, most)) == told(pulled(crm, SINCE).readings)


def test_no_search_goes_on_behind_what_hubspot_finds(server: VendorServer) -> None:
    """Each begins above the last id: none has an offset, which ends at 10,000."""
    pulled(teller(server), SINCE)
    searches = [msgspec.json.decode(asked.body) for asked in server.asked if asked.path.endswith("/deals/search")]
    above = [search["filterGroups"][0]["filters"][1]["value"] for search in searches]
    assert above == ["0", "7101", "7104", "7106"]
    assert all("after" not in search for search in searches)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_it_is_patient_with_an_api_in_trouble(server: VendorServer, trouble: Trouble) -> None:
    crm = teller(server)
    whole_story = told(pulled(crm, SINCE).readings)
    server.troubles.extend([trouble])
    assert told(pulled(crm, SINCE).readings) == whole_story


def test_nothing_personal_is_in_what_is_said(server: VendorServer) -> None:
    for words in ({}, {"customers": "email"}):
        readings = pulled(teller(server, **words), SINCE).readings
        text = b"".join(told(readings)) + repr([one.ignored for one in readings]).encode()
        assert [word for word in (b"Exemple", b"example", b"9001", b"9002") if word in text] == []


@given(mutated({"results": [won_and_lost(), *OBJECTS["contacts"], *OBJECTS["meetings"]]}))
def test_whatever_it_answers_is_read_or_refused(answer: object) -> None:
    crm = teller()
    with suppress(CadranError):
        for row in read_json(msgspec.json.encode(answer), ObjectsPage).results:
            one = read_json(row, Object)
            leads = Reading("deal", tuple(Life(one, "deal", HubspotAccount()).said(None, crm.names)))
            calls = () if uncounted(one) else contacted(one, "call", ["pseudonym"], crm.names)
            crm.feed([leads, Reading("call", tuple(calls))], Engine())
