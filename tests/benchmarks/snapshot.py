"""How long Prometheus waits for the exporter: a company of 50 reps, 20 regions and 8 channels, seen over years."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.common.settings import Port
from services.common.windows import utc_now
from tests.benchmarks.cadran import PATIENCE, Observer
from tests.benchmarks.measured import Snapshot
from tests.benchmarks.orders import Sent, message, publish
from tests.benchmarks.programs import running
from tests.support.stack import RunningStack, wait_for

REPS, REGIONS, CHANNELS, CUSTOMERS = 50, 20, 8, 10_000
SCRAPES = 5
WORKER, EXPORTER = "services.kpi_stream.main", "services.kpi_stream.exporter.main"


def company(days: int, *, until: datetime) -> Iterator[Sent]:
    """An order and a lead a day of every rep; half of the leads are won or lost the same day."""
    random = Random(7)
    for back in range(days, 0, -1):
        yield from _day(until - timedelta(days=back - 1), random)


def _day(time: datetime, random: Random) -> Iterator[Sent]:
    for number in range(REPS):
        rep, region, name = f"rep-{number}", f"region-{number % REGIONS}", f"{time:%Y%m%dT%H%M%S.%f}-{number}"
        amount = {"currency": "EUR", "region": region, "rep_id": rep}
        line = {"sku": "SKU-1", "quantity": 1, "gross_minor": random.randint(100, 99_999)}
        channel = f"channel-{random.randrange(CHANNELS)}"
        who = {"customer_id": f"c-{random.randrange(CUSTOMERS)}"}
        yield _event("order.placed", f"O-{name}", time, {**amount, **who, "channel": channel, "lines": [line]})
        yield _event("lead.created", f"L-{name}", time, {**amount, "source": random.choice(("fair", "web"))})
        if random.random() < 0.5:
            yield _event("lead.closed", f"L-{name}", time, {"outcome": random.choice(("won", "lost")), "rep_id": rep})


def _event(event_type: str, subject: str, time: datetime, data: dict[str, Any]) -> Sent:
    return {
        "specversion": "1.0",
        "id": f"{event_type}-{subject}",
        "source": "/bench",
        "type": event_type,
        "subject": subject,
        "time": time.isoformat(),
        "data": data,
    }


def measure(stack: RunningStack, days: int) -> list[Snapshot]:
    """The first scrape; scrapes while nothing moves; scrapes after each of which something of today has moved."""
    with Observer(stack.settings) as observer, running(stack, WORKER):
        _apply(stack, observer, company(days, until=utc_now()))
        with running(stack, EXPORTER):
            wait_for(lambda: httpx.get(_url(stack, "/readyz")).raise_for_status(), "the exporter is ready")
            cold = _scrape(stack, "snapshot_cold")
            still = [_scrape(stack, "snapshot_still") for _ in range(SCRAPES)]
            moved = []
            for _ in range(SCRAPES):
                _apply(stack, observer, company(1, until=utc_now()))
                moved.append(_scrape(stack, "snapshot_today_moved"))
    return [cold, _median(still), _median(moved)]


def _apply(stack: RunningStack, observer: Observer, history: Iterator[Sent]) -> None:
    publish(stack.settings.kafka_servers, map(message, history))
    wait_for(lambda: observer.applied() >= sum(observer.ends().values()), "all is applied", PATIENCE)


def _scrape(stack: RunningStack, name: str) -> Snapshot:
    start = time.perf_counter()
    text = httpx.get(_url(stack, "/metrics"), timeout=60).raise_for_status().text
    seconds = time.perf_counter() - start
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    told = next(sample.value for sample in samples if sample.name == "cadran_exporter_snapshot_seconds")
    return Snapshot(name, seconds, told, len(samples))


def _median(snapshots: list[Snapshot]) -> Snapshot:
    return sorted(snapshots, key=lambda snapshot: snapshot.seconds)[len(snapshots) // 2]


def _url(stack: RunningStack, path: str) -> str:
    return f"http://127.0.0.1:{stack.settings.port(Port.EXPORTER)}{path}"
