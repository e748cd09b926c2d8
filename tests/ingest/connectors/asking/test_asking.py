"""Asking vendors' APIs: thin events completed, and pulls that go on where they stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.common.database import Database
from services.common.errors import Conflict, Invalid
from services.ingest import tables
from services.ingest.connectors.asking.syncing import FIRST, LEASE, OVERLAP, PAUSE
from tests.ingest.connectors.invented import api_of
from tests.ingest.connectors.parts import AT, MOST_WAITING, Connectors, sale, signed
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

SALES = [sale(f"A-{i}") for i in range(8)]
SUBJECTS = [f"invented:paris:A-{i}" for i in range(8)]
PATIENCE = 20.0


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with running_vendor(api_of(SALES)) as server:
        yield server


@pytest.fixture
def asking(database: Database, tmp_path: Path, vendor: VendorServer) -> Connectors:
    return Connectors(database, tmp_path, vendor.url)


@asynccontextmanager
async def at_work(work: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """A work beside the test, until it is done."""
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.02)


async def deliver(connectors: Connectors, body: object, account: str = "paris") -> None:
    async with connectors.client() as api:
        assert (await api.post(f"/connectors/invented/{account}", **signed(body))).status_code == 200


async def subjects(connectors: Connectors) -> list[str]:
    return sorted(event.subject for event in await connectors.events())


async def test_an_object_that_is_merely_named_is_asked_for(asking: Connectors, vendor: VendorServer) -> None:
    vendor.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS_UP, Trouble.HANGS, Trouble.NO_JSON])
    await deliver(asking, {"thin": ["A-3", "A-3", "A-5"]})
    async with at_work(asking.completing.run):
        await until(lambda: is_empty(asking))
    assert await subjects(asking) == ["invented:paris:A-3", "invented:paris:A-5"]


async def is_empty(connectors: Connectors) -> bool:
    return await connectors.rows(tables.wanted) == []


async def test_what_the_vendor_does_not_have_is_not_asked_for_again(asking: Connectors, vendor: VendorServer) -> None:
    await deliver(asking, {"thin": ["nothing"]})
    async with at_work(asking.completing.run):
        await until(lambda: is_empty(asking))
    assert [asked.path for asked in vendor.asked] == ["/sales/nothing"]
    assert await asking.events() == []


async def test_while_the_token_does_not_do_it_is_asked_for_later(asking: Connectors, vendor: VendorServer) -> None:
    asking.token_file.write_text("old")
    await deliver(asking, {"thin": ["A-1"]})
    async with at_work(asking.completing.run):

        async def was_put_off() -> bool:
            return [row["tries"] for row in await asking.rows(tables.wanted)] == [1]

        await until(was_put_off)
        asking.token_file.write_text("token")
        asking.clock.pass_by(minutes=1)
        asking.intake.wanted.set()
        await until(lambda: is_empty(asking))
    assert await subjects(asking) == ["invented:paris:A-1"]


async def test_named_again_while_it_is_asked_for_it_is_asked_for_once_more(
    asking: Connectors, vendor: VendorServer
) -> None:
    """What is answered may be older than what the second delivery tells of."""
    named_again = asyncio.Event()
    loop = asyncio.get_running_loop()
    respond = vendor.respond

    def slowly(asked: Asked) -> Answer:
        if len(vendor.asked) == 1:
            asyncio.run_coroutine_threadsafe(deliver(asking, {"thin": ["A-1"]}), loop).result(PATIENCE)
            loop.call_soon_threadsafe(named_again.set)
        return respond(asked)

    vendor.respond = slowly
    await deliver(asking, {"thin": ["A-1"]})
    async with at_work(asking.completing.run):
        await named_again.wait()
        await until(lambda: is_empty(asking))
    assert len(vendor.asked) == 2


async def test_without_a_token_thin_events_stay_thin(connectors: Connectors) -> None:
    connectors.write(secret_file=str(connectors.secret_file))
    connectors.accounts.load()
    await deliver(connectors, {"thin": ["A-1"]})
    assert await connectors.rows(tables.wanted) == []


async def test_a_pull_has_everything_once(asking: Connectors, vendor: VendorServer) -> None:
    vendor.troubles.extend([Trouble.LIMITED, Trouble.FAILS])
    await asking.syncing.begin(asking.account, AT - timedelta(days=1))
    async with at_work(asking.syncing.run):
        await until(lambda: is_done(asking))
    assert await subjects(asking) == SUBJECTS
    sync = await asking.syncing.standing(asking.account)
    assert sync is not None
    assert (sync.objects, sync.events, sync.total, sync.left_out, sync.fault) == (8, 8, 10, 0, "")


async def is_done(connectors: Connectors) -> bool:
    sync = await connectors.syncing.standing(connectors.account)
    return sync is not None and sync.finished_at is not None


@pytest.mark.parametrize("pages", [1, 2])
async def test_interrupted_it_goes_on_after_the_last_page_that_it_had(
    pages: int, asking: Connectors, vendor: VendorServer
) -> None:
    respond = vendor.respond

    def until_it_breaks(asked: Asked) -> Answer:
        return respond(asked) if len(vendor.asked) <= pages else Answer(status=401)

    vendor.respond = until_it_breaks
    await asking.syncing.begin(asking.account, AT - timedelta(days=1))
    async with at_work(asking.syncing.run):

        async def waits() -> bool:
            sync = await asking.syncing.standing(asking.account)
            return sync is not None and sync.fault != ""

        await until(waits)
    assert len(await asking.events()) == 3 * pages
    vendor.asked.clear()
    vendor.respond = respond
    asking.clock.pass_by(seconds=PAUSE.total_seconds())
    async with at_work(asking.syncing.run):
        await until(lambda: is_done(asking))
    assert vendor.asked[0].query["after"] == f"A-{3 * pages - 1}"
    assert await subjects(asking) == SUBJECTS


async def test_killed_it_is_taken_up_again_when_its_lease_has_passed(asking: Connectors, vendor: VendorServer) -> None:
    await asking.syncing.begin(asking.account, AT)
    held = asyncio.Event()
    loop = asyncio.get_running_loop()
    respond = vendor.respond

    def hold(asked: Asked) -> Answer:
        loop.call_soon_threadsafe(held.set)
        return respond(asked)

    vendor.respond = hold
    vendor.troubles.append(Trouble.HANGS)
    async with at_work(asking.syncing.run):
        await held.wait()
    async with at_work(asking.syncing.run):
        await asyncio.sleep(0.2)
        assert not await is_done(asking)
    asking.clock.pass_by(seconds=LEASE.total_seconds())
    async with at_work(asking.syncing.run):
        await until(lambda: is_done(asking))
    assert await subjects(asking) == SUBJECTS


async def test_by_a_schedule_each_pull_begins_a_little_before_the_last(
    asking: Connectors, vendor: VendorServer
) -> None:
    words = {"secret_file": str(asking.secret_file), "token_file": str(asking.token_file), "api": vendor.url}
    asking.write(**words, sync_every="1h")
    asking.accounts.load()
    begun = []
    for _ in range(2):

        async def is_done_now() -> bool:
            sync = await asking.syncing.standing(asking.account)
            return sync is not None and sync.finished_at == asking.clock()

        async with at_work(asking.syncing.run):
            await until(is_done_now)
        begun.append(await asking.syncing.standing(asking.account))
        asking.clock.pass_by(minutes=61)
    first, second = begun
    assert first is not None
    assert second is not None
    assert first.since == first.started_at - FIRST
    assert second.since == first.started_at - OVERLAP


async def test_a_second_pull_takes_over_what_the_first_had_still_to_ask_for(
    asking: Connectors, vendor: VendorServer
) -> None:
    await asking.syncing.begin(asking.account, AT - timedelta(days=9))
    asking.clock.pass_by(seconds=1)
    await asking.syncing.begin(asking.account, AT - timedelta(days=2))
    async with at_work(asking.syncing.run):
        await until(lambda: is_done(asking))
    assert {asked.query["since"] for asked in vendor.asked} == {(AT - timedelta(days=9)).isoformat()}


async def test_without_a_token_it_cannot_be_asked_for(connectors: Connectors) -> None:
    connectors.token_file.unlink()
    with pytest.raises(Conflict, match="token"):
        await connectors.syncing.begin(connectors.account, AT)


async def test_an_account_that_cannot_be_asked_stops_no_other(asking: Connectors, vendor: VendorServer) -> None:
    """Whatever becomes of it after its file was read."""
    another = asking.token_file.with_name("another")
    another.write_text("token")
    words = {"secret_file": str(asking.secret_file), "token_file": str(asking.token_file), "api": vendor.url}
    asking.write_all(paris=words, rome={**words, "token_file": str(another)})
    asking.accounts.load()
    another.write_text("ö")
    rome = asking.accounts.find("invented", "rome")
    assert rome is not None
    await asking.syncing.begin(rome, AT)
    await asking.syncing.begin(asking.account, AT)
    await deliver(asking, {"thin": ["A-3"]}, "rome")
    await deliver(asking, {"thin": ["A-5"]})
    async with at_work(asking.syncing.run), at_work(asking.completing.run):
        await until(lambda: is_done(asking))

        async def only_rome_waits() -> bool:
            return [(row["account"], row["tries"]) for row in await asking.rows(tables.wanted)] == [("rome", 1)]

        await until(only_rome_waits)
    stands = await asking.syncing.standing(rome)
    assert stands is not None
    assert "token_file" in stands.fault


async def test_a_slow_account_holds_up_no_other(asking: Connectors, vendor: VendorServer) -> None:
    words = {"secret_file": str(asking.secret_file), "token_file": str(asking.token_file), "api": vendor.url}
    asking.write_all(paris=words, rome=words)
    asking.accounts.load()
    rome = asking.accounts.find("invented", "rome")
    assert rome is not None
    respond = vendor.respond

    def slowly(asked: Asked) -> Answer:
        is_rome = asked.query.get("since", "").startswith("2001")
        return respond(asked)._replace(seconds=0.8 if is_rome else 0.0)

    vendor.respond = slowly
    await asking.syncing.begin(rome, datetime(2001, 1, 1, tzinfo=UTC))
    async with at_work(asking.syncing.run):
        while not vendor.asked:  # noqa: ASYNC110 - a thread of the vendor's fills it
            await asyncio.sleep(0.02)
        await asking.syncing.begin(asking.account, AT)
        await until(lambda: is_done(asking))
        stands = await asking.syncing.standing(rome)
    assert stands is not None
    assert stands.finished_at is None


async def test_a_pull_asked_for_by_hand_leaves_no_hole_in_the_schedule(
    asking: Connectors, vendor: VendorServer
) -> None:
    words = {"secret_file": str(asking.secret_file), "token_file": str(asking.token_file), "api": vendor.url}
    asking.write(**words, sync_every="1d")
    asking.accounts.load()
    async with at_work(asking.syncing.run):
        await until(lambda: is_done(asking))
    first = await asking.syncing.standing(asking.account)
    assert first is not None
    asking.clock.pass_by(hours=20)
    begun = await asking.syncing.begin(asking.account, asking.clock() - timedelta(hours=2))
    assert begun.since == first.started_at - OVERLAP
    asking.clock.pass_by(hours=1)
    again = await asking.syncing.begin(asking.account, asking.clock())
    assert again.since == begun.since


async def test_the_token_goes_to_no_other_host(asking: Connectors, vendor: VendorServer) -> None:
    async with asking.open_api(asking.account) as api:
        assert (await api.get(f"{vendor.url}/sales/A-1")).status_code == 200
        with pytest.raises(Invalid, match="another host"):
            await api.get("https://elsewhere.example/sales/A-1")
    assert len(vendor.asked) == 1


async def test_a_page_that_has_no_room_is_left_whole_for_later(asking: Connectors, vendor: VendorServer) -> None:
    """Its third event would be one too many of those that may wait for what can wait itself."""
    waiting = MOST_WAITING // 2 - 1
    await deliver(asking, {"sales": [sale(f"B-{i}") for i in range(waiting)]})
    await asking.syncing.begin(asking.account, AT)
    async with at_work(asking.syncing.run):

        async def waits() -> bool:
            sync = await asking.syncing.standing(asking.account)
            return sync is not None and "too much waits for Kafka" in sync.fault

        await until(waits)
    assert len(await asking.events()) == waiting
