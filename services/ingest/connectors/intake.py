"""From what was read to the disk: events, objects to be asked for, people to be forgotten, in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError, Unavailable
from services.common.events import Event
from services.common.outbox import put, waiting_events
from services.common.windows import Clock
from services.ingest.campaigns import store as campaigns
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured
from services.ingest.connectors.connector import Reading, Said
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.records import Redaction

Beside = Callable[[Connection], object]
"""What is written in the same transaction."""


class Checked(NamedTuple):
    """A reading and its events. `fault`: why something that was read breaks the contract, and is left out."""

    reading: Reading
    events: Sequence[Event]
    fault: str = ""

    @property
    def made(self) -> str:
        """What became of it, in a few words."""
        counts = Counter(event.type for event in self.events)
        counts["asked for"], counts["forgotten"] = len(self.reading.wanted), len(self.reading.redacted)
        return ", ".join(f"{name} x {count}" for name, count in counts.items() if count)


class Intake:
    """The one way in for what vendors say, whether they sent it or were asked.

    `written` is told when events wait in the outbox; `wanted` is set when objects are to be asked for. At most
    `most_waiting` events may wait for Kafka; what can wait itself has half of that.
    """

    def __init__(
        self,
        database: Database,
        *,
        zone: ZoneInfo,
        clock: Clock,
        most_waiting: int,
        written: Callable[[], None],
        metrics: ConnectorMetrics,
    ) -> None:
        self._database = database
        self._zone = zone
        self._clock = clock
        self._most_waiting = most_waiting
        self._written = written
        self._metrics = metrics
        self.wanted = asyncio.Event()

    def checked(self, reading: Reading, account: Configured) -> Checked:
        """A reading held against the event contract: whatever breaks it is left out, and told."""
        events: list[Event] = []
        faults = [reading.refused] if reading.refused else []
        for said in reading.said:
            try:
                events.append(self._event(said, account))
            except CadranError as error:
                faults.append(f"{said.type}: {error}")
        if not account.can_complete:
            reading = reading._replace(wanted=())
        return Checked(reading, events, "; ".join(faults))

    async def take_at_once(self, account: Configured, found: Checked, beside: Beside) -> None:
        """Write down what a vendor sent, which waits for the answer.

        :raises Unavailable: when too much waits for Kafka, or the database does not answer.
        """
        keep = partial(self._keep, account=account, found=[found], beside=beside, most_waiting=self._most_waiting)
        await self._database.write_in_time(keep)
        self._tell(account, [found])

    async def take(self, account: Configured, found: Sequence[Checked], beside: Beside) -> None:
        """Write down what a vendor was asked for, and may be asked for again.

        :raises Unavailable: as `take_at_once`.
        """
        keep = partial(self._keep, account=account, found=found, beside=beside, most_waiting=self._most_waiting // 2)
        await self._database.write(keep)
        self._tell(account, found)

    def _event(self, said: Said, account: Configured) -> Event:
        return event_of(said, vendor=account.vendor, account=account.name, received_at=self._clock(), zone=self._zone)

    def _keep(
        self,
        connection: Connection,
        *,
        account: Configured,
        found: Sequence[Checked],
        beside: Beside,
        most_waiting: int,
    ) -> None:
        now = self._clock()
        if any(each.events for each in found):
            self._put(connection, found, most_waiting)
        for each in found:
            if each.reading.wanted:
                store.want(connection, account.vendor, account.name, each.reading.wanted, now)
            if each.reading.redacted:
                _forget(connection, account, each.reading, now)
        beside(connection)

    @staticmethod
    def _put(connection: Connection, found: Sequence[Checked], most_waiting: int) -> None:
        """Hand events over to the outbox as long as there is room in it: looked at once, and counted from there.

        :raises Unavailable: when there is none.
        """
        waiting = waiting_events(connection)
        for each in found:
            if each.events and waiting > most_waiting:
                mend = "look after Kafka; send the same again later"
                raise Unavailable("too much waits for Kafka", mend=mend, retry_after=60)
            put(connection, each.events)
            waiting += len(each.events)

    def _tell(self, account: Configured, found: Sequence[Checked]) -> None:
        events = [event for each in found for event in each.events]
        self._metrics.made(account.vendor, account.name, events)
        if events:
            self._written()
        if any(each.reading.wanted for each in found):
            self.wanted.set()


def _forget(connection: Connection, account: Configured, reading: Reading, received_at: datetime) -> None:
    erased = sum(campaigns.forget(connection, customer_id=customer) for customer in reading.redacted)
    record = Redaction(account.vendor, account.name, received_at, reading.topic, len(reading.redacted), erased)
    store.add_redaction(connection, record)
