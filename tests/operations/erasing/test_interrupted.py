"""What an interrupted run has left is found by the doctor, and mended by the next run, for whomever that is."""

import asyncio

import pytest
from redis.exceptions import NoPermissionError

from services.common.errors import ConfigurationError
from services.common.topics import Topic
from services.common.windows import utc_now
from services.operations.erasing import databases
from services.operations.erasing.commands import erase_customer
from services.operations.erasing.databases import opened_databases
from services.operations.erasing.logs import Logs
from services.operations.erasing.swapping import (
    JOURNAL,
    LARGEST,
    NOTHING,
    Admin,
    Journal,
    copy_of,
    topics_of_erasing,
    write_journal,
)
from services.survey.asking.contact_store import keep_contact
from services.survey.records import Contact
from tests.operations.erasing.test_rewriting import naming, record_of
from tests.support.doctor import Doctor
from tests.support.stack import RunningStack

ANNA = "c-anna"
LEADS = Topic.LEADS.value
CHECK = "kafka: erasing"


@pytest.fixture(autouse=True)
def environment(servers: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the command reads it."""
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)


def test_topics_left_closed_are_opened_and_copies_go_though_the_next_run_finds_nobody(
    servers: RunningStack, admin: Admin, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor = Doctor(servers)
    assert doctor.findings(CHECK) == []
    admin.create(copy_of(LEADS), admin.shape(LEADS))
    doctor.finds(CHECK, f"{copy_of(LEADS)}: customers are being erased", "`cadran erase-customer`")
    admin.close_to_writers([LEADS])
    doctor.finds(CHECK, f"{LEADS} closed to writers", "`cadran erase-customer`")

    erase_customer("c-nobody", yes=True)
    assert "what an earlier run left is taken back" in capsys.readouterr().out
    assert admin.shape(LEADS).configs.get(LARGEST) != NOTHING
    assert doctor.findings(CHECK) == []


def test_who_an_interrupted_run_was_for_is_to_be_named_once_more(
    servers: RunningStack, admin: Admin, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_leave_copies_that_count(servers, admin))
    before = admin.ids([LEADS])
    with pytest.raises(ConfigurationError, match="an earlier run is not finished"):
        erase_customer("c-nobody", dry_run=True)
    erase_customer("c-nobody", yes=True)
    assert "If it was for others than this run, run it for them again" in capsys.readouterr().out
    assert admin.ids([LEADS]) != before
    assert not topics_of_erasing(admin.there())
    assert JOURNAL not in admin.there()


def test_where_redis_does_not_write_its_files_databases_are_erased_and_the_next_run_asks_it_again(
    servers: RunningStack, admin: Admin, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_append_a_lead(servers))
    with opened_databases(servers.settings) as opened, servers.redis() as redis:
        contact = Contact(customer_id=ANNA, email="anna@example.org")
        asyncio.run(opened.survey.write(lambda connection: keep_contact(connection, contact, utc_now())))
        redis.execute_command("ACL SETUSER default -bgrewriteaof -bgsave")
        try:
            with pytest.raises(NoPermissionError):
                erase_customer(ANNA, yes=True)
        finally:
            redis.execute_command("ACL SETUSER default +bgrewriteaof +bgsave")
        who = databases.find(opened, servers.settings, [ANNA])
        assert not any(databases.count(opened, who).values())
    capsys.readouterr()
    erase_customer("c-nobody", yes=True)
    assert "Redis writes its files on disk anew" in capsys.readouterr().out
    assert not topics_of_erasing(admin.there())


async def _append_a_lead(servers: RunningStack) -> None:
    async with Logs(servers.settings) as logs:
        await logs.append(LEADS, 0, [record_of(naming("lead.created", ANNA, by="e-2"))])


async def _leave_copies_that_count(servers: RunningStack, admin: Admin) -> None:
    async with Logs(servers.settings) as logs:
        await logs.append(LEADS, 0, [record_of(naming("lead.created", "c-bert", by="e-1"))])
        admin.create(copy_of(LEADS), admin.shape(LEADS))
        journal = Journal(admin.ids([LEADS]), {LEADS: dict(await logs.ends(LEADS))})
        await write_journal(logs, admin, journal, admin.shape(LEADS))
        admin.close_to_writers([LEADS])
