"""Reading and writing what is planned for orders. Every function may be told the same twice. See `database.py`."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, and_, delete, exists, insert, select, update

from services.survey.orders.rules import Plan
from services.survey.records import About
from services.survey.tables import cancelled_orders, order_plans


def keep_plan(connection: Connection, plan: Plan) -> None:
    """Write a plan down; of two for one order the greater revision stands, while it is not carried out."""
    row = msgspec.structs.asdict(plan)
    row |= msgspec.structs.asdict(row.pop("about"))
    own = order_plans.c.order_id == plan.order_id
    if connection.execute(select(order_plans.c.order_id).where(own)).first() is None:
        connection.execute(insert(order_plans), row)
    else:
        older = and_(own, order_plans.c.outcome.is_(None), order_plans.c.revision < plan.revision)
        connection.execute(update(order_plans).where(older).values(row))


def cancel(connection: Connection, order_id: str, revision: int, now: datetime) -> None:
    """Note that an order is void up to a revision."""
    own = cancelled_orders.c.order_id == order_id
    found = connection.execute(select(cancelled_orders.c.revision).where(own)).scalar()
    row = {"order_id": order_id, "revision": revision, "cancelled_at": now}
    if found is None:
        connection.execute(insert(cancelled_orders), row)
    elif found < revision:
        connection.execute(update(cancelled_orders).where(own).values(row))


def due_plans(connection: Connection, now: datetime, limit: int) -> Sequence[Plan]:
    """Plans whose time has come, the oldest first."""
    query = select(order_plans).where(order_plans.c.outcome.is_(None), order_plans.c.due_at <= now)
    rows = connection.execute(query.order_by(order_plans.c.due_at).limit(limit)).mappings()
    return [_plan(row) for row in rows]


def is_cancelled(connection: Connection, plan: Plan) -> bool:
    void = and_(cancelled_orders.c.order_id == plan.order_id, cancelled_orders.c.revision >= plan.revision)
    return connection.execute(select(cancelled_orders.c.order_id).where(void)).first() is not None


def settle(connection: Connection, order_id: str, outcome: str) -> None:
    """Note what became of a plan."""
    connection.execute(update(order_plans).where(order_plans.c.order_id == order_id).values(outcome=outcome))


def forget_older(connection: Connection, before: datetime) -> None:
    """Forget what no replay can tell again, and what became of it."""
    settled = order_plans.c.outcome.is_not(None)
    connection.execute(delete(order_plans).where(settled, order_plans.c.placed_at < before))
    planned = exists().where(order_plans.c.order_id == cancelled_orders.c.order_id)
    connection.execute(delete(cancelled_orders).where(cancelled_orders.c.cancelled_at < before, ~planned))


def _plan(row: RowMapping) -> Plan:
    about = About(**{name: row[name] for name in About.__struct_fields__})
    return Plan(about=about, **{name: row[name] for name in Plan.__struct_fields__ if name != "about"})
