"""Setting campaigns up, drawing customers, telling how it stands."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import Counter as Metric
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Conflict, NotFound
from services.common.outbox import put
from services.common.windows import Clock
from services.ingest.campaigns import store
from services.ingest.campaigns.answers import Standing, standing
from services.ingest.campaigns.drawing import draw
from services.ingest.campaigns.events import assigned
from services.ingest.campaigns.records import Assignment, Campaign, Setup

TOGETHER = 500
"""Customers drawn in one transaction: others, who ask about one, come in between."""


class _Found(NamedTuple):
    """Customers' assignments, and which of them were drawn just now."""

    assignments: dict[str, Assignment]
    drawn: Sequence[Assignment]


class Campaigns:
    """The hold-out service. `written` is told when events wait in the outbox."""

    def __init__(
        self, database: Database, *, zone: ZoneInfo, clock: Clock, written: Callable[[], None], drawn: Metric
    ) -> None:
        self._database = database
        self._zone = zone
        self._clock = clock
        self._written = written
        self._drawn = drawn

    async def set_up(self, campaign_id: str, setup: Setup) -> tuple[Campaign, bool]:
        """Keep a campaign; whether it is new. Another share counts for who is drawn from now on.

        :raises Conflict: when its seed would be another.
        """
        return await self._database.write_in_time(partial(self._set_up, campaign_id=campaign_id, setup=setup))

    async def one(self, campaign_id: str) -> Standing:
        """A campaign.

        :raises NotFound: when there is none with this id.
        """

        def read(connection: Connection) -> Standing:
            campaign = _campaign(connection, campaign_id)
            return standing(campaign, store.tallies(connection, [campaign_id]).get(campaign_id, []))

        return await self._database.read_in_time(read)

    async def page(self, *, after: str, limit: int) -> list[Standing]:
        """Some campaigns in the order of their ids, from the one after on."""

        def read(connection: Connection) -> list[Standing]:
            found = store.campaigns(connection, after=after, limit=limit)
            tallies = store.tallies(connection, [campaign.campaign_id for campaign in found])
            return [standing(campaign, tallies.get(campaign.campaign_id, [])) for campaign in found]

        return await self._database.read_in_time(read)

    async def assign(self, campaign_id: str, customers: Sequence[str]) -> list[Assignment]:
        """What is drawn for some customers, in their order: who was not drawn before is drawn, for good.

        :raises NotFound: when there is no campaign with this id.
        :raises Unavailable: when the database does not answer. Some may be drawn: ask again.
        """
        once = list(dict.fromkeys(customers))
        found: dict[str, Assignment] = {}
        for start in range(0, len(once), TOGETHER):
            found |= await self._assign(campaign_id, once[start : start + TOGETHER])
        return [found[customer] for customer in customers]

    async def assignments(self, campaign_id: str, *, after: str, limit: int) -> list[Assignment]:
        """Some of what was drawn in the order of the customers' ids, from the one after on.

        :raises NotFound: when there is no campaign with this id.
        """

        def read(connection: Connection) -> list[Assignment]:
            _campaign(connection, campaign_id)
            return store.assignments(connection, campaign_id, after=after, limit=limit)

        return await self._database.read_in_time(read)

    async def _assign(self, campaign_id: str, customers: Sequence[str]) -> dict[str, Assignment]:
        known = await self._database.read_in_time(partial(_known, campaign_id=campaign_id, customers=customers))
        if len(known) == len(customers):
            return known
        found = await self._database.write_in_time(partial(self._draw, campaign_id=campaign_id, customers=customers))
        for group, count in Counter(assignment.group for assignment in found.drawn).items():
            self._drawn.labels(group.value).inc(count)
        if found.drawn:
            self._written()
        return found.assignments

    def _draw(self, connection: Connection, *, campaign_id: str, customers: Sequence[str]) -> _Found:
        """Draw who was not drawn, and write down what that tells. One transaction at a time writes."""
        campaign, now = _campaign(connection, campaign_id), self._clock()
        known = store.assignments_of(connection, campaign_id, customers)
        drawn = [Assignment(customer, draw(campaign, customer), now) for customer in customers if customer not in known]
        store.add_assignments(connection, campaign, drawn)
        put(connection, (assigned(campaign_id, assignment, self._zone) for assignment in drawn))
        return _Found(known | {assignment.customer_id: assignment for assignment in drawn}, drawn)

    def _set_up(self, connection: Connection, *, campaign_id: str, setup: Setup) -> tuple[Campaign, bool]:
        before = store.campaign(connection, campaign_id)
        if before is None:
            seed = setup.seed or secrets.token_hex(8)
            campaign = Campaign(campaign_id, setup.name or campaign_id, setup.share, seed, self._clock())
        elif setup.seed not in (None, before.seed):
            mend = "leave it out; a campaign with another seed is another campaign, with an id of its own"
            raise Conflict("the seed of a campaign never changes", field="seed", mend=mend)
        else:
            campaign = msgspec.structs.replace(before, share=setup.share, name=setup.name or before.name)
        store.put_campaign(connection, campaign)
        return campaign, before is None


def _campaign(connection: Connection, campaign_id: str) -> Campaign:
    found = store.campaign(connection, campaign_id)
    if found is None:
        path = f"/v1/campaigns/{quote(campaign_id, safe='')}"
        mend = f'set it up first: PUT {path} with {{"share": 0.9}}, or `cadran campaigns set`'
        raise NotFound(f"no campaign is called {campaign_id!r}", mend=mend)
    return found


def _known(connection: Connection, *, campaign_id: str, customers: Sequence[str]) -> dict[str, Assignment]:
    _campaign(connection, campaign_id)
    return store.assignments_of(connection, campaign_id, customers)
