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
from typing import IO, Any, NamedTuple

from sqlalchemy import make_url

from services.common.database import backend, has_tables
from services.common.errors import ConfigurationError
from services.common.tables import Schema
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


class OwnDatabase(NamedTuple):
    """The database of a service: where it is, and whose tables it is for."""

    url: str
    schema: Schema

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`.

        :raises ConfigurationError: when the address is none.
        """
        return backend(self.url, self.schema)

    def is_there(self) -> bool:
        """Does it hold anything that a restore would replace?

        :raises ConfigurationError: when it does not answer.
        """
        return _file(self.url).exists() if self.kind == SQLITE else has_tables(self.url, self.schema)

    def copy(self, target: Path) -> None:
        """Copy it as it is at one moment.

        :raises ConfigurationError: when it cannot be read.
        """
        target.touch(mode=OURS_ALONE)
        if self.kind == SQLITE:
            _copy_sqlite(_file(self.url), target)
        else:
            _run(self.url, "pg_dump", _named(self.url), "--format=custom", *PLAIN, f"--file={target}")

    def bring_back(self, copied: Path) -> None:
        """Replace it by its copy, whole or not at all.

        :raises ConfigurationError: when it cannot be written.
        """
        if self.kind == SQLITE:
            _replace_sqlite(copied, _file(self.url))
        else:
            _replace_postgresql(copied, self.url)


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
