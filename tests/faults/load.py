"""Traffic to break things under, and what it must add up to."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.faults.sender import CloudEvent, Sender
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, wait_for

BATCH = 40


class Traffic:
    """Orders, returns, cancels and leads sent by a client that retries on anything but an answer; it knows the totals.

    The exact totals are of what was acknowledged: the client does not stop before every batch is.
    """

    def __init__(self, stack: RunningStack, seed: int, *, pause: float = 0.02) -> None:
        self._sender = Sender(stack)
        self._random = random.Random(seed)
        self._seed = seed
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.totals: Counter[str] = Counter()

    @property
    def sent(self) -> int:
        return len(self._sender.acknowledged)

    @property
    def retries(self) -> int:
        return self._sender.retries

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Stop sending; what was begun is sent to the end."""
        self._stop.set()
        self._thread.join(timeout=120)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            events: list[CloudEvent] = []
            for _ in range(BATCH):
                number += 1
                events += self._order(number)
            self._sender.send(events)
            time.sleep(self._pause)
        self._sender.close()

    def _order(self, number: int) -> list[CloudEvent]:
        """An order of a lead, and what happens to it."""
        name, gross = f"t{self._seed}-{number}", self._random.randint(1, 100_000)
        when = datetime.now(UTC) - timedelta(minutes=self._random.randint(1, 600))
        lead = cloud_event("lead.created", f"l{name}", when - timedelta(days=1), rep_id="ana")
        data = {"channel": "online", "currency": "EUR", "lead_id": f"l{name}", "lines": [line(gross)], "rep_id": "bob"}
        events = [cloud_event("order.placed", name, when, **data), lead]
        self.totals.update(leads=1, gross_minor=gross)
        fate = self._random.random()
        if fate < 0.1:
            events.append(cloud_event("order.cancelled", name, when))
            self.totals.update(returned_minor=gross)
        else:
            self.totals.update(orders=1)
            back = gross if fate < 0.2 else gross // 2 if fate < 0.3 else 0
            if back:
                events.append(
                    cloud_event("order.returned", name, when, return_id="r", currency="EUR", amount_minor=back)
                )
                self.totals.update(returned_minor=back)
            self.totals.update(won=int(back < gross))
        if self._random.random() < 0.1:
            events.append(events[0])
        self._random.shuffle(events)
        return events


def counted(stack: RunningStack) -> Counter[str]:
    """The same totals, as the read API tells them."""
    sales = stack.kpi("sales", window="7d")["rows"][0]["measures"]
    leads = stack.kpi("new_leads", window="7d")["rows"][0]["measures"]
    won = stack.kpi("acquisition_rate", window="7d")["rows"][0]["measures"]
    names = ("orders", "gross_minor", "returned_minor")
    return Counter({**{name: sales[name] for name in names}, "leads": leads["leads"], "won": won["won"]})


def assert_exact(stack: RunningStack, *traffic: Traffic) -> None:
    """Everything acknowledged is counted once: no more, no less."""
    stack.wait_applied()
    expected = sum((t.totals for t in traffic[1:]), traffic[0].totals)
    wait_for(lambda: counted(stack) == expected, f"{expected} (now {counted(stack)})")
