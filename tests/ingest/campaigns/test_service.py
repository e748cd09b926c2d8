"""Drawing on a database: once, for good, with its event, whoever asks at the same time and whatever fails."""

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest
from sqlalchemy import Connection

from services.common.database import Database, opened
from services.common.errors import Conflict, NotFound, Unavailable
from services.ingest import tables
from services.ingest.campaigns import service as module
from services.ingest.campaigns.drawing import draw
from services.ingest.campaigns.records import Group, Setup
from services.ingest.tables import SCHEMA
from tests.ingest.campaigns.parts import Service, customers
from tests.support.databases import sqlite_url

KILLED_WHILE_DRAWING = """
import asyncio, os, sys
from services.common.database import Database, opened
from services.ingest.campaigns import service
from services.ingest.tables import SCHEMA
from tests.ingest.campaigns.parts import Service

put = service.put
def put_and_die(connection, events):
    put(connection, events)
    os.kill(os.getpid(), 9)  # all is written, and nothing is on the disk
service.put = put_and_die
database = Database(sys.argv[1], SCHEMA)
database.open()
asyncio.run(Service(database).campaigns.assign("autumn", ["C-1", "C-2"]))
"""


async def test_a_draw_is_kept_with_the_share_in_force_and_its_event(service: Service) -> None:
    campaign = await service.set_up(share=0.9)
    (drawn,) = await service.campaigns.assign("autumn", ["C-1"])
    assert (drawn.customer_id, drawn.group, drawn.assigned_at) == ("C-1", draw(campaign, "C-1"), service.clock.now)
    (row,) = await service.rows(tables.assignments)
    assert (row["campaign_id"], row["customer_id"], row["group"], row["share"]) == ("autumn", "C-1", drawn.group, 0.9)
    (event,) = await service.events()
    assert (event.type, event.subject, event.time) == ("customer.assigned", "C-1", service.clock.now)
    assert (event.data.campaign_id, event.data.group) == ("autumn", drawn.group)
    (kept,) = await service.rows(tables.outbox)
    assert (kept["topic"], kept["key"]) == ("cadran.customers", b"C-1")


async def test_whatever_the_share_becomes_who_was_drawn_stays(service: Service) -> None:
    await service.set_up(share=0.5)
    first = await service.campaigns.assign("autumn", customers(100))
    await service.set_up(share=0.999)
    service.clock.pass_by(days=1)
    assert await service.campaigns.assign("autumn", customers(100)) == first
    assert len(await service.events()) == 100
    later = await service.groups(customers(100, start=100))
    assert Counter(each.group for each in first)[Group.HOLDOUT] > 20
    assert Counter(later)[Group.HOLDOUT] < 5


async def test_a_batch_is_answered_in_its_order_each_as_often_as_it_stands_there(service: Service) -> None:
    await service.set_up()
    asked = Random(1).choices(customers(1200), k=3000)
    drawn = await service.campaigns.assign("autumn", asked)
    assert [each.customer_id for each in drawn] == asked
    assert len(await service.events()) == len(set(asked)) == len(await service.rows(tables.assignments))


async def test_campaigns_are_drawn_each_for_itself(service: Service) -> None:
    await service.set_up("autumn")
    await service.set_up("winter")
    autumn, winter = [await service.groups(customers(200), name) for name in ("autumn", "winter")]
    assert autumn != winter
    assert len({event.id for event in await service.events()}) == 400


async def test_ids_as_long_as_they_may_be_are_told(service: Service) -> None:
    campaign_id, customer = "é" * 100, "ü" * 200
    await service.set_up(campaign_id)
    await service.campaigns.assign(campaign_id, [customer])
    (event,) = await service.events()
    assert (event.data.campaign_id, event.subject) == (campaign_id, customer)


async def test_of_many_who_ask_at_the_same_instant_all_are_told_the_same(service: Service) -> None:
    await service.set_up()
    asked = [service.campaigns.assign("autumn", ["C-1", f"C-{number % 5}"]) for number in range(50)]
    assert len({drawn[0] for drawn in await asyncio.gather(*asked)}) == 1
    assert sorted(event.subject for event in await service.events()) == customers(5)
    assert sum(service.drawn(group) or 0 for group in Group) == 5


async def test_two_processes_on_one_database_draw_once(service: Service, database_url: str) -> None:
    """Two writers with locks and connections of their own, as two processes have."""
    await service.set_up()
    with opened(database_url, SCHEMA) as another:
        services = (service, Service(another))
        asked = [services[number % 2].campaigns.assign("autumn", customers(40)) for number in range(20)]
        answers = await asyncio.gather(*asked)
        assert all(answer == answers[0] for answer in answers)
        assert Counter(event.subject for event in await service.events()) == Counter(customers(40))


