"""Copies of databases while services use them, and their way back.

SQLite: its online backup. PostgreSQL: `pg_dump`, `pg_restore` and `psql`, of the server's release or a newer one.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import OperationalError

from services.common.errors import ConfigurationError
from services.common.whole_files import OURS_ALONE

Stream = IO[Any] | int

SQLITE, POSTGRESQL = "sqlite", "postgresql"
JOURNALS = ("-wal", "-shm")
PLAIN = ("--no-owner", "--no-privileges")
EMPTY = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I CASCADE', found.tablename);
  END LOOP;
END $$
"""
"""Tables that came after the copy would be in the way of the migration that makes them."""


def kind_of(url: str) -> str:
    """`sqlite` or `postgresql`."""
    return make_url(url).get_backend_name()


def copy(url: str, target: Path) -> None:
    """Copy a database as it is at one moment.

    :raises ConfigurationError: when it cannot be read.
    """
    target.touch(mode=OURS_ALONE)
    if kind_of(url) == SQLITE:
        _copy_sqlite(_file(url), target)
    else:
        _run(url, "pg_dump", _named(url), "--format=custom", *PLAIN, f"--file={target}")


def is_there(url: str) -> bool:
    """Does a database hold anything that a restore would replace?

    :raises ConfigurationError: when it does not answer.
    """
    if kind_of(url) == SQLITE:
        return _file(url).exists()
    engine = create_engine(url, connect_args={"connect_timeout": 10})
    try:
        return bool(inspect(engine).get_table_names())
    except OperationalError as error:
        raise ConfigurationError(
            f"a database does not answer: {' '.join(str(error.orig).split())}", mend="start it, or mend its address"
        ) from None
    finally:
        engine.dispose()


def bring_back(copied: Path, url: str) -> None:
    """Replace a database by its copy, whole or not at all.

    :raises ConfigurationError: when it cannot be written.
    """
    if kind_of(url) == SQLITE:
        _replace_sqlite(copied, _file(url))
    else:
        _replace_postgresql(copied, url)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE")  # one file, with no journal beside it
            if writing.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("it is damaged")
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"{source} cannot be copied: {error}", mend="look at it with `sqlite3`, and at the room on the disk"
        ) from None


def _replace_sqlite(copied: Path, target: Path) -> None:
    """The old journal goes before the new file comes: SQLite would apply it to that."""
    draft = target.with_name(f".{target.name}.restored")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.touch(mode=OURS_ALONE)
        shutil.copyfile(copied, draft)
        target.unlink(missing_ok=True)
        for journal in JOURNALS:
            target.with_name(target.name + journal).unlink(missing_ok=True)
        draft.replace(target)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}", mend="mend its rights") from None


def _replace_postgresql(copied: Path, url: str) -> None:
    """All tables go in the transaction that the copy comes in."""
    with TemporaryFile(dir=copied.parent) as script:
        _run(url, "pg_restore", "--clean", "--if-exists", *PLAIN, "--file=-", str(copied), writes=script)
        script.seek(0)
        options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        _run(url, "psql", _named(url), *options, f"--command={EMPTY}", "--file=-", reads=script)


def _run(url: str, program: str, *arguments: str, reads: Stream = DEVNULL, writes: Stream = DEVNULL) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, as others can see arguments."""
    if shutil.which(program) is None:
        mend = "install PostgreSQL's client programs (postgresql-client), of the server's release or a newer one"
        raise ConfigurationError(f"{program} is not installed", mend=mend)
    environment = {**os.environ, "PGPASSWORD": make_url(url).password or "", "PGCONNECT_TIMEOUT": "10"}
    done = subprocess.run(
        [program, *arguments], env=environment, stdin=reads, stdout=writes, stderr=PIPE, text=True, check=False
    )
    if done.returncode != 0:
        told = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise ConfigurationError(f"{program}: {told}", mend="start the database, or mend its address or its rights")


def _named(url: str) -> str:
    """The option that names a database, without its password."""
    plain = make_url(url).set(drivername=POSTGRESQL, password=None)
    return f"--dbname={plain.render_as_string(hide_password=False)}"
