"""Databases for tests: SQLite in a folder, and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from services.common.database import Database
from services.common.tables import Schema


@contextmanager
def opened(url: str, schema: Schema) -> Iterator[Database]:
    database = Database(url, schema)
    database.open()
    try:
        yield database
    finally:
        database.close()


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'survey.sqlite'}"


def emptied(url: str) -> str:
    """The same PostgreSQL database, with nothing in it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
