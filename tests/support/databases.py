"""Databases for tests: SQLite in a folder, and PostgreSQL."""

from pathlib import Path

from sqlalchemy import create_engine, text


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
