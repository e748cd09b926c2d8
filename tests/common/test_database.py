"""A service's own database, and what else its process does."""

import asyncio
import threading
from pathlib import Path

from sqlalchemy import Connection

from services.common.database import opened
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
