"""Databases for tests: SQLite in a folder, and PostgreSQL."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, text


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


def assert_made_as(url: str, metadata: MetaData) -> None:
    """The tables that the migrations have made are those that the code works with."""
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
