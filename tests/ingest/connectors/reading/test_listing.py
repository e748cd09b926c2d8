"""Every vendor's list with an object in it that cannot be read: the others are, and it is told, once."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.ingest.connectors.reading.listing import last_of
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors import CONNECTORS
from tests.support.pulling import pages_of
from tests.support.stories import SECRET, Teller
from tests.support.vendor_server import Answer, Asked, running_vendor

EXAMPLES = Path(__file__).parents[1] / "examples"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = "2026-11-02T08:00:00.000Z"
SURVEY = {"question": "nps", "scale": "0-10", "form": "form"}
Object = Mapping[str, Any]


def example(name: str) -> Any:
    return msgspec.json.decode((EXAMPLES / name).read_bytes())


def listed_by_stripe(asked: Asked, objects: Sequence[Any]) -> Answer:
    return Answer({"data": objects if "sessions" in asked.path else []})


def listed_by_hubspot(asked: Asked, objects: Sequence[Any]) -> Answer:
    if asked.path.endswith("/search"):
        is_first = "/deals/" in asked.path and b'"value":"0"' in asked.body
        return Answer({"results": [{"id": str(n)} for n in range(1, 4)] if is_first else []})
    return Answer({"results": objects if "/objects/" in asked.path else []})


def listed_by_pipedrive(asked: Asked, objects: Sequence[Any]) -> Answer:
    return Answer({"data": objects if asked.path == "/api/v2/deals" else []})


def listed_by_salesforce(asked: Asked, objects: Sequence[Any]) -> Answer:
    if asked.path.endswith("/token"):
        return Answer({"access_token": "lent"})
    return Answer({"records": objects if re.search("FROM Opportunity ", asked.query["q"]) else []})


class Listing(NamedTuple):
    """A vendor's objects by their number, how it lists them, and the words of an account that asks for them."""

    of_number: Callable[[int], Object]
    listed: Callable[[Asked, Sequence[Any]], Answer]
    words: Mapping[str, Any] = {}
    token: str = SECRET


LISTINGS = {
    "shopify": Listing(
        lambda n: {**example("shopify/order.json"), "id": n, "admin_graphql_api_id": None},
        lambda asked, objects: Answer({"count": 3} if "count" in asked.path else {"orders": objects}),
    ),
    "woocommerce": Listing(
        lambda n: {**example("woocommerce/order.json"), "id": n, "refunds": []},
        lambda _, objects: Answer(objects),
    ),
    "stripe": Listing(
        lambda n: {**example("stripe/completed.json")["data"]["object"], "id": f"cs_{n}", "payment_intent": f"pi_{n}"},
        listed_by_stripe,
        {"test": "counted"},
    ),
    "hubspot": Listing(
        lambda n: {"id": str(n), "createdAt": STAMP, "updatedAt": STAMP, "properties": {}},
        listed_by_hubspot,
        {"currency": "EUR"},
    ),
    "pipedrive": Listing(lambda n: {**example("pipedrive/create_deal.json")["data"], "id": n}, listed_by_pipedrive),
    "salesforce": Listing(
        lambda n: {"Id": f"0065w0000{n:06}", "CreatedDate": STAMP, "SystemModstamp": STAMP, "OwnerId": None},
        listed_by_salesforce,
        {"currency": "EUR"},
        "client:secret",
    ),
    "typeform": Listing(
        lambda n: {**example("typeform/completed.json")["form_response"], "form_id": "", "token": f"t{n}"},
        lambda _, objects: Answer({"items": objects}),
        SURVEY,
    ),
    "formbricks": Listing(
        lambda n: {**example("formbricks/finished.json")["data"], "surveyId": "", "id": f"r{n}"},
        lambda _, objects: Answer({"data": objects}),
        SURVEY,
    ),
    "tally": Listing(
        lambda n: {**example("tally/api/submissions.json")["submissions"][0], "id": f"r{n}"},
        lambda _, objects: Answer({**example("tally/api/submissions.json"), "submissions": objects, "hasMore": False}),
        {**SURVEY, "question": "sco001"},
    ),
}
ODD: Mapping[str, Callable[[Object], Any]] = {
    "no object": lambda _: 17,
    "nothing": lambda _: None,
    "empty": lambda _: {},
    "fields of other types": lambda whole: {name: [[{}]] for name in whole},
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("vendor", [name for name, connector in CONNECTORS.items() if connector.pages])
def test_a_broken_object_is_told_and_keeps_none_of_the_others_back(vendor: str, odd: str) -> None:
    of_number, listed, words, token = LISTINGS[vendor]
    objects = [of_number(1), ODD[odd](of_number(2)), of_number(3)]
    connector = CONNECTORS[vendor]
    with running_vendor(lambda asked: listed(asked, objects)) as server:
        account = msgspec.convert({"api": server.url, **words}, connector.account)
        pages = pages_of(Teller(connector, account), SINCE, token=token)
    readings = [reading for page in pages for reading in page.readings]
    assert len({said.subject for reading in readings for said in reading.said}) == 2
    assert len([reading for reading in readings if reading.refused]) == 1
    assert [reading.ignored for reading in readings if reading.ignored] == []


class Numbered(msgspec.Struct):
    id: int


def number_of(row: msgspec.Raw) -> int:
    return read_json(row, Numbered).id


@given(st.lists(st.integers(0, 9) | st.none()))
def test_a_page_ends_at_the_last_that_tells_its_place(ids: list[int | None]) -> None:
    rows = [msgspec.Raw(msgspec.json.encode({"id": one})) for one in ids]
    told = [one for one in ids if one is not None]
    if told:
        assert last_of(rows, number_of) == told[-1]
    else:
        with pytest.raises(Invalid, match="no place to go on from"):
            last_of(rows, number_of)
