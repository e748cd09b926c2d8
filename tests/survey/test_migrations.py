"""The tables that the migrations make are those that the code works with."""

from sqlalchemy import create_engine

from services.common.database import Database, migrate
from services.survey.tables import SCHEMA, metadata
from tests.support.databases import assert_made_as


def test_the_migrations_make_the_tables(database: Database, database_url: str) -> None:
    assert_made_as(database_url, metadata)


def test_migrating_again_changes_nothing(database: Database, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("INSERT INTO opt_outs VALUES ('d', '2026-11-25 10:00:00+00:00')")
    migrate(engine, SCHEMA)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT digest FROM opt_outs").scalar() == "d"
    engine.dispose()
