"""Reading and writing what connectors keep. Every function takes the connection of a transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, insert, select, update

from services.ingest import tables
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.records import DeliveryRecord, Outcome, Redaction, Sync, Taken, WantedObject

KEPT_DELIVERIES = 500
"""Of each account."""

_deliveries, _wanted, _syncs = tables.deliveries.c, tables.wanted.c, tables.syncs.c


def add_delivery(connection: Connection, vendor: str, account: str, received_at: datetime, taken: Taken) -> None:
    row = {
        "vendor": vendor,
        "account": account,
        "received_at": received_at,
        "topic": taken.topic[:200],
        "outcome": taken.outcome.value,
        "reason": taken.reason[:500],
        "made": taken.made[:500],
    }
    connection.execute(insert(tables.deliveries), row)


def deliveries_of(
    connection: Connection, vendor: str, account: str, *, after: int, limit: int
) -> Sequence[DeliveryRecord]:
    """Its last deliveries of greater id, oldest first."""
    columns = [_deliveries[name] for name in DeliveryRecord.__struct_fields__]
    its = and_(_deliveries.vendor == vendor, _deliveries.account == account, _deliveries.id > after)
    query = select(*columns).where(its).order_by(_deliveries.id.desc()).limit(limit)
    rows = connection.execute(query).mappings().all()
    return [DeliveryRecord(**{**row, "outcome": Outcome(row["outcome"])}) for row in reversed(rows)]


def prune_deliveries(connection: Connection, vendor: str, account: str) -> None:
    """Forget all but the last."""
    its = and_(_deliveries.vendor == vendor, _deliveries.account == account)
    oldest_kept = select(_deliveries.id).where(its).order_by(_deliveries.id.desc()).offset(KEPT_DELIVERIES).limit(1)
    oldest = connection.execute(oldest_kept).scalar()
    if oldest is not None:
        connection.execute(delete(tables.deliveries).where(its, _deliveries.id <= oldest))


def want(connection: Connection, vendor: str, account: str, wanted: Iterable[Wanted], due_at: datetime) -> None:
    """Have objects asked for, each once however often it is named."""
    for each in dict.fromkeys(wanted):
        its = _its_object(vendor, account, each)
        anew = {"asked_anew": _wanted.asked_anew + 1, "due_at": due_at, "tries": 0}
        if not connection.execute(update(tables.wanted).where(its).values(anew)).rowcount:
            row = {"vendor": vendor, "account": account, "due_at": due_at, "tries": 0, "asked_anew": 0}
            connection.execute(insert(tables.wanted), {**row, **each._asdict()})


def _its_object(vendor: str, account: str, wanted: Wanted) -> Any:
    return and_(
        _wanted.vendor == vendor,
        _wanted.account == account,
        _wanted.kind == wanted.kind,
        _wanted.object_id == wanted.object_id,
    )


def count_wanted(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(tables.wanted)).scalar_one()


def claim_wanted(
    connection: Connection, vendor: str, account: str, *, now: datetime, until: datetime, limit: int
) -> Sequence[WantedObject]:
    """Some objects that are due, those first that have waited longest; nobody else takes them until then."""
    columns = [_wanted[name] for name in WantedObject.__struct_fields__]
    due = and_(_wanted.vendor == vendor, _wanted.account == account, _wanted.due_at <= now)
    query = select(*columns).where(due).order_by(_wanted.due_at).limit(limit)
    found = [WantedObject(**row) for row in connection.execute(query).mappings()]
    for each in found:
        connection.execute(update(tables.wanted).where(_same(each)).values(due_at=until))
    return found


def had(connection: Connection, wanted: WantedObject) -> None:
    """An object was had, or will never be: it is not asked for any more, unless it was named again meanwhile."""
    connection.execute(delete(tables.wanted).where(_same(wanted), _wanted.asked_anew == wanted.asked_anew))


def put_off(connection: Connection, wanted: WantedObject, due_at: datetime) -> None:
    connection.execute(update(tables.wanted).where(_same(wanted)).values(due_at=due_at, tries=wanted.tries + 1))


def _same(wanted: WantedObject) -> Any:
    return _its_object(wanted.vendor, wanted.account, Wanted(wanted.kind, wanted.object_id))


def sync_of(connection: Connection, vendor: str, account: str) -> Sync | None:
    columns = [_syncs[name] for name in Sync.__struct_fields__]
    row = connection.execute(select(*columns).where(_its_sync(vendor, account))).mappings().first()
    return None if row is None else Sync(**row)


def begin_sync(connection: Connection, vendor: str, account: str, *, since: datetime, now: datetime) -> None:
    """Begin a pull, in place of the one before."""
    connection.execute(delete(tables.syncs).where(_its_sync(vendor, account)))
    row = {"vendor": vendor, "account": account, "since": since, "started_at": now, "due_at": now}
    nothing = {"finished_at": None, "cursor": "", "objects": 0, "total": None, "events": 0, "left_out": 0, "fault": ""}
    connection.execute(insert(tables.syncs), {**row, **nothing})


def claim_sync(connection: Connection, vendor: str, account: str, *, now: datetime, lease: timedelta) -> Sync | None:
    """The pull of an account, if it goes on now; nobody else takes it meanwhile."""
    its = and_(_its_sync(vendor, account), _syncs.finished_at.is_(None), _syncs.due_at <= now)
    if not connection.execute(update(tables.syncs).where(its).values(due_at=now + lease)).rowcount:
        return None
    return sync_of(connection, vendor, account)


def change_sync(connection: Connection, vendor: str, account: str, started_at: datetime, **changes: Any) -> bool:
    """Keep how far a pull is; whether it is still that one."""
    its = and_(_its_sync(vendor, account), _syncs.started_at == started_at)
    return bool(connection.execute(update(tables.syncs).where(its).values(changes)).rowcount)


def _its_sync(vendor: str, account: str) -> Any:
    return and_(_syncs.vendor == vendor, _syncs.account == account)


def add_redaction(connection: Connection, redaction: Redaction) -> None:
    connection.execute(insert(tables.redactions), msgspec.structs.asdict(redaction))


def redactions(connection: Connection, *, limit: int) -> Sequence[Redaction]:
    """The last demands, newest first."""
    columns = [tables.redactions.c[name] for name in Redaction.__struct_fields__]
    query = select(*columns).order_by(tables.redactions.c.id.desc()).limit(limit)
    return [Redaction(**row) for row in connection.execute(query).mappings()]
