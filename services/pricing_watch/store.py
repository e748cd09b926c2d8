"""Reading and writing what is watched and what was read. Every function takes the connection of a transaction."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from services.pricing_watch import tables
from services.pricing_watch.judging.judgement import Belief
from services.pricing_watch.watching.products import Product

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
    evidence_id: int | None
    reader: int | None


class Version(NamedTuple):
    """What a server calls the version of a page that was read, and the version of the reader."""

    etag: str | None
    last_modified: str | None
    reader: int


def product(connection: Connection, sku: str) -> WatchedProduct | None:
    row = connection.execute(select(tables.products).where(tables.products.c.sku == sku)).mappings().first()
    return None if row is None else _product(row)


def products(connection: Connection, *, after: str, limit: int) -> list[WatchedProduct]:
    """Some products in the order of their skus, from the one after on."""
    query = select(tables.products).where(tables.products.c.sku > after).order_by(tables.products.c.sku).limit(limit)
    return [_product(row) for row in connection.execute(query).mappings()]


def time_to_tell(connection: Connection, sku: str, now: datetime) -> datetime:
    """The time of an event about a product: now, or just after the last one, whatever clocks say.

    A clock may have been set back, and another process's may be ahead: events of one product must not change places.
    """
    products = tables.products.c
    last = connection.execute(select(products.told_at).where(products.sku == sku)).scalar()
    at = now if last is None else max(now, last + timedelta(microseconds=1))
    connection.execute(update(tables.products).where(products.sku == sku).values(told_at=at))
    return at


def skus_of(connection: Connection, origin: str) -> list[str]:
    query = select(tables.products.c.sku).where(tables.products.c.origin == origin)
    return list(connection.execute(query).scalars())


def put_product(connection: Connection, watched: WatchedProduct, due_at: datetime) -> None:
    """Keep a product in place of the one before; pages that are new are due at once, those not in it are forgotten."""
    sku, row = watched.product.sku, {"origin": watched.origin, "product": _json(watched.product)}
    if not connection.execute(update(tables.products).where(tables.products.c.sku == sku).values(row)).rowcount:
        connection.execute(insert(tables.products), {"sku": sku, "told_at": due_at, **row})
    known = set(
        connection.execute(select(tables.pages.c.pair_id).where(tables.pages.c.sku == watched.product.sku)).scalars()
    )
    pairs = watched.product.pairs
    connection.execute(delete(tables.pages).where(tables.pages.c.pair_id.in_(known - pairs.keys())))
    for pair in known & pairs.keys():
        latest = due_at + timedelta(seconds=pairs[pair].interval_s)
        is_later = tables.pages.c.pair_id == pair, tables.pages.c.due_at > latest
        connection.execute(update(tables.pages).where(*is_later).values(due_at=latest))
    rows = [
        {
            "pair_id": pair,
            "sku": watched.product.sku,
            "competitor": page.competitor,
            "host": page.host,
            # A price that is given is waited for; a page is read at once.
            "due_at": due_at if page.page else due_at + timedelta(seconds=page.interval_s),
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


def pages_by_due(connection: Connection, *, limit: int, offset: int) -> list[WatchedPage]:
    """Pages in the order in which they are read next."""
    order = (tables.pages.c.due_at, tables.pages.c.pair_id)
    query = select(tables.pages).order_by(*order).limit(limit).offset(offset)
    return [_page(row) for row in connection.execute(query).mappings()]


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


def is_due_as_before(connection: Connection, page: WatchedPage) -> bool:
    """Has nobody else come between: is the page due when it was?"""
    pages = tables.pages.c
    query = select(pages.pair_id).where(pages.pair_id == page.pair_id, pages.due_at == page.due_at)
    return connection.execute(query).first() is not None


def plan(connection: Connection, pair_id: str, due_at: datetime, attempts: int) -> None:
    """Say when a page is read next."""
    values = {"due_at": due_at, "attempts": attempts}
    connection.execute(update(tables.pages).where(tables.pages.c.pair_id == pair_id).values(values))


def note(connection: Connection, pair_id: str, belief: Belief, evidence_id: int | None, version: Version) -> None:
    """Say what is believed of a page, by which evidence, and which version of the page was read by which reader."""
    values = {"belief": _json(belief), "verdict": belief.verdict, "evidence_id": evidence_id, **version._asdict()}
    connection.execute(update(tables.pages).where(tables.pages.c.pair_id == pair_id).values(values))


def bring_back(connection: Connection, now: datetime, latest: datetime) -> None:
    """Make due at once what is due later than can be."""
    connection.execute(update(tables.pages).where(tables.pages.c.due_at > latest).values(due_at=now))


def count_verdicts(connection: Connection) -> dict[str, int]:
    """How many pairs are believed how; `none` where nothing is believed yet."""
    query = select(tables.pages.c.verdict, func.count()).group_by(tables.pages.c.verdict)
    return {verdict or "none": count for verdict, count in connection.execute(query)}


def _product(row: RowMapping) -> WatchedProduct:
    return WatchedProduct(msgspec.json.decode(row["product"], type=Product), row["origin"])


def _page(row: RowMapping) -> WatchedPage:
    fields = {name: row[name] for name in WatchedPage.__struct_fields__ if name != "belief"}
    return WatchedPage(belief=msgspec.json.decode(row["belief"], type=Belief), **fields)
