"""Reading and writing campaigns and what was drawn. Every function takes the connection of a transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from services.ingest import tables
from services.ingest.campaigns.balance import Tally
from services.ingest.campaigns.records import Assignment, Campaign, Group

_campaigns, _assignments = tables.campaigns.c, tables.assignments.c


def campaign(connection: Connection, campaign_id: str) -> Campaign | None:
    query = select(tables.campaigns).where(_campaigns.campaign_id == campaign_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else Campaign(**row)


def campaigns(connection: Connection, *, after: str, limit: int) -> list[Campaign]:
    """Some campaigns in the order of their ids, from the one after on."""
    query = select(tables.campaigns).where(_campaigns.campaign_id > after).order_by(_campaigns.campaign_id).limit(limit)
    return [Campaign(**row) for row in connection.execute(query).mappings()]


def put_campaign(connection: Connection, campaign: Campaign) -> None:
    """Keep a campaign in place of the one before."""
    row = msgspec.structs.asdict(campaign)
    its = _campaigns.campaign_id == campaign.campaign_id
    if not connection.execute(update(tables.campaigns).where(its).values(row)).rowcount:
        connection.execute(insert(tables.campaigns), row)


def assignments_of(connection: Connection, campaign_id: str, customers: Sequence[str]) -> dict[str, Assignment]:
    """What was drawn for some customers; those who were not are left out."""
    its = _assignments.campaign_id == campaign_id, _assignments.customer_id.in_(customers)
    return {row["customer_id"]: _assignment(row) for row in _rows(connection, *its)}


def assignments(connection: Connection, campaign_id: str, *, after: str, limit: int) -> list[Assignment]:
    """Some of what was drawn in the order of the customers' ids, from the one after on."""
    its = _assignments.campaign_id == campaign_id, _assignments.customer_id > after
    return [_assignment(row) for row in _rows(connection, *its, limit=limit)]


def add_assignments(connection: Connection, campaign: Campaign, drawn: Iterable[Assignment]) -> None:
    """Keep what was drawn, with the share that is in force."""
    common = {"campaign_id": campaign.campaign_id, "share": campaign.share}
    rows = [{**common, **msgspec.structs.asdict(assignment)} for assignment in drawn]
    if rows:
        connection.execute(insert(tables.assignments), rows)


def tallies(connection: Connection, campaign_ids: Sequence[str]) -> dict[str, list[Tally]]:
    """Of some campaigns, how many were drawn into each group under each share."""
    by = _assignments.campaign_id, _assignments.share, _assignments.group
    query = select(*by, func.count()).where(_assignments.campaign_id.in_(campaign_ids)).group_by(*by).order_by(*by)
    found: defaultdict[str, list[Tally]] = defaultdict(list)
    for campaign_id, share, group, count in connection.execute(query):
        found[campaign_id].append(Tally(share, Group(group), count))
    return found


def groups_of(connection: Connection, *, customer_id: str) -> dict[str, Group]:
    """What a customer was drawn into, by campaign."""
    its = _assignments.customer_id == customer_id
    query = select(_assignments.campaign_id, _assignments.group).where(its).order_by(_assignments.campaign_id)
    return {campaign_id: Group(group) for campaign_id, group in connection.execute(query)}


def forget(connection: Connection, *, customer_id: str) -> int:
    """Delete what was drawn for a customer, in every campaign; in how many."""
    return connection.execute(delete(tables.assignments).where(_assignments.customer_id == customer_id)).rowcount


def _rows(connection: Connection, *conditions: Any, limit: int | None = None) -> Iterable[RowMapping]:
    query = select(tables.assignments).where(*conditions).order_by(_assignments.customer_id).limit(limit)
    return connection.execute(query).mappings()


def _assignment(row: RowMapping) -> Assignment:
    return Assignment(row["customer_id"], Group(row["group"]), row["assigned_at"])
