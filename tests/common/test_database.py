"""A service's own database, and what else its process does."""

import asyncio
import threading
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from services.common.database import Standing, opened, standing
from services.ingest.tables import SCHEMA as INGEST
from services.pricing_watch.tables import SCHEMA
from tests.support.databases import sqlite_url


async def test_reads_that_hang_leave_the_threads_of_everything_else_alone(tmp_path: Path) -> None:
    answers = threading.Event()

    def hang(_: Connection) -> None:
        answers.wait()

    with opened(sqlite_url(tmp_path), SCHEMA) as database:
        hanging = [asyncio.create_task(database.read(hang)) for _ in range(100)]
        try:
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "looked up"), timeout=30) == "looked up"
            assert await asyncio.wait_for(database.write(lambda _: "written"), timeout=30) == "written"
        finally:
            answers.set()
        await asyncio.gather(*hanging)


async def test_where_the_tables_stand_is_told_and_nothing_is_made(database_url: str) -> None:
    for _ in range(2):
        assert standing(database_url, INGEST) is Standing.EMPTY
    with opened(database_url, INGEST) as database:
        assert standing(database_url, INGEST) is Standing.NEWEST
        for revision, stands in (("0001", Standing.BEHIND), ("9999", Standing.UNKNOWN)):
            await database.write(partial(_say, revision))
            assert standing(database_url, INGEST) is stands


def _say(revision: str, connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
