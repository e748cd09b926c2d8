"""Reading and writing what is watched and what was read. Every function takes the connection of a transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, or_, select, update

from services.pricing_watch import tables
from services.pricing_watch.judging.judgement import Belief
from services.pricing_watch.records import Reading
from services.pricing_watch.watching.watch_list import Product

_json = msgspec.json.encode


class WatchedProduct(msgspec.Struct, frozen=True):
    """A product and where it is edited: `file` or `api`."""

    product: Product
    origin: str


class WatchedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pair stands."""

    pair_id: str
    sku: str
    competitor: str
    host: str
    due_at: datetime
    attempts: int
    etag: str | None
    last_modified: str | None
    belief: Belief
    reading_id: int | None


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


def product(connection: Connection, sku: str) -> WatchedProduct | None:
    row = connection.execute(select(tables.products).where(tables.products.c.sku == sku)).mappings().first()
    return None if row is None else _product(row)


def products(connection: Connection, *, after: str, limit: int) -> list[WatchedProduct]:
    """Some products in the order of their skus, from the one after on."""
    query = select(tables.products).where(tables.products.c.sku > after).order_by(tables.products.c.sku).limit(limit)
    return [_product(row) for row in connection.execute(query).mappings()]


def skus_of(connection: Connection, origin: str) -> list[str]:
    query = select(tables.products.c.sku).where(tables.products.c.origin == origin)
    return list(connection.execute(query).scalars())


def put_product(connection: Connection, watched: WatchedProduct, due_at: datetime) -> None:
    """Keep a product in place of the one before; pages that are new are due at once, those not in it are forgotten."""
    sku, row = watched.product.sku, {"origin": watched.origin, "product": _json(watched.product)}
    if not connection.execute(update(tables.products).where(tables.products.c.sku == sku).values(row)).rowcount:
        connection.execute(insert(tables.products), {"sku": sku, **row})
    known = set(
        connection.execute(select(tables.pages.c.pair_id).where(tables.pages.c.sku == watched.product.sku)).scalars()
    )
    pairs = watched.product.pairs
    connection.execute(delete(tables.pages).where(tables.pages.c.pair_id.in_(known - pairs.keys())))
    rows = [
        {
            "pair_id": pair,
            "sku": watched.product.sku,
            "competitor": page.competitor,
            "host": page.host,
            "due_at": due_at,
            "attempts": 0,
            "belief": _json(Belief()),
        }
        for pair, page in pairs.items()
        if pair not in known
    ]
    if rows:
        connection.execute(insert(tables.pages), rows)


def drop_product(connection: Connection, sku: str) -> None:
    connection.execute(delete(tables.pages).where(tables.pages.c.sku == sku))
    connection.execute(delete(tables.products).where(tables.products.c.sku == sku))


def page(connection: Connection, sku: str, competitor: str) -> WatchedPage | None:
    pages = tables.pages.c
    query = select(tables.pages).where(pages.sku == sku, pages.competitor == competitor)
    row = connection.execute(query).mappings().first()
    return None if row is None else _page(row)


def page_of(connection: Connection, pair_id: str) -> WatchedPage | None:
    row = connection.execute(select(tables.pages).where(tables.pages.c.pair_id == pair_id)).mappings().first()
    return None if row is None else _page(row)


def pages_by_due(connection: Connection, *, limit: int, offset: int) -> list[WatchedPage]:
    """Pages in the order in which they are read next."""
    order = (tables.pages.c.due_at, tables.pages.c.pair_id)
    query = select(tables.pages).order_by(*order).limit(limit).offset(offset)
    return [_page(row) for row in connection.execute(query).mappings()]


def hosts_due(connection: Connection, now: datetime, mine: str, limit: int) -> list[str]:
    """Hosts with a page that is due and that no other process has claimed, the longest due first."""
    claimed = exists().where(
        tables.hosts.c.host == tables.pages.c.host,
        tables.hosts.c.claimed_until > now,
        tables.hosts.c.claimed_by != mine,
    )
    query = (
        select(tables.pages.c.host)
        .where(tables.pages.c.due_at <= now, ~claimed)
        .group_by(tables.pages.c.host)
        .order_by(func.min(tables.pages.c.due_at), tables.pages.c.host)
    )
    return list(connection.execute(query.limit(limit)).scalars())


def claim(connection: Connection, host: str, mine: str, now: datetime, until: datetime) -> bool:
    """Take a host, or keep it; false when another process has it."""
    free = or_(tables.hosts.c.claimed_until <= now, tables.hosts.c.claimed_by == mine)
    taken = {"claimed_by": mine, "claimed_until": until}
    if connection.execute(update(tables.hosts).where(tables.hosts.c.host == host, free).values(taken)).rowcount:
        return True
    if connection.execute(select(tables.hosts.c.host).where(tables.hosts.c.host == host)).first() is not None:
        return False
    connection.execute(insert(tables.hosts), {"host": host, **taken})
    return True


