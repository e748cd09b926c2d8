"""Which process reads a host's pages, and when the host may be asked again. Each function takes a transaction's
connection.

A claim is renewed while its process works; `free_at` outlives it, so that whoever comes next keeps the host's pace.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, exists, func, insert, or_, select, update

from services.pricing_watch.tables import hosts, pages


def due_hosts(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Hosts with a page that is due, that nobody has claimed and that may be asked; the longest due first."""
    is_taken = exists().where(hosts.c.host == pages.c.host, or_(hosts.c.claimed_until > now, hosts.c.free_at > now))
    query = (
        select(pages.c.host)
        .where(pages.c.due_at <= now, ~is_taken)
        .group_by(pages.c.host)
        .order_by(func.min(pages.c.due_at), pages.c.host)
    )
    return list(connection.execute(query.limit(limit)).scalars())


def claim(connection: Connection, host: str, mine: str, now: datetime, until: datetime) -> bool:
    """Take a host; false when another process has it, or when it may not be asked yet."""
    is_free = hosts.c.host == host, hosts.c.claimed_until <= now, hosts.c.free_at <= now
    taken = {"claimed_by": mine, "claimed_until": until}
    if connection.execute(update(hosts).where(*is_free).values(taken)).rowcount:
        return True
    if connection.execute(select(hosts.c.host).where(hosts.c.host == host)).first() is not None:
        return False
    connection.execute(insert(hosts), {"host": host, "free_at": now, **taken})
    return True


def keep(connection: Connection, host: str, mine: str, until: datetime, free_at: datetime) -> bool:
    """Keep a host for another page, after which it may be asked again at a moment; false when it was lost."""
    own = hosts.c.host == host, hosts.c.claimed_by == mine
    values = {"claimed_until": until, "free_at": free_at}
    return connection.execute(update(hosts).where(*own).values(values)).rowcount == 1


def let_go(connection: Connection, host: str, mine: str, now: datetime, free_at: datetime) -> None:
    """Give a host up; it may be asked again at a moment."""
    own = hosts.c.host == host, hosts.c.claimed_by == mine
    connection.execute(update(hosts).where(*own).values(claimed_until=now, free_at=free_at))


def renew(connection: Connection, names: Iterable[str], mine: str, until: datetime) -> None:
    """Keep hosts a while longer."""
    own = hosts.c.host.in_(list(names)), hosts.c.claimed_by == mine
    connection.execute(update(hosts).where(*own).values(claimed_until=until))


def is_mine(connection: Connection, host: str, mine: str) -> bool:
    query = select(hosts.c.host).where(hosts.c.host == host, hosts.c.claimed_by == mine)
    return connection.execute(query).first() is not None
