"""`/v1/connectors` over HTTP: what is taken, what is refused, and what is kept of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.common.auth import Scope
from services.common.errors import ConfigurationError
from services.ingest import tables
from services.ingest.campaigns.records import Setup
from services.ingest.campaigns.service import Campaigns
from services.ingest.connectors.accounts import FollowedAccounts
from tests.ingest.connectors.invented import SIGNATURE
from tests.ingest.connectors.parts import LOOK, MAX_BYTES, MOST_WAITING, Connectors, sale, signed
from tests.support.stories import SECRET

PATH = "/connectors/invented/paris"


@pytest.fixture
async def api(connectors: Connectors) -> AsyncIterator[httpx.AsyncClient]:
    async with connectors.client(Scope.READ_CONNECTORS, Scope.WRITE_CONNECTORS) as api:
        yield api


async def test_a_delivery_is_on_the_disk_before_it_is_acknowledged(
    connectors: Connectors, api: httpx.AsyncClient
) -> None:
    answer = await api.post(PATH, **signed({"sales": [sale("A-1", customer=4711)]}))
    assert (answer.status_code, answer.json()) == (
        200,
        {"outcome": "accepted", "topic": "sales", "made": "order.placed x 1"},
    )
    (event,) = await connectors.events()
    assert (event.source, event.subject) == ("/connectors/invented/paris", "invented:paris:A-1")
    assert event.data.customer_id == connectors.account.names.customer(4711)
    assert "4711" not in event.data.customer_id
    (delivery,) = (await api.get(f"{PATH}/deliveries")).json()["deliveries"]
    assert (delivery["outcome"], delivery["made"]) == ("accepted", "order.placed x 1")
    assert connectors.counted("accepted") == 1


async def test_said_again_it_is_the_same_event(connectors: Connectors, api: httpx.AsyncClient) -> None:
    for _ in range(3):
        await api.post(PATH, **signed({"sales": [sale("A-1")]}))
    assert len({(event.id, event.fingerprint) for event in await connectors.events()}) == 1


FORGED: dict[str, dict[str, Any]] = {
    "another secret": signed({"sales": [sale("A-1")]}, "another"),
    "no signature": {"content": b'{"sales": []}'},
    "an empty signature": {"content": b"{}", "headers": {SIGNATURE: ""}},
    "not of this body": {"content": b"[]", "headers": signed(b"{}")["headers"]},
}


@pytest.mark.parametrize("name", FORGED)
async def test_what_is_not_signed_is_refused_counted_and_not_kept(
    name: str, connectors: Connectors, api: httpx.AsyncClient
) -> None:
    answer = await api.post(PATH, **FORGED[name])
    assert answer.status_code == 401
    assert await connectors.events() == []
    assert await connectors.rows(tables.deliveries) == []
    assert connectors.counted("unsigned") == 1


@pytest.mark.parametrize("content", ["", "\n\n", None])
async def test_without_a_secret_nothing_is_taken(
    content: str | None, connectors: Connectors, api: httpx.AsyncClient
) -> None:
    if content is None:
        connectors.secret_file.unlink()
    else:
        connectors.secret_file.write_text(content)
    answer = await api.post(PATH, **signed({"sales": [sale("A-1")]}, ""))
    assert (answer.status_code, answer.json()["detail"]) == (401, "no secret is set")
    assert connectors.counted("unsigned") == 1


async def test_while_a_secret_is_changed_the_old_and_the_new_one_do(
    connectors: Connectors, api: httpx.AsyncClient
) -> None:
    connectors.secret_file.write_text(f"long ago\n{SECRET}\nthe new one\n")
    statuses = [(await api.post(PATH, **signed({}, s))).status_code for s in ("long ago", SECRET, "the new one")]
    assert statuses == [401, 200, 200]


async def test_an_account_that_is_not_there_is_never_404(connectors: Connectors, api: httpx.AsyncClient) -> None:
    for path in ("/connectors/invented/london", "/connectors/nobody/paris"):
        assert (await api.post(path, **signed({}))).status_code == 401
    assert connectors.counted("unsigned", "unknown", "unknown") == 2


UNREADABLE: dict[str, tuple[object, str]] = {
    "no JSON": (b"{", "no JSON"),
    "another shape": ({"sales": 5}, "sales"),
    "what the reader refuses": ({"sales": [sale("A-1", -5)]}, "cents: is negative"),
    "what the contract refuses": ({"sales": [sale("A-1", 10**13)]}, "gross_minor"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_acknowledged_and_told(
    name: str, connectors: Connectors, api: httpx.AsyncClient
) -> None:
    body, told = UNREADABLE[name]
    answer = await api.post(PATH, **signed(body))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
    (delivery,) = (await api.get(f"{PATH}/deliveries")).json()["deliveries"]
    assert told in delivery["reason"]
    assert connectors.counted("refused") == 1


async def test_a_defect_of_ours_is_told_by_its_place_alone(
    connectors: Connectors, api: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await api.post(PATH, **signed({"defect": True}))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
    logged = "".join(capfd.readouterr())
    assert "ZeroDivisionError at invented.py:" in logged
    assert "ada.exemple" not in logged + answer.text + str(await connectors.rows(tables.deliveries))


async def test_what_says_nothing_is_ignored_and_a_greeting_answered(
    connectors: Connectors, api: httpx.AsyncClient
) -> None:
    assert (await api.post(PATH, **signed({}))).json() == {
        "outcome": "ignored",
        "topic": "sales",
        "reason": "it says nothing",
    }
    greeted = await api.post(PATH, content=b"hello")
    assert (greeted.status_code, greeted.json()) == (200, {"outcome": "greeted"})
    assert len(await connectors.rows(tables.deliveries)) == 1
    assert (connectors.counted("ignored"), connectors.counted("greeted")) == (1, 1)


async def test_beyond_its_room_it_is_sent_again_later(connectors: Connectors, api: httpx.AsyncClient) -> None:
    many = [sale(f"A-{i}") for i in range(MOST_WAITING)]
    assert (await api.post(PATH, **signed({"sales": many}))).status_code == 200
    assert (await api.post(PATH, **signed({"sales": [sale("A-99")]}))).status_code == 200
    full = await api.post(PATH, **signed({"sales": [sale("A-100")]}))
    assert (full.status_code, full.headers["Retry-After"]) == (503, "60")
    assert len(await connectors.events()) == MOST_WAITING + 1
    assert (await api.post(PATH, content=b"x" * (MAX_BYTES + 1))).status_code == 413


async def test_people_are_forgotten_and_that_is_written_down(connectors: Connectors, api: httpx.AsyncClient) -> None:
    campaigns = Campaigns(
        connectors.database,
        zone=ZoneInfo("Europe/Paris"),
        clock=connectors.clock,
        written=lambda: None,
        drawn=_Nobody(),  # type: ignore[arg-type]
    )
    await campaigns.set_up("autumn", Setup(share=0.5))
    pseudonym = str(connectors.account.names.customer(4711))
    await campaigns.assign("autumn", [pseudonym, "somebody else"])
    answer = await api.post(PATH, **signed({"forget": [4711]}))
    assert answer.json()["made"] == "forgotten x 1"
    assert [row["customer_id"] for row in await connectors.rows(tables.assignments)] == ["somebody else"]
    (redaction,) = (await api.get("/connectors/redactions")).json()["redactions"]
    assert (redaction["customers"], redaction["erased"]) == (1, 1)
    assert pseudonym not in str(redaction)


class _Nobody:
    """Counts nothing."""

    def labels(self, _: str) -> "_Nobody":
        return self

    def inc(self, _: int) -> None: ...


async def test_who_may_look_is_told_how_accounts_stand(connectors: Connectors, api: httpx.AsyncClient) -> None:
    (account,) = (await api.get("/connectors")).json()["accounts"]
    assert account == {
        "vendor": "invented",
        "account": "paris",
        "url": "https://cadran.example.org/v1/connectors/invented/paris",
        "secret_file": str(connectors.secret_file),
        "secrets": 1,
        "can_sync": True,
        "can_complete": True,
        "greeted_at": None,
        "unsigned": 0,
        "sync": None,
    }
    assert (await api.get("/connectors/invented/london")).status_code == 404
    async with connectors.client() as nobody, connectors.client(Scope.READ_CONNECTORS) as reader:
        for path in ("/connectors", PATH, f"{PATH}/deliveries", "/connectors/redactions"):
            assert (await nobody.get(path)).status_code == 401
        assert (await reader.post(f"{PATH}/sync", json={"since": "2026-11-01T00:00:00Z"})).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"since": "2026-11-01T00:00:00Z"}, 202),
        ({"since": "2999-01-01T00:00:00Z"}, 422),
        ({"since": "yesterday"}, 422),
        ({}, 422),
    ],
)
async def test_a_pull_is_asked_for(body: dict[str, str], status: int, api: httpx.AsyncClient) -> None:
    assert (await api.post(f"{PATH}/sync", json=body)).status_code == status


async def test_many_at_once_are_each_kept(connectors: Connectors, api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.post(PATH, **signed({"sales": [sale(f"A-{i}")]})) for i in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({event.subject for event in await connectors.events()}) == 40


@pytest.mark.parametrize("word", ["id", "customer_channel"])
async def test_an_address_that_somebody_put_into_an_id_goes_no_further(
    word: str, connectors: Connectors, api: httpx.AsyncClient
) -> None:
    named = sale("ada.exemple@example.org") if word == "id" else sale("A-1")
    if word == "customer_channel":
        connectors.write(secret_file=str(connectors.secret_file), channel="shop of ada.exemple@example.org")
        connectors.accounts.load()
    answer = await api.post(PATH, **signed({"sales": [named]}))
    assert answer.json()["outcome"] == "refused"
    assert "holds a mail address" in answer.text
    assert await connectors.events() == []
    assert "ada.exemple" not in answer.text + str(await connectors.rows(tables.deliveries))


async def test_a_greeting_and_what_is_not_signed_are_told_of_an_account(
    connectors: Connectors, api: httpx.AsyncClient
) -> None:
    await api.post(PATH, content=b"hello")
    await api.post(PATH, content=b"{}")
    account = (await api.get(PATH)).json()
    assert datetime.fromisoformat(account["greeted_at"]) == connectors.clock()
    assert account["unsigned"] == 1


async def test_while_the_file_has_had_a_fault_from_the_beginning_vendors_are_asked_to_come_again(
    connectors: Connectors, api: httpx.AsyncClient
) -> None:
    good = connectors.file.read_bytes()
    connectors.file.write_text("accounts: {invented: {paris: {chanel: x}}}")
    faulty = FollowedAccounts(connectors.file, connectors.reader, look_seconds=LOOK)
    connectors.webhooks._accounts = faulty
    with pytest.raises(ConfigurationError):
        faulty.load()
    assert (await api.post(PATH, **signed({}))).status_code == 503
    assert "chanel" in (await api.get("/connectors")).json()["fault"]
    assert "chanel" in (await api.get("/connectors/invented/rome")).text
    task = asyncio.create_task(faulty.run())
    connectors.file.write_bytes(good)
    async with asyncio.timeout(20):
        while faulty.fault:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
    task.cancel()
    assert (await api.post(PATH, **signed({}))).status_code == 200
    assert (await api.post(f"{PATH}/", **signed({}))).status_code == 200
