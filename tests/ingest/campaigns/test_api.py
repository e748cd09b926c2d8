"""`/v1/campaigns` over HTTP, on either database: what is answered, and what is refused with which mend."""

import asyncio
import csv
import io
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.database import opened
from services.common.errors import Invalid, Unavailable
from services.common.http import install_error_handlers
from services.ingest.campaigns.api import campaign_routes
from services.ingest.campaigns.bodies import Asked, checked, read_customers
from services.ingest.tables import SCHEMA
from tests.ingest.campaigns.parts import Service, customers
from tests.support.databases import sqlite_url

MAX_BYTES = 400_000
CSV = {"Content-Type": "text/csv"}
AS_CSV = {"Accept": "text/csv"}

letters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd")
ids = st.text(letters, min_size=1, max_size=30).filter(lambda text: text == text.strip())
blanks = st.sampled_from([chr(code) for code in range(0x3001) if chr(code).isspace()])


def client(service: Service, folder: Path, *scopes: Scope) -> httpx.AsyncClient:
    keys = KeyRing(folder / "keys.json")
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(campaign_routes(service.campaigns, keys, AuditLog(folder / "audit.log"), MAX_BYTES))
    headers = {"Authorization": f"Bearer {keys.create('test', scopes, '')}"} if scopes else {}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway/v1", headers=headers)


