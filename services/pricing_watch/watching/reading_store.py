"""Readings and their evidence. Every function takes the connection of a transaction."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select

from services.pricing_watch.records import Reading
from services.pricing_watch.store import WatchedPage
from services.pricing_watch.tables import pages, readings


class KeptReading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as it is kept. `reading` is what the page said; none where no page came."""

    id: int = 0
    pair_id: str
    at: datetime
    outcome: str
    verdict: str | None
    reason: str
    price_minor: int | None = None
    currency: str | None = None
    page_hash: str | None = None
    reading: Reading | None = None


def add_reading(connection: Connection, reading: KeptReading) -> int:
    """Keep a reading, and return its id."""
    row = {name: getattr(reading, name) for name in KeptReading.__struct_fields__ if name not in ("id", "reading")}
    row["reading"] = None if reading.reading is None else msgspec.json.encode(reading.reading)
    key = connection.execute(insert(readings).values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def reading(connection: Connection, id_: int) -> KeptReading | None:
    row = connection.execute(select(readings).where(readings.c.id == id_)).mappings().first()
    return None if row is None else _reading(row)


def last_readings(connection: Connection, pair_id: str, limit: int) -> list[KeptReading]:
    """The last readings of a pair, the newest first."""
    own = readings.c
    query = select(readings).where(own.pair_id == pair_id).order_by(own.id.desc()).limit(limit)
    return [_reading(row) for row in connection.execute(query).mappings()]


def evidence_of(connection: Connection, page: WatchedPage) -> KeptReading | None:
    """The last reading of a pair that keeps what the page said."""
    return None if page.evidence_id is None else reading(connection, page.evidence_id)


def forget_readings(connection: Connection, before: datetime, most: int) -> int:
    """Forget some readings of before a moment, but for those that what is believed rests on; how many."""
    own = readings.c
    needed = select(pages.c.evidence_id).where(pages.c.evidence_id.is_not(None))
    old = select(own.id).where(own.at < before, own.id.not_in(needed)).order_by(own.at).limit(most)
    ids = list(connection.execute(old).scalars())
    return connection.execute(delete(readings).where(own.id.in_(ids))).rowcount


def _reading(row: RowMapping) -> KeptReading:
    fields = {name: row[name] for name in KeptReading.__struct_fields__ if name != "reading"}
    said = None if row["reading"] is None else msgspec.json.decode(row["reading"], type=Reading)
    return KeptReading(reading=said, **fields)