async def test_a_failure_leaves_neither_a_draw_nor_an_event(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.set_up()
    monkeypatch.setattr(module, "put", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await service.campaigns.assign("autumn", ["C-1"])
    monkeypatch.undo()
    assert await service.rows(tables.assignments) == []
    await service.campaigns.assign("autumn", ["C-1"])
    assert len(await service.events()) == 1


async def test_a_kill_before_the_commit_leaves_neither(tmp_path: Path) -> None:
    with opened(sqlite_url(tmp_path), SCHEMA) as database:
        service = Service(database)
        await service.set_up()
        command = [sys.executable, "-c", KILLED_WHILE_DRAWING, sqlite_url(tmp_path)]
        killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
        assert killed.returncode == -SIGKILL, killed.stderr
        assert await service.rows(tables.assignments) == await service.rows(tables.outbox) == []
        await service.campaigns.assign("autumn", ["C-1", "C-2"])
        assert sorted(event.subject for event in await service.events()) == ["C-1", "C-2"]


async def test_a_seed_is_made_once_and_never_changes(service: Service) -> None:
    one, two = [await service.set_up(name, seed=None) for name in ("one", "two")]
    assert one.seed != two.seed
    assert await service.set_up("one", seed=None) == await service.set_up("one", seed=one.seed) == one
    with pytest.raises(Conflict) as refused:
        await service.set_up("one", seed="another")
    assert (refused.value.field, "id of its own" in refused.value.mend) == ("seed", True)


async def test_a_name_that_is_left_out_stays(service: Service) -> None:
    for name, kept in ((None, "autumn"), ("Letter", "Letter"), (None, "Letter"), ("Card", "Card")):
        campaign, is_new = await service.campaigns.set_up("autumn", Setup(share=0.5, name=name))
        assert (campaign.name, is_new) == (kept, kept == "autumn")


async def test_how_it_stands_counts_each_share_as_it_was(service: Service) -> None:
    await service.set_up(share=0.5)
    await service.set_up("quiet")
    await service.campaigns.assign("autumn", customers(1000))
    await service.set_up(share=0.9)
    await service.campaigns.assign("autumn", customers(1000, start=1000))
    standing = await service.campaigns.one("autumn")
    assert (standing.share, standing.contact + standing.holdout) == (0.9, 2000)
    assert standing.balance.expected_contact == pytest.approx(1400)
    assert standing.balance.verdict == "balanced"
    quiet = await service.campaigns.one("quiet")
    assert (quiet.contact, quiet.holdout, quiet.balance.verdict) == (0, 0, "too_few")
    assert await service.campaigns.page(after="", limit=10) == [standing, quiet]
    assert await service.campaigns.page(after="autumn", limit=10) == [quiet]


async def test_who_tampers_with_the_table_is_found_out(service: Service) -> None:
    await service.set_up(share=0.5)
    await service.campaigns.assign("autumn", customers(1000))

    def tamper(connection: Connection) -> None:
        held_out = tables.assignments.c.group == "holdout", tables.assignments.c.customer_id < "C-5"
        connection.execute(tables.assignments.delete().where(*held_out))

    await service.database.write(tamper)
    assert (await service.campaigns.one("autumn")).balance.verdict == "unbalanced"


async def test_what_was_drawn_is_told_in_pages(service: Service) -> None:
    await service.set_up()
    drawn = await service.campaigns.assign("autumn", customers(25))
    await service.set_up("winter")
    await service.campaigns.assign("winter", customers(25))
    paged: list[object] = []
    after = ""
    while page := await service.campaigns.assignments("autumn", after=after, limit=10):
        paged += page
        after = page[-1].customer_id
    assert len(paged) == 25
    assert set(paged) == set(drawn)


async def test_a_campaign_that_was_not_set_up_is_told_with_the_mend(service: Service) -> None:
    asked = (
        service.campaigns.one("a b"),
        service.campaigns.assign("a b", ["C-1"]),
        service.campaigns.assignments("a b", after="", limit=1),
    )
    for each in asked:
        with pytest.raises(NotFound) as refused:
            await each
        assert "PUT /v1/campaigns/a%20b with" in refused.value.mend


async def test_a_database_that_hangs_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.database.PATIENCE", 0.2)
    database, begun, held = Database(sqlite_url(tmp_path), SCHEMA), threading.Event(), threading.Event()

    def hang(_: Connection) -> None:
        begun.set()
        held.wait()

    database.open()
    holding = asyncio.create_task(database.write(hang))
    await asyncio.to_thread(begun.wait, 10)
    try:
        with pytest.raises(Unavailable) as told:
            await Service(database).set_up()
    finally:
        held.set()
        await holding
        database.close()
    assert "in time" in told.value.message
