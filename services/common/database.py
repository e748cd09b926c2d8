"""A service's own database: SQLite beside it, or PostgreSQL by a setting.

One thread writes. What waits is written together in one transaction, each work in a savepoint of its own: so a hundred
works at once cost one sync of the disk, and SQLite, which has one writer at a time, is never found locked.

PostgreSQL is made to write one at a time as well, by a lock: what a work has read there is still so when it writes,
whatever other processes do.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from enum import StrEnum
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any, NamedTuple, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError

from services.common.errors import ConfigurationError, Invalid, Unavailable
from services.common.logging import get_logger
from services.common.tables import Schema

log = get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

MOST_WAITING = 1000
MOST_TOGETHER = 100
POOL = 5
"""Connections: one to write by, the others to read by."""
LOCK, LOCK_SECONDS = 0x43414452414E, 10
"""The number of PostgreSQL's lock ("CADRAN"), and how long one waits for it."""

PATIENCE = 8.0
"""Seconds in which who waits is answered, by those who ask in time."""

CONNECT_IN_TIME = {"connect_timeout": 10}
"""Seconds: who starts, or reads, must not wait for ever for a PostgreSQL that is there and says nothing."""

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an answer that was acknowledged survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA secure_delete = ON",  # what is erased is overwritten
)


class _Job(NamedTuple):
    work: Work[Any]
    done: Future[Any]


class Database:
    """Reads and writes in threads of their own. Use `open` before, and `close` after."""

    def __init__(self, url: str, schema: Schema) -> None:
        self._schema = schema
        self._engine = _engine(url, schema)
        self._jobs: Queue[_Job | None] = Queue(MOST_WAITING)
        self._writer = threading.Thread(target=self._write_all, name=f"{schema.service}-writer", daemon=True)
        # Of its own: a database that hangs must not take the threads that names of other servers are looked up in.
        self._readers = ThreadPoolExecutor(POOL - 1, thread_name_prefix=f"{schema.service}-reader")

    def open(self) -> None:
        """Bring the tables up to date and begin, unless it has begun.

        :raises ConfigurationError: when the database does not let us.
        """
        if self._writer.is_alive():
            return
        try:
            migrate(self._engine, self._schema)
            self.forget()  # who was killed may have left it to be done
        except DBAPIError as error:
            raise _cannot_be_used(error, self._schema) from None
        self._writer.start()

    def close(self) -> None:
        """Write what waits, and end."""
        if self._writer.is_alive():
            self._jobs.put(None)
            self._writer.join()
        self._readers.shutdown()
        self._engine.dispose()

    async def write(self, work: Work[T]) -> T:
        """Do a work in a transaction, and return once it is on the disk.

        :raises Unavailable: when too much waits, or the database does not answer. Nothing was written then.
        """
        self._require_open()
        done: Future[T] = Future()
        try:
            self._jobs.put_nowait(_Job(work, done))
        except Full:
            raise Unavailable("too much is waiting to be written", mend="try again a little later") from None
        return await asyncio.wrap_future(done)

    async def read(self, work: Work[T]) -> T:
        """Do a work that only reads.

        :raises Unavailable: when the database does not answer.
        :raises Invalid: when it is asked for what no text of PostgreSQL can be.
        """
        self._require_open()
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._readers, run, self._read, work)

    async def write_in_time(self, work: Work[T]) -> T:
        """Do a work in a transaction, for somebody who waits.

        :raises Unavailable: as `write`, and after some seconds: then it may still be done, so it must be safe twice.
        """
        return await _in_time(self.write(work))

    async def read_in_time(self, work: Work[T]) -> T:
        """Do a work that only reads, for somebody who waits.

        :raises Unavailable: as `read`, and after some seconds.
        """
        return await _in_time(self.read(work))

    def forget(self) -> None:
        """Let the journal go, which still holds what was erased; a reader that is at work keeps it a while longer."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def check(self) -> None:
        await self.read(lambda connection: connection.exec_driver_sql("SELECT 1"))

    def _require_open(self) -> None:
        if not self._writer.is_alive():
            raise Unavailable("the database is not open yet", mend="try again a little later")

    def _read(self, work: Work[T]) -> T:
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except OperationalError as error:
            raise _no_answer(error) from error
        except DataError:
            raise Invalid("a NUL character is in what was sent", mend="send it without") from None

    def _write_all(self) -> None:
        waiting = True
        while waiting:
            jobs, waiting = self._next()
            taken = [job for job in jobs if job.done.set_running_or_notify_cancel()]
            if taken:
                self._commit(taken)

    def _next(self) -> tuple[list[_Job], bool]:
        """What waits, at least one, and whether more may come."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_TOGETHER:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        outcomes: list[tuple[Any, Exception | None]]
        try:
            with self._engine.execution_options(writes=True).begin() as connection:
                outcomes = [_outcome(connection, job.work) for job in jobs]
        except Exception as error:  # nothing of them is written
            outcomes = [(None, _no_answer(error))] * len(jobs)
        for job, (result, fault) in zip(jobs, outcomes, strict=True):
            if fault is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(fault)


