"""How long it takes until what is accepted now is visible, whatever partition it is in."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from services.common.partitions import partition_of
from services.common.settings import Port
from tests.faults.sender import CloudEvent, Sender
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, wait_for

FIRST_DAY = date(2001, 1, 1)
"""Each round has a day of its own, years away from the traffic's."""
PATIENCE = 200.0
"""Seconds: longer than a stalled worker takes to end by itself, so that this is measured as any stall is."""


class Probe:
    """Sends a lead and the order that wins it to every partition, and waits until the read API has all of them."""

    def __init__(self, stack: RunningStack) -> None:
        self.sender = Sender(stack)
        self._reader = stack.http(Port.EXPORTER)
        self._partitions = stack.settings.partitions
        self._rounds = count()

    def close(self) -> None:
        self.sender.close()
        self._reader.close()

    def seconds_until_visible(self, since: float) -> float:
        """Counted from a moment of the monotonic clock."""
        number = next(self._rounds)
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        self.sender.send(list(self._events(f"probe.{number}", day)))
        wait_for(lambda: self._all_seen(day), "what is accepted is visible in every partition", PATIENCE)
        return time.monotonic() - since

    def _events(self, name: str, day: str) -> Iterator[CloudEvent]:
        noon = f"{day}T12:00:00Z"
        for partition in range(self._partitions):
            lead, order = (self._subject(f"{name}.{kind}", partition) for kind in "LO")
            yield cloud_event("lead.created", lead, noon)
            yield cloud_event(
                "order.placed", order, noon, channel="probe", currency="EUR", lines=[line(1)], lead_id=lead
            )

    def _subject(self, prefix: str, partition: int) -> str:
        """A name that lies in a partition."""
        names = (f"{prefix}{i}" for i in count())
        return next(name for name in names if partition_of(name, self._partitions) == partition)

    def _all_seen(self, day: str) -> bool:
        sales, leads = (self._measures(kpi, day) for kpi in ("sales", "acquisition_rate"))
        return sales["orders"] == leads["won"] == self._partitions

    def _measures(self, kpi: str, day: str) -> dict[str, int]:
        response = self._reader.get(f"/v1/kpis/{kpi}", params={"from": day, "to": day})
        response.raise_for_status()
        measures: dict[str, int] = response.json()["rows"][0]["measures"]
        return measures
