"""Who is meant by an address or an account, and what of them the databases hold before and after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from services.common.errors import Invalid
from services.common.events import decode
from services.common.outbox import put
from services.common.settings import Settings
from services.common.tables import OUTBOX
from services.common.windows import utc_now
from services.ingest import tables as ingest
from services.ingest.connectors.reading.names import Pseudonyms
from services.operations.erasing import databases
from services.operations.erasing.databases import Databases, opened_databases
from services.survey.asking.contact_store import keep_contact
from services.survey.records import Contact
from tests.operations.erasing.test_rewriting import naming

ANNA, ADDRESS, BERT = "c-anna", "anna@example.org", "c-bert"
SECRET = "of-the-installation-" * 2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(local_dir=tmp_path)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Databases]:
    """Of Anna: a contact, a draw, and two events that wait; of Bert another that waits."""
    with opened_databases(settings) as found:
        asyncio.run(found.survey.write(_fill_survey))
        asyncio.run(found.ingest.write(_fill_gateway))
        yield found


def _fill_survey(connection: Connection) -> None:
    keep_contact(connection, Contact(customer_id=ANNA, email=ADDRESS), utc_now())
    put(connection, [naming("nps.answered", ANNA, by="e-1")])


def _fill_gateway(connection: Connection) -> None:
    campaign = {"campaign_id": "winter", "name": "winter", "share": 0.5, "seed": "s", "created_at": utc_now()}
    connection.execute(insert(ingest.campaigns), campaign)
    drawn = {"campaign_id": "winter", "share": 0.5, "group": "contact", "assigned_at": utc_now()}
    connection.execute(insert(ingest.assignments), [{**drawn, "customer_id": name} for name in (ANNA, BERT)])
    put(connection, [naming("customer.assigned", name, by=f"e-{name}") for name in (ANNA, BERT)])


def waiting(connection: Connection) -> list[bytes]:
    return list(connection.execute(select(OUTBOX.c.value).order_by(OUTBOX.c.id)).scalars())


def test_by_an_address_whoever_has_it_is_found_and_everything_of_theirs_goes(
    opened: Databases, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "pseudonyms.secret").write_text(SECRET)
    who = databases.find(opened, settings, [ADDRESS])
    assert who.customer_ids == {ANNA, ADDRESS, Pseudonyms(SECRET).by_email(ADDRESS)}
    held = databases.count(opened, who)
    assert {name: rows for name, rows in held.items() if rows} == {"contacts": 1, "assignments": 1, "outbox": 2}

    databases.erase(opened, who)
    assert not any(databases.count(opened, who).values())
    (answer,) = asyncio.run(opened.survey.read(waiting))
    assert decode(answer).data.customer_id is None
    assert decode(answer).data.score == 9
    (draw,) = asyncio.run(opened.ingest.read(waiting))
    assert decode(draw).subject == BERT
    assert databases.count(opened, databases.find(opened, settings, [BERT]))["assignments"] == 1
    assert not [path for path in tmp_path.rglob("*.sqlite*") if ADDRESS.encode() in path.read_bytes()]


def test_several_are_found_together(opened: Databases, settings: Settings) -> None:
    who = databases.find(opened, settings, [ANNA, BERT])
    assert who.customer_ids == {ANNA, BERT}
    assert databases.count(opened, who)["assignments"] == 2


def test_whom_a_connectors_account_calls_so_is_nobody_elses_customer_of_that_number(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "pseudonyms.secret").write_text(SECRET)
    who = databases.find_of_vendor(settings, "shopify/paris", ["7203"])
    assert who.customer_ids == {Pseudonyms(SECRET).by_vendor("shopify", "paris", "7203")}
    with pytest.raises(Invalid, match="--account"):
        databases.find_of_vendor(settings, "shopify", ["7203"])
