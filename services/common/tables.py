"""What the tables of every service's own database have alike."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, String, Table, types
from sqlalchemy.engine import Dialect


class Schema(NamedTuple):
    """The tables of a service: its name, and the folder of the migrations that make them."""

    service: str
    migrations: Path


class Moment(types.TypeDecorator[datetime]):
    """A moment, read back in UTC: SQLite itself forgets zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

OUTBOX = Table(
    "outbox",
    MetaData(naming_convention=NAMING),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("topic", String(200), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    comment="Events that Kafka has not acknowledged yet, written together with what they tell.",
    sqlite_autoincrement=True,
)
"""Each service has one in its own database: `OUTBOX.to_metadata(metadata)`."""
