"""`make bench-pages`: what fifty open pages of the board take from everybody else, and whether one grows.

Under steady traffic, slices with the pages open take turns with slices without, on one stack, so that a slow minute of
the machine falls on both. Of each slice: how long an order takes from accepted to visible in the read API, how long the
read API takes to answer, and the processor time of each program. Ratios are of the medians over all slices.

Beside the pages one is open in Chromium: its heap and its nodes after garbage collection, by the updates it received.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median
from typing import NamedTuple

import httpx
from playwright.async_api import Page, async_playwright

from services.board.users import Role, Users
from services.common.settings import Port
from tests.benchmarks.latency import percentile
from tests.benchmarks.programs import cpu_seconds
from tests.support.browser import CHROMIUM
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, running_stack

REPS, HISTORY_DAYS, HISTORY_ORDERS = 10, 60, 20_000
DIRECTORS, CUTS = (
    30,
    ("rep", "channel", "region", "store", "source", "team", "kind", "touchpoint", "medium", "campaign"),
)
"""Of fifty pages thirty are the director's, ten are cuts of it, and ten are a rep's own."""
TRAFFIC, PROBES = 20.0, 2.0
"""Orders a second that move the pages; and those whose way is timed."""
FIRST_PROBE = date(2001, 1, 1)
PROGRAMS = ("worker", "exporter", "board")
PASSWORD = "four words put together"
"""Of people whom this stack alone knows."""


class Slice(NamedTuple):
    """What was measured in a time: seconds from accepted to visible, of the read API's answers, of processors."""

    visible: list[float]
    answers: list[float]
    processor: Mapping[str, float]


def order(number: int, random: Random, time: datetime) -> dict[str, object]:
    return cloud_event(
        "order.placed", f"o{number}", time, channel=random.choice(("online", "store")), currency="EUR",
        region=random.choice(("north", "south")), rep_id=f"r{random.randrange(REPS):02}",
        lines=[line(random.randrange(1_000, 90_000))],
    )  # fmt: skip


def load_history(stack: RunningStack) -> None:
    random, now = Random(8), datetime.now(UTC)
    orders = [
        order(number, random, now - timedelta(days=random.random() * HISTORY_DAYS)) for number in range(HISTORY_ORDERS)
    ]
    for start in range(0, HISTORY_ORDERS, 5_000):
        stack.send(orders[start : start + 5_000])
    stack.wait_applied()


async def traffic(client: httpx.AsyncClient) -> None:
    """Orders of now, for ever."""
    random, number = Random(9), HISTORY_ORDERS
    while True:
        number += 1
        await client.post("/v1/events", json=order(number, random, datetime.now(UTC) - timedelta(seconds=1)))
        await asyncio.sleep(1 / TRAFFIC)


async def probe(ingest: httpx.AsyncClient, reader: httpx.AsyncClient, number: int) -> float:
    """Seconds from an order's acceptance until the read API shows it, on a day of its own."""
    day = (FIRST_PROBE + timedelta(days=number)).isoformat()
    event = cloud_event(
        "order.placed", f"p{number}", f"{day}T12:00:00Z", channel="online", currency="EUR", lines=[line(1)]
    )
    (await ingest.post("/v1/events", json=event)).raise_for_status()
    accepted = time.perf_counter()
    while True:
        answer = await reader.get("/v1/kpis/sales", params={"from": day, "to": day})
        if answer.json()["rows"][0]["value"]:
            return time.perf_counter() - accepted
        await asyncio.sleep(0.01)


async def answer_of(reader: httpx.AsyncClient) -> float:
    began = time.perf_counter()
    (await reader.get("/v1/kpis/sales", params={"window": "mtd", "by": "rep"})).raise_for_status()
    return time.perf_counter() - began


async def measured(
    stack: RunningStack, ingest: httpx.AsyncClient, reader: httpx.AsyncClient, first: int, count: int
) -> Slice:
    before = {program: cpu_seconds(stack.pid(program)) for program in PROGRAMS}
    visible, answers = [], []
    for number in range(first, first + count):
        visible.append(await probe(ingest, reader, number))
        answers += [await answer_of(reader) for _ in range(5)]
        await asyncio.sleep(1 / PROBES)
    used = {program: cpu_seconds(stack.pid(program)) - before[program] for program in PROGRAMS}
    return Slice(visible, answers, used)


class Listeners:
    """Pages that are open: what they have received."""

    def __init__(self) -> None:
        self.events = 0

    async def keep_open(self, client: httpx.AsyncClient, path: str) -> None:
        async with client.stream("GET", f"/live{path}", timeout=60) as response:
            async for text in response.aiter_lines():
                self.events += text.startswith("event: ")


@asynccontextmanager
async def pages_open(stack: RunningStack, listeners: Listeners) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=None)
    clients = [
        httpx.AsyncClient(base_url=stack.url(Port.BOARD), limits=limits, cookies=cookies)
        for cookies in people(stack)
    ]  # fmt: skip
    director, *reps = clients
    paths = ["/"] * DIRECTORS + [f"/?by={cut}" for cut in CUTS]
    tasks = [asyncio.create_task(listeners.keep_open(director, path)) for path in paths]
    tasks += [asyncio.create_task(listeners.keep_open(rep, "/")) for rep in reps]
    await asyncio.sleep(3)
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for client in clients:
            await client.aclose()


