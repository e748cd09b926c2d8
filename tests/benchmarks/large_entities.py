"""`make bench-large`: what the largest entities take: an order of 500 lines, a customer of thousands of orders.

A record of each goes the way that a worker takes it, but for the servers: decoded, its entity unpacked as Redis has it,
folded, its contributions made and packed, fanned out to cells, told to others. The median of some passes.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

import msgspec

from services.common.events import Event, encode
from services.kpi_stream.entities.answer import Score
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.entities.notices import MOST, Notice
from services.kpi_stream.entities.statements import microseconds
from services.kpi_stream.fan_out import fan_out
from services.kpi_stream.folding import EntityName, Folder, by_entity
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.records import notice_messages, read
from tests.support.engine import STATE, MemoryRecord
from tests.support.events import DECLARED, PARIS, RECEIVED, event, line

PASSES = 7
LINES, OFFERS = (1, 10, 100, 500, 1000), 40
ORDERS = (1, 100, 1_000, 5_000, MOST, MOST + 1, MOST + 2)
AT_ONCE = 100
"""Orders that a customer is told of by one record, at most."""

FIRST, YEARS = datetime(2023, 11, 1, 10, tzinfo=RECEIVED.tzinfo), timedelta(days=3 * 365)
FOLDER = Folder(all_kpis().values(), DECLARED)
CUSTOMER, ORDER = EntityName("customer", "C"), EntityName("order", "O")

Packed = bytes | None
"""An entity as it is stored; none that is not known."""


class Taken(NamedTuple):
    """What a record took: milliseconds by step, the entity's bytes after it, how many cells changed."""

    decode: float
    unpack: float
    fold: float
    fan_out: float
    tell: float
    packed: int
    cells: int

    @property
    def all(self) -> float:
        return self.decode + self.unpack + self.fold + self.fan_out + self.tell


def taken(records: list[MemoryRecord], name: EntityName, before: Packed) -> Taken:
    passes = [_one_pass(records, name, before) for _ in range(PASSES)]
    return Taken(*[median(own) for own in zip(*passes, strict=True)])


def _one_pass(records: list[MemoryRecord], name: EntityName, before: Packed) -> Taken:
    reading, decode = _timed(lambda: read(records, STATE))
    known, unpack = _timed(lambda: {} if before is None else {name: _unpacked(name, before)})
    folded, fold = _timed(lambda: FOLDER.fold(by_entity(reading.items), known))
    now = int(RECEIVED.timestamp())
    changes, spread = _timed(lambda: fan_out(folded.facts, zone=PARIS, reporting_currency="EUR", now=now))
    _, tell = _timed(lambda: notice_messages(folded.notices, STATE))
    assert not folded.unapplied
    cells = sum(1 for own in changes.additions.values() for sums in own.values() for value in sums if value)
    return Taken(decode, unpack, fold, spread, tell, len(folded.packed.get(name, before or b"")), cells)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    done = work()
    return done, (time.perf_counter() - begun) * 1e3


def _unpacked(name: EntityName, packed: bytes) -> Any:
    return msgspec.msgpack.decode(packed, type=ENTITY_KINDS[name.kind].model)


def stored(records: Iterable[MemoryRecord], name: EntityName) -> Packed:
    """An entity after some records, as it is stored."""
    return FOLDER.fold(by_entity(read(records, STATE).items), {}).packed.get(name)


def order(lines: int, revision: int) -> MemoryRecord:
    """An order of so many lines, of which offers brought 40 at most; an edit changes the price of each."""
    sold = [line(4900 + i + revision, sku=f"SKU-{i:03}", rep=f"r{i % 12}") for i in range(lines)]
    brought = [each | {"offer_id": f"F{i}" if i < OFFERS else None} for i, each in enumerate(sold)]
    whose = {"store_id": "lyon", "region": "east", "rep_id": "ana", "lead_id": "L", "customer_id": "C"}
    data = {"channel": "store", "currency": "EUR", "lines": brought, "revision": revision, **whose}
    return record_of(event("order.placed", ORDER.id, RECEIVED, **data), revision)


