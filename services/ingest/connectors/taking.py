"""From what was read to the disk: events, objects to be asked for, people to be forgotten, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.errors import CadranError
from services.common.events import Event
from services.common.outbox import put
from services.ingest.campaigns import store as campaigns
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.records import Redaction


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


def checked(reading: Reading, account: Configured, received_at: datetime, zone: ZoneInfo) -> Checked:
    """A reading held against the event contract: whatever breaks it is left out, and told."""
    events: list[Event] = []
    faults = [reading.refused] if reading.refused else []
    for said in reading.said:
        try:
            event = event_of(said, vendor=account.vendor, account=account.name, received_at=received_at, zone=zone)
            events.append(event)
        except CadranError as error:
            faults.append(f"{said.type}: {error}")
    if not account.can_complete:
        reading = reading._replace(wanted=())
    return Checked(reading, events, "; ".join(faults))


def keep(
    connection: Connection, account: Configured, found: Iterable[Checked], received_at: datetime, most_waiting: int
) -> None:
    """Write down what is to be done.

    :raises Unavailable: when too much waits for Kafka.
    """
    for each in found:
        if each.events:
            store.require_room(connection, most_waiting)
            put(connection, each.events)
        if each.reading.wanted:
            store.want(connection, account.vendor, account.name, each.reading.wanted, received_at)
        if each.reading.redacted:
            _forget(connection, account, each.reading, received_at)


def _forget(connection: Connection, account: Configured, reading: Reading, received_at: datetime) -> None:
    erased = sum(campaigns.forget(connection, customer_id=customer) for customer in reading.redacted)
    record = Redaction(account.vendor, account.name, received_at, reading.topic, len(reading.redacted), erased)
    store.add_redaction(connection, record)