def renew(connection: Connection, hosts: Iterable[str], mine: str, until: datetime) -> None:
    """Keep hosts a while longer, or let them go at a moment."""
    own = tables.hosts.c.host.in_(list(hosts)), tables.hosts.c.claimed_by == mine
    connection.execute(update(tables.hosts).where(*own).values(claimed_until=until))


def next_due(connection: Connection, host: str, now: datetime) -> WatchedPage | None:
    """The page of a host that has been due the longest."""
    pages = tables.pages.c
    query = select(tables.pages).where(pages.host == host, pages.due_at <= now).order_by(pages.due_at, pages.pair_id)
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else _page(row)


def forget_page(connection: Connection, pair_id: str) -> None:
    connection.execute(delete(tables.pages).where(tables.pages.c.pair_id == pair_id))


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many pages are due, and since when the first of them has been."""
    due = tables.pages.c.due_at
    row = connection.execute(select(func.count(), func.min(due)).where(due <= now)).one()
    return row[0], row[1]


def is_still_mine(connection: Connection, page: WatchedPage, mine: str) -> bool:
    """Has nobody else come between: the host is ours, and the page is due when it was?"""
    pages, hosts = tables.pages.c, tables.hosts.c
    query = (
        select(pages.pair_id)
        .join(tables.hosts, hosts.host == pages.host)
        .where(pages.pair_id == page.pair_id, pages.due_at == page.due_at, hosts.claimed_by == mine)
    )
    return connection.execute(query).first() is not None


def plan(connection: Connection, pair_id: str, due_at: datetime, attempts: int) -> None:
    """Say when a page is read next."""
    values = {"due_at": due_at, "attempts": attempts}
    connection.execute(update(tables.pages).where(tables.pages.c.pair_id == pair_id).values(values))


def note(connection: Connection, pair_id: str, belief: Belief, reading_id: int, validators: Mapping[str, Any]) -> None:
    """Say what is believed of a page, after which reading."""
    values = {"belief": _json(belief), "verdict": belief.verdict, "reading_id": reading_id, **validators}
    connection.execute(update(tables.pages).where(tables.pages.c.pair_id == pair_id).values(values))


def add_reading(connection: Connection, reading: KeptReading) -> int:
    """Keep a reading, and return its id."""
    row = {name: getattr(reading, name) for name in KeptReading.__struct_fields__ if name not in ("id", "reading")}
    row["reading"] = None if reading.reading is None else _json(reading.reading)
    key = connection.execute(insert(tables.readings).values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def reading(connection: Connection, id_: int) -> KeptReading | None:
    row = connection.execute(select(tables.readings).where(tables.readings.c.id == id_)).mappings().first()
    return None if row is None else _reading(row)


def last_readings(connection: Connection, pair_id: str, limit: int) -> list[KeptReading]:
    """The last readings of a pair, the newest first."""
    own = tables.readings.c
    query = select(tables.readings).where(own.pair_id == pair_id).order_by(own.id.desc()).limit(limit)
    return [_reading(row) for row in connection.execute(query).mappings()]


def last_page_read(connection: Connection, pair_id: str) -> KeptReading | None:
    """The last reading of a pair that keeps what the page said."""
    own = tables.readings.c
    query = select(tables.readings).where(own.pair_id == pair_id, own.reading.is_not(None)).order_by(own.id.desc())
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else _reading(row)


def forget_readings(connection: Connection, before: datetime) -> int:
    """Forget the readings of before a moment, but for the last one of each pair and the last that holds a page."""
    own = tables.readings.c
    last = select(func.max(own.id)).group_by(own.pair_id)
    last_page = last.where(own.reading.is_not(None))
    is_old = own.at < before, own.id.not_in(last), own.id.not_in(last_page)
    return connection.execute(delete(tables.readings).where(*is_old)).rowcount


def count_verdicts(connection: Connection) -> dict[str, int]:
    """How many pairs are believed how; `none` where nothing is believed yet."""
    query = select(tables.pages.c.verdict, func.count()).group_by(tables.pages.c.verdict)
    return {verdict or "none": count for verdict, count in connection.execute(query)}


def _product(row: RowMapping) -> WatchedProduct:
    return WatchedProduct(msgspec.json.decode(row["product"], type=Product), row["origin"])


def _page(row: RowMapping) -> WatchedPage:
    fields = {name: row[name] for name in WatchedPage.__struct_fields__ if name != "belief"}
    return WatchedPage(belief=msgspec.json.decode(row["belief"], type=Belief), **fields)


def _reading(row: RowMapping) -> KeptReading:
    fields = {name: row[name] for name in KeptReading.__struct_fields__ if name != "reading"}
    said = None if row["reading"] is None else msgspec.json.decode(row["reading"], type=Reading)
    return KeptReading(reading=said, **fields)