async def _in_time(answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        mend = "try again a little later; the same may be sent again"
        raise Unavailable("the database does not answer in time", mend=mend) from None


def _outcome(connection: Connection, work: Work[T]) -> tuple[T | None, Exception | None]:
    """What a work returns, or why it failed: then nothing of it stays, and the others go on."""
    try:
        with connection.begin_nested():
            return work(connection), None
    except OperationalError:
        raise
    except DataError:
        return None, Invalid("something in it is too long, or a NUL character", mend="send it shorter, and without")
    except Exception as error:
        return None, error


def _no_answer(error: Exception) -> Unavailable:
    log.error("the database does not answer", error=repr(error))
    return Unavailable("the database does not answer", mend="try again a little later")


def _cannot_be_used(error: DBAPIError, schema: Schema) -> ConfigurationError:
    return ConfigurationError(
        f"the database cannot be used: {' '.join(str(error.orig).split())}",  # it may be told in several lines
        field=f"CADRAN_{schema.service.upper()}_DATABASE",
        mend="start it, create the database, and give the user the right to make tables",
    )


def migrate(engine: Engine, schema: Schema) -> None:
    """Bring the tables to their newest form."""
    config = _migrations(schema)
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


class Standing(StrEnum):
    """Of which release the tables of a database are."""

    EMPTY = "there are none"
    NEWEST = "of this release"
    BEHIND = "of an earlier release"
    UNKNOWN = "of a release that this one does not know: a later one"


def standing(url: str, schema: Schema) -> Standing:
    """Where the tables stand. Nothing is changed, and no file is made.

    :raises ConfigurationError: when the database does not let us.
    """
    engine = _engine(url, schema)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return Standing.EMPTY
    with _connected(engine, schema) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return Standing.EMPTY
    script = ScriptDirectory.from_config(_migrations(schema))
    if revision == script.get_current_head():
        return Standing.NEWEST
    return Standing.BEHIND if revision in {known.revision for known in script.walk_revisions()} else Standing.UNKNOWN


def backend(url: str, schema: Schema) -> str:
    """What a database is in: `sqlite` or `postgresql`.

    :raises ConfigurationError: when it is no address of a database.
    """
    return _engine(url, schema).dialect.name


def has_tables(url: str, schema: Schema) -> bool:
    """Does a database hold tables, of whomever?

    :raises ConfigurationError: when the database does not let us.
    """
    with _connected(_engine(url, schema), schema) as connection:
        return bool(inspect(connection).get_table_names())


@contextmanager
def _connected(engine: Engine, schema: Schema) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise _cannot_be_used(error, schema) from None
    finally:
        engine.dispose()


def _migrations(schema: Schema) -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.migrations))
    return config


def _engine(url: str, schema: Schema) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args=CONNECT_IN_TIME if url.startswith("postgresql") else {},
            hide_parameters=True,  # of a statement that fails: they may hold addresses, and errors are logged
        )
    except (ArgumentError, ImportError):  # what it was given may hold a password, and is not repeated
        raise ConfigurationError(
            "is no address of a database",
            field=f"CADRAN_{schema.service.upper()}_DATABASE",
            mend="write postgresql+psycopg://user:password@host/name, or unset it",
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # else the driver itself decides when a transaction begins
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    """Who writes takes the lock at once: a reader that becomes a writer may be refused."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Who writes waits for its turn, but not for ever: another process may be stuck."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def database_url(given: str, folder: Path, schema: Schema) -> str:
    """The database's address: the one that is set, else a file in the local folder."""
    return given or f"sqlite:///{(folder / 'data' / f'{schema.service}.sqlite').resolve()}"


@contextmanager
def opened(url: str, schema: Schema) -> Iterator[Database]:
    """A database for as long as it takes, as commands need it.

    :raises ConfigurationError: when the database does not let us.
    """
    database = Database(url, schema)
    database.open()
    try:
        yield database
    finally:
        database.close()
