"""`make bench-prices`: how long due pages take against what the hosts' delays allow, and what 10,000 of them take.

The service is a process of its own, on real servers; the pages are those of the test shop, which looks like many hosts.
Time runs from the first request to the end of the last page, as the shop's own log has it; each host was asked
for its robots.txt as well, which takes a turn too.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from rich.console import Console
from starlette.responses import PlainTextResponse

from services.common.settings import Port
from services.simulator.shop.catalogue import COMPETITORS, path_of, range_of
from tests.benchmarks.programs import family_mb
from tests.support.shop import RunningShop, running_shop
from tests.support.stack import RunningStack, running_stack, wait_for

HOSTS = [f"127.0.0.{number}" for number in range(2, 22)]
DUE, DELAY = 200, 1.0
MANY, WATCHED_SECONDS = 10_000, 60.0
AT_ONCE = 1000

console = Console(width=120)


class Finished(NamedTuple):
    """How long the pages took, and what the delays alone take (seconds)."""

    pages: int
    seconds: float
    allowed: float


class Memory(NamedTuple):
    """Resident memory in MB of the service and its readers: before, and the most while so many pages were watched."""

    pages: int
    read: int
    before: float
    peak: float


@contextmanager
def shop_and_stack() -> Iterator[tuple[RunningShop, RunningStack]]:
    with running_shop(HOSTS) as shop:
        for host in HOSTS:
            shop.shop.robots[host] = PlainTextResponse("")
        allowed = json.dumps([f"{host}:{shop.port}" for host in HOSTS])
        with running_stack(CADRAN_PRICING_ALLOWED_HOSTS=allowed, CADRAN_PRICING_HOST_DELAY=str(DELAY)) as stack:
            yield shop, stack


def products(shop: RunningShop, count: int, named: str) -> list[dict[str, Any]]:
    """So many products, each with a page, spread over the hosts."""
    sold = [(competitor, sku) for competitor in COMPETITORS for sku in range_of(competitor)]
    return [_product(shop, f"{named}-{i}", HOSTS[i % len(HOSTS)], *sold[i % len(sold)]) for i in range(count)]


def _product(shop: RunningShop, sku: str, host: str, competitor: Any, theirs: str) -> dict[str, Any]:
    address = shop.url(f"{path_of(competitor, theirs)}?of={sku}", host=host)
    page = {"competitor": "rival", "page": address, "locale": competitor.locale, "interval": "1d"}
    return {"sku": sku, "name": theirs, "competitors": [page]}


def watch(stack: RunningStack, listed: Sequence[dict[str, Any]]) -> None:
    with stack.http(Port.PRICING) as client:
        for start in range(0, len(listed), AT_ONCE):
            answer = client.put("/v1/watch", json=listed[start : start + AT_ONCE], timeout=120)
            assert all(item["status"] == "kept" for item in answer.json()["results"])


def pages_asked(shop: RunningShop, named: str) -> list[Any]:
    return [request for request in shop.shop.log.requests if request.query.startswith(f"of={named}-")]


def finished(shop: RunningShop, stack: RunningStack) -> Finished:
    watch(stack, products(shop, DUE, "due"))
    wait_for(lambda: len(pages_asked(shop, "due")) == DUE, "all pages are read", patience=120)
    time.sleep(1)
    began = min(request.began for request in shop.shop.log.requests)
    ended = max(request.ended or 0 for request in pages_asked(shop, "due"))
    # Between robots.txt and the first page, and between all pages, lies a delay.
    return Finished(DUE, ended - began, DUE / len(HOSTS) * DELAY)


def memory(shop: RunningShop, stack: RunningStack) -> Memory:
    pid = stack.supervisor.state("pricing").pid
    before = peak = family_mb(pid)
    watch(stack, products(shop, MANY, "many"))
    end = time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < end:
        peak = max(peak, family_mb(pid))
        time.sleep(0.2)
    return Memory(MANY, len(pages_asked(shop, "many")), before, peak)


def measure() -> tuple[Finished, Memory]:
    with shop_and_stack() as (shop, stack):
        return finished(shop, stack), memory(shop, stack)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    done, held = measure()
    console.print(
        f"{done.pages} due pages on {len(HOSTS)} hosts, {DELAY:.0f} s between requests to one: {done.seconds:.1f} s, "
        f"{done.seconds / done.allowed:.2f} x of the {done.allowed:.0f} s that the delays take",
        highlight=False,
    )
    console.print(
        f"{held.pages:,} watched pages, {held.read} of them read meanwhile: {held.peak:.0f} MB resident at most, "
        f"{held.before:.0f} MB before",
        highlight=False,
    )


if __name__ == "__main__":
    main()
