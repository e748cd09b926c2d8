from services.common.database import Database
from services.ingest.tables import metadata
from tests.support.databases import assert_made_as


def test_the_migrations_make_the_tables(database: Database, database_url: str) -> None:
    assert_made_as(database_url, metadata)