def people(stack: RunningStack) -> list[dict[str, str]]:
    """The sessions of a director and of every rep."""
    users = Users(stack.layout.board_users)
    if len(users.all()) == 1:
        for number in range(REPS):
            users.add(f"r{number:02}", Role.REP, f"r{number:02}", PASSWORD)
        time.sleep(1.1)
    signed_in = []
    for name, password in (("director", ""), *((f"r{number:02}", PASSWORD) for number in range(REPS))):
        with stack.board(name, password) as client:
            signed_in.append(dict(client.cookies))
    return signed_in


class Held(NamedTuple):
    """What a page holds after garbage collection."""

    heap_kb: float
    nodes: float
    listeners: float


async def held(page: Page) -> Held:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    await session.send("Performance.enable")
    found = {each["name"]: each["value"] for each in (await session.send("Performance.getMetrics"))["metrics"]}
    await session.detach()
    return Held(found["JSHeapUsedSize"] / 1000, found["Nodes"], found["JSEventListeners"])


async def run(stack: RunningStack, slices: int, seconds: float) -> None:
    headers = {"Authorization": f"Bearer {stack.key}"}
    count, listeners = round(seconds * PROBES / 1.2), Listeners()
    slices_of: dict[bool, list[Slice]] = {False: [], True: []}
    async with (
        httpx.AsyncClient(base_url=stack.url(Port.INGEST), headers=headers, timeout=30) as ingest,
        httpx.AsyncClient(base_url=stack.url(Port.EXPORTER), headers=headers, timeout=30) as reader,
        async_playwright() as playwright,
    ):
        flowing = asyncio.create_task(traffic(ingest))
        await measured(stack, ingest, reader, 0, 5)
        first = 5
        for number in range(slices):
            for is_open in (False, True) if number % 2 else (True, False):
                if is_open:
                    async with pages_open(stack, listeners):
                        found = await measured(stack, ingest, reader, first, count)
                else:
                    found = await measured(stack, ingest, reader, first, count)
                slices_of[is_open].append(found)
                print(f"slice {number + 1}/{slices} {'open' if is_open else 'shut'}: {told(found)}", flush=True)
                first += count
        print(compared(slices_of[False], slices_of[True], listeners.events))
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        await one_grows(await browser.new_page(base_url=stack.url(Port.BOARD)), stack, seconds * slices / 2)
        await browser.close()
        flowing.cancel()


async def one_grows(page: Page, stack: RunningStack, seconds: float) -> None:
    """A page left open: what it holds, four times."""
    cookies = people(stack)[0]
    await page.context.add_cookies([{"name": n, "value": v, "url": stack.url(Port.BOARD)} for n, v in cookies.items()])
    await page.goto("/")
    await page.evaluate("window.updates = 0")
    await page.evaluate(
        "new MutationObserver(() => window.updates++).observe(content, {childList: true, subtree: true})"
    )
    seen = []
    for _ in range(4):
        await asyncio.sleep(seconds / 4)
        seen.append((await page.evaluate("window.updates"), await held(page)))
        updates, now = seen[-1]
        print(f"one page after {updates:>5} updates: {now.heap_kb:,.0f} kB, {now.nodes:,.0f} nodes", flush=True)
    (u0, first), (u1, last) = seen[0], seen[-1]
    an_hour = (last.heap_kb - first.heap_kb) / (seconds * 3 / 4) * 3600
    print(
        f"between: {u1 - u0} updates, {last.heap_kb - first.heap_kb:+,.0f} kB; at this rate {an_hour:+,.0f} kB an hour"
    )


def told(found: Slice) -> str:
    processor = ", ".join(f"{name} {used:.1f} s" for name, used in found.processor.items())
    return (
        f"visible p50 {percentile(sorted(found.visible), 50) * 1000:.0f} ms, "
        f"answers p50 {percentile(sorted(found.answers), 50) * 1000:.1f} ms, processor time {processor}"
    )


def compared(shut: Sequence[Slice], opened: Sequence[Slice], events: int) -> str:
    def ratio(of: "str") -> float:
        return median(median(getattr(each, of)) for each in opened) / median(median(getattr(each, of)) for each in shut)

    lines = [f"pages open / shut, medians ({events:,} pushes received):"]
    lines += [
        f"  from accepted to visible {ratio('visible'):.2f}",
        f"  the read API's answers   {ratio('answers'):.2f}",
    ]
    for program in PROGRAMS:
        used = [median(each.processor[program] for each in slices) for slices in (shut, opened)]
        lines.append(f"  processor time of the {program:<8} {used[0]:.1f} -> {used[1]:.1f} s a slice")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what fifty open pages take from everybody else.")
    parser.add_argument("--slices", type=int, default=5, help="with the pages open, and as many without")
    parser.add_argument("--seconds", type=float, default=60, help="of each slice")
    arguments = parser.parse_args()
    with running_stack() as stack:
        load_history(stack)
        asyncio.run(run(stack, arguments.slices, arguments.seconds))


if __name__ == "__main__":
    main()
