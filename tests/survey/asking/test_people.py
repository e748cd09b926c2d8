"""Who may be asked: one invitation per person in 90 days, and none to who does not want one."""

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.database import Database, opened
from services.common.errors import CadranError, Conflict, Invalid
from services.common.mail.addresses import read_address
from services.survey.asking.people import AskedBefore, NoContact, OptedOut, Person, check_may_ask
from services.survey.records import By, Contact, Invitation
from services.survey.tables import SCHEMA
from tests.support.clock import START
from tests.support.databases import sqlite_url
from tests.survey.parts import PAUSE, Service, asking

moments = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda passed: START + passed)
EMAILS = ("a@example.org", "b@example.org", "c@example.org")
IDS = ("C-1", "C-2", "C-3")


@given(moments, moments)
def test_asking_is_possible_again_exactly_when_it_is_told(asked_at: datetime, now: datetime) -> None:
    try:
        check_may_ask(asked_at, False, pause=PAUSE, now=now)
    except AskedBefore as error:
        assert now < asked_at + PAUSE
        check_may_ask(asked_at, False, pause=PAUSE, now=now + timedelta(seconds=error.retry_after))
    else:
        assert now >= asked_at + PAUSE


@given(st.none() | moments, moments)
def test_who_opted_out_is_never_asked(asked_at: datetime | None, now: datetime) -> None:
    with pytest.raises(OptedOut):
        check_may_ask(asked_at, True, pause=PAUSE, now=now)


def test_names_of_different_kinds_have_different_digests() -> None:
    assert Person(frozenset({"x"}), frozenset()).digests() != Person(frozenset(), frozenset({"x"})).digests()


asks = st.lists(
    st.tuples(
        st.none() | st.sampled_from(EMAILS), st.none() | st.sampled_from(IDS), st.integers(0, 60)
    ).filter(lambda ask: ask[0] or ask[1]),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40)
@given(asks, st.dictionaries(st.sampled_from(IDS), st.sampled_from(EMAILS)))
def test_nobody_is_asked_twice_in_90_days_nor_refused_without_a_cause(
    asks: list[tuple[str | None, str | None, int]], contacts: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(sqlite_url(Path(folder)), SCHEMA) as database:
        asyncio.run(_ask_all(Service(database), asks, contacts))


async def _ask_all(service: Service, asks: list[tuple[str | None, str | None, int]], contacts: dict[str, str]) -> None:
    """Ask in turn, and hold each answer against a plain list of who was asked when."""
    await service.inviter.keep_contacts([Contact(customer_id=id_, email=email) for id_, email in contacts.items()])
    asked: list[tuple[set[str], datetime]] = []
    for email, customer_id, days in asks:
        service.clock.pass_by(days=days)
        address = email or contacts.get(customer_id or "")
        names = _names(address, customer_id, contacts)
        is_too_soon = any(names & before and service.clock.now < at + PAUSE for before, at in asked)
        (made,) = await service.inviter.invite_all([asking(email, customer_id=customer_id, by=By.MAIL)])
        if address is None:
            assert isinstance(made, NoContact)
        elif is_too_soon:
            assert isinstance(made, AskedBefore)
        else:
            assert isinstance(made, Invitation)
            asked.append(({name for name in (address, customer_id) if name}, service.clock.now))


def _names(email: str | None, customer_id: str | None, contacts: dict[str, str]) -> set[str]:
    names = {name for name in (email, customer_id) if name}
    for id_, address in contacts.items():
        if id_ == customer_id or address == email:
            names |= {id_, address}
    return names


async def test_of_many_at_once_one_is_asked(database: Database, database_url: str) -> None:
    with opened(database_url, SCHEMA) as second:  # as another process has it
        inviters = [Service(database).inviter, Service(second).inviter]
        made = await asyncio.gather(
            *(inviters[i % 2].invite(asking("a@example.org")) for i in range(40)), return_exceptions=True
        )
    assert sum(isinstance(each, Invitation) for each in made) == 1
    assert sum(isinstance(each, AskedBefore) for each in made) == 39


async def test_a_refusal_is_counted_and_writes_nothing(database: Database) -> None:
    service = Service(database)
    await service.inviter.invite(asking(customer_id="C-1"))
    with pytest.raises(AskedBefore) as refusal:
        await service.inviter.invite(asking(customer_id="C-1"))
    assert refusal.value.mend == "ask again from 2027-02-16T09:00:00+00:00 on"
    assert service.counted("cadran_survey_not_asked_total", reason="throttled") == 1
    assert len(await service.events()) == 1


async def test_who_opts_out_is_forgotten_but_not_asked(database: Database) -> None:
    """Even when every row about them is gone, and their address comes back in other letters' case."""
    service = Service(database)
    invitation = await service.inviter.invite(asking("a@example.org", customer_id="C-1"))
    await service.inviter.opt_out("a@example.org", "C-1")
    assert (await service.inviter.find(invitation.id)).withdrawn_at is not None
    await database.write(lambda connection: connection.exec_driver_sql("DELETE FROM invitations"))
    for again in (asking("A@Example.ORG"), asking(customer_id="C-1")):
        with pytest.raises(OptedOut):
            await service.inviter.invite(again)


async def test_what_never_left_does_not_count(database: Database) -> None:
    service = Service(database)
    first = await service.inviter.invite(asking("a@example.org"))
    await service.inviter.withdraw(first.id)
    assert isinstance(await service.inviter.invite(asking("a@example.org")), Invitation)


async def test_without_a_mail_server_the_setting_is_named(database: Database) -> None:
    inviter = Service(database).inviter
    inviter._has_mail = False
    with pytest.raises(Conflict, match="CADRAN_SURVEY_SMTP_HOST"):
        await inviter.invite(asking("a@example.org"))


@pytest.mark.parametrize(
    "text",
    ["", "anna", "anna@", "@example.org", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "a@b@example.org",
     "a@example.org, b@example.org", "<a@example.org>", f"{'a' * 65}@example.org", "a@localhost", "a@[127.0.0.1]",
     "=?utf-8?q?a?=@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_told_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_address(text)
    assert refusal.value.field == "email"
    assert refusal.value.mend


@given(st.text(max_size=60))
def test_an_address_never_holds_what_could_end_a_header(text: str) -> None:
    try:
        read = read_address(f"{text}@example.org")
    except CadranError:
        return
    assert read.isascii()
    assert read.isprintable()
    assert not set(read) & set(' <>,:;"\\')


def test_a_domain_in_other_letters_is_kept_in_ascii() -> None:
    assert read_address("Anna@Exämple.org") == "anna@xn--exmple-cua.org"
