"""Databases in PostgreSQL, backed up and restored by the commands themselves, also over one of a later release."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from services.common.database import opened
from services.survey.tables import SCHEMA as SURVEY
from tests.operations.backup.installation import Installed
from tests.support.postgres import running_postgres


def test_a_database_in_postgresql_is_kept_and_comes_back(tmp_path: Path) -> None:
    with running_postgres() as url:
        installed = Installed(tmp_path / "local", CADRAN_SURVEY_DATABASE=url)
        installed.make()
        installed.back_up(tmp_path / "backup")
        installed.opt_out("later")

        assert "in the way: the database of survey" in installed.refused("restore", str(tmp_path / "backup"))
        installed.done("restore", str(tmp_path / "backup"), "--replace")
        assert installed.opted_out() == {"first"}

        elsewhere = Installed(tmp_path / "elsewhere")
        refused = elsewhere.refused("restore", str(tmp_path / "backup"))
        assert "CADRAN_SURVEY_DATABASE: the backup holds it as postgresql, this names sqlite" in refused

        without = {**installed.environment, "PATH": "/nowhere"}
        installed.environment = without
        assert "pg_dump is not installed - install PostgreSQL's client programs" in installed.refused(
            "backup", str(tmp_path / "another"), "--without-events"
        )


def test_what_a_later_release_made_in_postgresql_goes_and_can_be_made_again(tmp_path: Path) -> None:
    with running_postgres() as url:
        installed = Installed(tmp_path / "local", CADRAN_SURVEY_DATABASE=url)
        migrate(url, "0001")
        installed.opt_out("first")
        installed.back_up(tmp_path / "backup")
        migrate(url, "head")
        later = revision(url)
        installed.done("restore", str(tmp_path / "backup"), "--replace")
        assert revision(url) == "0001"

        with opened(url, SURVEY):
            pass
        assert revision(url) == later != "0001"
        assert installed.opted_out() == {"first"}


def test_a_postgresql_that_cannot_take_the_copy_keeps_what_it_has(tmp_path: Path) -> None:
    with running_postgres() as url:
        installed = Installed(tmp_path / "local", CADRAN_SURVEY_DATABASE=url)
        installed.make()
        with changed(url) as connection:
            connection.exec_driver_sql("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        installed.back_up(tmp_path / "backup")
        installed.opt_out("later")
        with changed(url) as connection:  # the copy's function cannot be dropped, as this needs it
            connection.exec_driver_sql("CREATE VIEW needs_it AS SELECT one()")

        assert "cannot drop function" in installed.refused("restore", str(tmp_path / "backup"), "--replace")
        assert installed.opted_out() == {"first", "later"}


@contextmanager
def changed(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def migrate(url: str, to: str) -> None:
    """Bring the survey's tables to the form of a release."""
    config = Config()
    config.set_main_option("script_location", str(SURVEY.migrations))
    with changed(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def revision(url: str) -> str | None:
    with changed(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()