def record_of(said: Event, offset: int) -> MemoryRecord:
    return MemoryRecord(offset, 0, said.subject.encode(), encode(said), [])


def contacts_and_draws(numbers: range) -> Iterator[MemoryRecord]:
    """Contacts of a campaign each, which also drew the customer, spread over three years."""
    for i in numbers:
        time, campaign = FIRST + YEARS * i / MOST, {"campaign_id": f"K{i}"}
        yield record_of(event("customer.contacted", "C", time, contact_id=f"k{i}", medium="email", **campaign), 2 * i)
        yield record_of(event("customer.assigned", "C", time, group="contact", **campaign), 2 * i + 1)


def scores_of_a_customer(numbers: range) -> list[MemoryRecord]:
    """What answers, spread over three years, tell their customer."""
    told = [Notice(CUSTOMER.id, f"N{i}", i, Score(microseconds(FIRST + YEARS * i / MOST), i % 11)) for i in numbers]
    messages = notice_messages({"answer_to_customer": told}, STATE)
    return [MemoryRecord(i, 0, None, each.value, list(each.headers)) for i, each in enumerate(messages)]


def orders_of_a_customer(numbers: range) -> list[MemoryRecord]:
    """What orders, spread over three years, tell their customer."""
    told = [Notice(CUSTOMER.id, f"O{i:05}", i, microseconds(FIRST + YEARS * i / MOST)) for i in numbers]
    messages = notice_messages({"order_to_customer": told}, STATE)
    return [MemoryRecord(i, 0, None, each.value, list(each.headers)) for i, each in enumerate(messages)]


def large_orders() -> Iterator[tuple[str, Taken]]:
    for lines in LINES:
        new = [order(lines, revision=0)]
        yield f"{lines:,} lines, new", taken(new, ORDER, None)
        yield f"{lines:,} lines, edited", taken([order(lines, revision=1)], ORDER, stored(new, ORDER))


def large_customers() -> Iterator[tuple[str, Taken]]:
    for count in ORDERS:
        before = stored(orders_of_a_customer(range(count - 1)), CUSTOMER)
        yield f"order {count:,}", taken(orders_of_a_customer(range(count - 1, count)), CUSTOMER, before)
    before = stored(orders_of_a_customer(range(MOST - AT_ONCE)), CUSTOMER)
    last = orders_of_a_customer(range(MOST - AT_ONCE, MOST))
    yield f"the last {AT_ONCE} of {MOST:,} at once", taken(last, CUSTOMER, before)
    for count in (1_000, MOST):
        numbers = range(count - 1)
        rich = [*orders_of_a_customer(numbers), *contacts_and_draws(numbers), *scores_of_a_customer(numbers)]
        last = orders_of_a_customer(range(count - 1, count))
        yield f"order {count:,}; contacts, draws, scores", taken(last, CUSTOMER, stored(rich, CUSTOMER))
    yield f"{MOST + 1:,} at once", taken(orders_of_a_customer(range(MOST + 1)), CUSTOMER, None)


def tell(title: str, rows: Iterable[tuple[str, Taken]]) -> None:
    steps = ("decode", "unpack", "fold", "fan_out", "tell", "all")
    print(f"\n{title:<40}" + "".join(f"{step.replace('_', ' '):>9}" for step in steps) + f"{'kB':>8}{'cells':>8}")
    for name, each in rows:
        times = "".join(f"{getattr(each, step):>9.2f}" for step in steps)
        print(f"{name:<40}{times}{each.packed / 1000:>8.1f}{each.cells:>8.0f}", flush=True)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("milliseconds of a core for a record, by step; the entity's size after it; cells that it changes")
    tell(f"an order, up to {OFFERS} offers", large_orders())
    tell("a customer", large_customers())


if __name__ == "__main__":
    main()