@pytest.fixture
async def api(service: Service, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client(service, tmp_path, Scope.WRITE_CAMPAIGNS, Scope.ASSIGN_CUSTOMERS) as api:
        assert (await api.put("/campaigns/autumn", json={"share": 0.5, "seed": "s"})).status_code == 201
        yield api


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_a_campaign_is_set_up_and_set_up_again(api: httpx.AsyncClient) -> None:
    made = await api.put("/campaigns/winter 26", json={"share": 0.9, "name": "Winter letter"})
    again = await api.put("/campaigns/winter 26", json={"share": 0.9, "name": "Winter letter"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert made.json().keys() == {"campaign_id", "name", "share", "seed", "created_at"}
    one = (await api.get("/campaigns/winter 26")).json()
    assert {name: one[name] for name in made.json()} == made.json()
    assert (one["contact"], one["holdout"], one["balance"]["verdict"]) == (0, 0, "too_few")


async def test_campaigns_are_listed_in_pages(api: httpx.AsyncClient) -> None:
    for name in ("b", "a"):
        await api.put(f"/campaigns/{name}", json={"share": 0.9})
    first = (await api.get("/campaigns", params={"limit": 2})).json()
    assert [each["campaign_id"] for each in first["campaigns"]] == ["a", "autumn"]
    rest = (await api.get("/campaigns", params={"limit": 2, "after": first["next"]})).json()
    assert ([each["campaign_id"] for each in rest["campaigns"]], rest["next"]) == (["b"], "")


@pytest.mark.parametrize(
    ("body", "status", "field", "mend"),
    [
        ({}, 422, "share", "for example 0.9"),
        ({"share": 0}, 422, "share", "more than 0"),
        ({"share": 1}, 422, "share", "less than 1"),
        ({"share": "0.9"}, 422, "share", "for example 0.9"),
        ({"share": 0.9, "seed": ""}, 422, "seed", "made at random"),
        ({"share": 0.9, "seed": 7}, 422, "seed", "a text"),
        ({"share": 0.9, "seed": "another"}, 409, "seed", "leave it out"),
        ({"share": 0.9, "name": "a\nb"}, 422, "name", "without line breaks"),
        ({"share": 0.9, "label": "x"}, 422, "label", "the fields are share, seed, name"),
    ],
)
async def test_what_cannot_be_set_up_is_refused_with_its_field(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, field: str, mend: str
) -> None:
    refused = await api.put("/campaigns/autumn", json=body)
    assert (refused.status_code, refused.json()["field"]) == (status, field)
    assert mend in refused.json()["mend"]


@pytest.mark.parametrize(
    "campaign",
    [
        *["a%7Fb", "a%0Ab", "a%0A", "%0Aa", "a%09b", "a%C2%85b", "a%C2%9Fb", "%1B"],
        *["%20a", "a%20", "%20", "%C2%A0a", "a%E2%80%83", "%2E", "%2E%2E", "a%FFb", ""],
        *["x" * 101, "a/b", "a%2Fb"],
    ],
)
async def test_an_id_that_cannot_be_asked_for_everywhere_is_refused(api: httpx.AsyncClient, campaign: str) -> None:
    refused = await api.put(f"/campaigns/{campaign}", json={"share": 0.9})
    assert (refused.status_code, refused.json()["field"]) == (422, "campaign_id")
    assert "without a slash, a control character, or blanks at its ends" in refused.json()["mend"]
    assert [each["campaign_id"] for each in (await api.get("/campaigns")).json()["campaigns"]] == ["autumn"]


@pytest.mark.parametrize("campaign", ["...", ".a", "a.", "a  b", "été 26", "\U0001f342"])
async def test_any_other_id_is_taken(api: httpx.AsyncClient, campaign: str) -> None:
    made = await api.put(f"/campaigns/{quote(campaign)}", json={"share": 0.9})
    assert (made.status_code, made.json()["campaign_id"]) == (201, campaign)
    assert (await api.get(f"/campaigns/{quote(campaign)}")).json()["campaign_id"] == campaign


async def test_one_customer_is_asked_about(api: httpx.AsyncClient, service: Service) -> None:
    asked = await api.get("/campaigns/autumn/assignment", params={"customer": "C-1"})
    assert asked.status_code == 200
    assert asked.headers["cache-control"] == "no-store"
    assert asked.json() == {
        "campaign_id": "autumn",
        "customer_id": "C-1",
        "group": "holdout",
        "assigned_at": "2026-11-18T09:00:00Z",
    }
    service.clock.pass_by(hours=1)
    assert (await api.get("/campaigns/autumn/assignment", params={"customer": "C-1"})).json() == asked.json()


@pytest.mark.parametrize("query", ["", "customer=", "customer=a%0Ab", "customer=%FF", f"customer={'x' * 201}"])
async def test_a_customer_without_a_name_is_refused(api: httpx.AsyncClient, query: str) -> None:
    refused = await api.get(f"/campaigns/autumn/assignment?{query}")
    assert (refused.status_code, refused.json()["field"]) == (422, "customer")
    assert refused.json()["mend"]


async def test_a_batch_goes_in_and_out_as_json_or_table(api: httpx.AsyncClient) -> None:
    asked = customers(50)
    lines = "customer_id\r\n" + "\r\n".join(asked)
    as_json = (await api.post("/campaigns/autumn/assignments", json={"customers": asked})).json()
    assert as_json["campaign_id"] == "autumn"
    assert [each["customer_id"] for each in as_json["assignments"]] == asked
    from_table = (await api.post("/campaigns/autumn/assignments", content=lines, headers=CSV)).json()
    assert from_table == as_json
    for sent in ({"json": {"customers": asked}, "headers": AS_CSV}, {"content": lines, "headers": CSV | AS_CSV}):
        answer = await api.post("/campaigns/autumn/assignments", **sent)  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert table(answer.text) == as_json["assignments"]


async def test_a_table_of_a_spreadsheet_is_taken(api: httpx.AsyncClient) -> None:
    lines = '\ufeffcustomer_id\r\n"C-1"\r\n C-2 \r\n\r\n'
    answer = await api.post("/campaigns/autumn/assignments", content=lines.encode(), headers=CSV | AS_CSV)
    assert [row["customer_id"] for row in table(answer.text)] == ["C-1", "C-2"]


Refusal = tuple[dict[str, Any], int, str, str]
REFUSED: list[Refusal] = [
    ({"json": {"customers": []}}, 400, "", "at least one"),
    ({"json": {"customers": ["C-1", ""]}}, 422, "customers[1]", "pseudonym"),
    ({"json": {"customers": ["C-1", 2]}}, 422, "customers[1]", "pseudonym"),
    ({"json": {"customers": ["a\tb"]}}, 422, "customers[0]", "without line breaks"),
    ({"json": {"customers": ["\ufffd"]}}, 422, "customers[0]", "in UTF-8"),
    ({"content": "customer_id\n\ufffd\n".encode(), "headers": CSV}, 422, "line 2: customer_id", "in UTF-8"),
    ({"json": {"customer": ["C-1"]}}, 422, "customer", "did you mean customers?"),
    ({"json": {"customers": ["C"] * 10_001}}, 413, "", "in parts"),
    ({"content": "\n".join(["customer_id", *["C"] * 10_001, "not,read"]), "headers": CSV}, 413, "", "in parts"),
    ({"json": {"customers": ["x" * 199] * 2_000}}, 413, "", "less at once"),
    ({"content": "{", "headers": {"Content-Type": "application/json"}}, 400, "", "JSON object"),
    ({"content": "x", "headers": {"Content-Type": "text/plain"}}, 415, "Content-Type", "text/csv"),
    ({"content": "x", "headers": {"Content-Type": "text/csv; charset=latin-1"}}, 415, "Content-Type", "UTF-8"),
    ({"content": "", "headers": CSV}, 400, "", "customer_id"),
    ({"content": "customer_id\n", "headers": CSV}, 400, "", "at least one"),
    ({"content": "customer\nC-1\n", "headers": CSV}, 400, "", "did you mean customer_id?"),
    ({"content": "customer_id,email\nC-1,a@b.example\n", "headers": CSV}, 400, "", "leave it out"),
    ({"content": "customer_id\nC-1\nC-2,x\n", "headers": CSV}, 422, "line 3", "mend the file"),
    ({"content": f"customer_id\nC-1\n{'x' * 201}\n", "headers": CSV}, 422, "line 3: customer_id", "pseudonym"),
    ({"content": 'customer_id\n""\n', "headers": CSV}, 422, "line 2: customer_id", "pseudonym"),
    ({"content": "customer_id\né".encode("latin-1"), "headers": CSV}, 400, "", "in UTF-8"),
]


@pytest.mark.parametrize(("sent", "status", "field", "mend"), REFUSED)
async def test_a_batch_with_a_fault_draws_nobody(
    api: httpx.AsyncClient, service: Service, sent: dict[str, Any], status: int, field: str, mend: str
) -> None:
    refused = await api.post("/campaigns/autumn/assignments", **sent)
    problem = refused.json()
    assert (refused.status_code, problem.get("field", "")) == (status, field)
    assert mend in problem["mend"]
    assert await service.events() == []


async def test_all_that_was_drawn_is_told_in_pages_or_as_one_table(api: httpx.AsyncClient) -> None:
    drawn = (await api.post("/campaigns/autumn/assignments", json={"customers": customers(2500)})).json()["assignments"]
    paged: list[dict[str, str]] = []
    after = ""
    while True:
        page = (await api.get("/campaigns/autumn/assignments", params={"after": after, "limit": 700})).json()
        paged += page["assignments"]
        after = page["next"]
        if not after:
            break
    assert paged == sorted(drawn, key=lambda each: str(each["customer_id"]))
    whole = await api.get("/campaigns/autumn/assignments", headers=AS_CSV)
    assert whole.headers["cache-control"] == "no-store"
    assert table(whole.text) == paged


async def test_a_table_that_cannot_be_told_to_its_end_is_cut(
    api: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.post("/campaigns/autumn/assignments", json={"customers": customers(1500)})
    pages = service.campaigns.assignments

    async def until_the_second(campaign_id: str, *, after: str, limit: int) -> object:
        if after:
            raise Unavailable("the database does not answer")
        return await pages(campaign_id, after=after, limit=limit)

    monkeypatch.setattr(service.campaigns, "assignments", until_the_second)
    with pytest.raises(RuntimeError, match="already started"):
        await api.get("/campaigns/autumn/assignments", headers=AS_CSV)


async def test_a_campaign_that_is_not_there_is_told_so(api: httpx.AsyncClient) -> None:
    for answer in (
        await api.get("/campaigns/nothing"),
        await api.get("/campaigns/nothing/assignment", params={"customer": "C-1"}),
        await api.post("/campaigns/nothing/assignments", json={"customers": ["C-1"]}),
        await api.get("/campaigns/nothing/assignments"),
        await api.get("/campaigns/nothing/assignments", headers=AS_CSV),
    ):
        assert answer.status_code == 404
        assert 'PUT /v1/campaigns/nothing with {"share": 0.9}' in answer.json()["mend"]


ASKED = {
    "set up": ("PUT", "/campaigns/autumn", {"share": 0.5}),
    "list": ("GET", "/campaigns", None),
    "show": ("GET", "/campaigns/autumn", None),
    "ask": ("GET", "/campaigns/autumn/assignment?customer=C-1", None),
    "ask many": ("POST", "/campaigns/autumn/assignments", {"customers": ["C-1"]}),
    "all": ("GET", "/campaigns/autumn/assignments", None),
}


@pytest.mark.parametrize(
    ("scopes", "may", "refused"),
    [
        ((), set(), 401),
        ((Scope.WRITE_EVENTS, Scope.ADMIN), set(), 403),
        ((Scope.WRITE_CAMPAIGNS,), {"set up"}, 403),
        ((Scope.ASSIGN_CUSTOMERS,), {"list", "show", "ask", "ask many", "all"}, 403),
    ],
)
async def test_a_key_may_do_what_its_scopes_say(
    service: Service, tmp_path: Path, scopes: tuple[Scope, ...], may: set[str], refused: int
) -> None:
    await service.set_up()
    async with client(service, tmp_path, *scopes) as api:
        for what, (method, path, body) in ASKED.items():
            answer = await api.request(method, path, json=body)
            assert answer.status_code == (200 if what in may else refused), what


@given(customer=ids, blank=blanks, where=st.sampled_from(["{1}{0}", "{0}{1}"]))
def test_blanks_at_the_ends_of_an_id_make_no_other_customer(customer: str, blank: str, where: str) -> None:
    spelt = where.format(customer, blank)
    with pytest.raises(Invalid, match=r"^customer: .* without blanks at its ends"):
        checked(Asked, customer=spelt)
    with pytest.raises(Invalid, match=r"^customers\[1\]: .* without blanks at its ends"):
        read_customers({"content-type": "application/json"}, json.dumps({"customers": ["C-1", spelt]}).encode())
    rows = io.StringIO()
    csv.writer(rows).writerows([["customer_id"], [spelt]])
    assert read_customers({"content-type": "text/csv"}, rows.getvalue().encode()) == [customer]


@given(asked=st.lists(ids, min_size=1, max_size=10))
def test_ids_of_any_letters_are_the_same_by_every_way(asked: list[str]) -> None:
    async def ask(service: Service, folder: Path) -> None:
        await service.set_up("été", share=0.5)
        async with client(service, folder, Scope.ASSIGN_CUSTOMERS) as api:
            drawn = (await api.post("/campaigns/été/assignments", json={"customers": asked})).json()["assignments"]
            rows = io.StringIO()
            csv.writer(rows).writerows([["customer_id"], *([each] for each in asked)])
            as_table = await api.post(
                "/campaigns/été/assignments", content=rows.getvalue().encode(), headers=CSV | AS_CSV
            )
            assert table(as_table.text) == drawn
            for each in drawn:
                one = (await api.get("/campaigns/été/assignment", params={"customer": each["customer_id"]})).json()
                assert one == {"campaign_id": "été", **each}
        assert len(await service.events()) == len(set(asked))

    with tempfile.TemporaryDirectory() as folder, opened(sqlite_url(Path(folder)), SCHEMA) as database:
        asyncio.run(ask(Service(database), Path(folder)))
