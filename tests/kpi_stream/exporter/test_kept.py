"""What is kept from scrape to scrape is what a scrape from nothing would say, whatever comes between."""

from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from services.common.events import EVENT_TYPES, Event, encode
from services.common.kafka_access import KafkaAccess
from services.common.publisher import Message
from services.common.settings import Settings
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.exporter.at_hand import changed
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.scrape import Scrape
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.live_state import prepare, switch
from services.kpi_stream.state_version import StateVersion
from tests.support.engine import STATE as ENGINE_STATE
from tests.support.events import RECEIVED, event, line
from tests.support.remote import Servers, Snapshot, Worker
from tests.support.strategies import answer_events, lead_events, offer_events, order_events, orders, price_events, reps

SHARDS = 2
BATCH = 3
TPS = [(topic.value, partition) for topic in CONSUMED_TOPICS for partition in range(SHARDS)]
MOVES = [timedelta(0), timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=7), timedelta(hours=1)]
MOVES += [timedelta(hours=13), timedelta(days=40), timedelta(days=125), timedelta(seconds=-20)]


@st.composite
def just_now(draw: st.DrawFn) -> Event:
    """An order of the current hour: it is compared from the next on."""
    time = RECEIVED + timedelta(minutes=draw(st.integers(0, 4)))
    return event("order.placed", draw(orders), time, channel="online", currency="EUR", lines=[line(700)])


@st.composite
def five_answers(draw: st.DrawFn) -> list[Event]:
    """Of one day, or the same ones corrected: they close a block, which is told when the day after is over."""
    day = draw(st.sampled_from([timedelta(days=-40), timedelta(days=-2), timedelta(days=-1), timedelta(0)]))
    return answers(RECEIVED + day, draw(st.integers(6, 9)), draw(st.integers(0, 1)))


def answers(time: datetime, score: int, revision: int = 0) -> list[Event]:
    where = {"touchpoint": "shop", "rep_id": "ana", "store_id": "s1"}
    names = [f"{time.date()}-{i}" for i in range(5)]
    return [event("nps.answered", name, time, score=score, revision=revision, **where) for name in names]


def pulse(team: str, mean: float | None, closed_on: str = "2026-11-20", revision: int = 0) -> Event:
    """A round of the pulse; without a mean its figures are not told."""
    figure = {"question": "overall", "n": 8} if mean is None else {"question": "overall", "n": 8, "mean": mean}
    data = {"round_id": "r", "team_id": team, "opened_on": "2026-11-01", "closed_on": closed_on, "invited": 30}
    return event("pulse.published", None, RECEIVED, figures=[figure], revision=revision, **data)


rounds = st.builds(
    pulse,
    st.sampled_from(["all", "north", "south"]),
    st.sampled_from([None, 6.5, 8.0]),
    st.sampled_from(["2026-11-20", "2026-11-23"]),
    st.integers(0, 2),
)


def target(time: datetime, measure: str, value: float, **member: str) -> Event:
    """What is aimed at in the month."""
    aim = {"measure": measure, "value": value, "period": "month", "starts_on": "2026-11-01"}
    return event("target.set", None, time, **aim, **member)


@st.composite
def reference_events(draw: st.DrawFn) -> Event:
    time = RECEIVED + draw(st.sampled_from([timedelta(days=-40), timedelta(0), timedelta(minutes=3)]))
    kind = draw(st.sampled_from(["target", "target", "rep", "rate", "calendar"]))
    if kind == "target":
        measure, value = draw(st.sampled_from([("new_leads", 20), ("sales", 500_000), ("acquisition_rate", 0.3)]))
        rep = draw(reps)
        return target(time, measure, value, **({"rep_id": rep} if rep else {}))
    if kind == "rep":
        return event("rep.set", "ana", time, alias="Ana", team_id=draw(st.sampled_from(["blue", "red"])))
    if kind == "rate":
        return event("rate.set", None, time, currency="USD", day="2026-11-20", rate=draw(st.sampled_from([0.5, 2])))
    hours = draw(st.sampled_from([["10:00-12:00"], []]))
    return event("calendar.set", None, time, region="north", weekly={"mon": hours, "tue": hours})


class Send(NamedTuple):
    """Events are sent."""

    events: list[Event]


class Work(NamedTuple):
    """What waits is applied, or the first batches of it."""

    batches: int = 1000


class Pass(NamedTuple):
    """Time passes, or the clock is set back a little."""

    by: timedelta


class Save(NamedTuple):
    """A backup is made."""


class RollBack(NamedTuple):
    """Redis holds what it held at the last backup."""


class Rebuild(NamedTuple):
    """All is applied to a new state, which goes live."""


single = st.one_of(order_events(), lead_events(), offer_events(), just_now(), answer_events(), price_events(), rounds)
told = st.one_of(st.lists(single, min_size=1, max_size=4), five_answers())
stated = st.lists(reference_events(), min_size=1, max_size=2)
passed = st.builds(Pass, st.sampled_from(MOVES))
happenings = st.one_of(
    *[st.tuples(st.builds(Send, told), st.just(Work()))] * 4,
    st.tuples(st.builds(Send, stated), st.just(Work())),
    *[st.tuples(passed)] * 2,
    st.tuples(st.builds(Work, st.integers(1, 2))),
    st.just((Save(),)),
    st.just((RollBack(),)),
    st.just((Rebuild(),)),
)
histories = st.lists(happenings, min_size=3, max_size=10)


class System:
    """A Redis, a worker, and an exporter that has been there all the while."""

    def __init__(self, redis: Redis, blocking: BlockingRedis) -> None:
        self._redis = redis
        self._blocking = blocking
        self._now = RECEIVED
        self._kept = self._exporter()
        self._states = 0

    async def begin(self) -> None:
        """A new state, of which nothing is applied."""
        self._states += 1
        made = msgspec.structs.replace(ENGINE_STATE, partitions=SHARDS, shards=SHARDS, version=f"v{self._states}")
        self._kafka = Servers(self._redis, made)
        prepare(self._blocking, made)
        await self._take_over()
        switch(self._blocking, StateVersion(**{**msgspec.structs.asdict(made), "topics": {}}))
        self._backup: tuple[Snapshot, Servers] = (await self._kafka.snapshot(), self._kafka)

    async def do(self, step: Any) -> None:
        match step:
            case Send(events):
                self._send(events)
            case Work(batches):
                await self._work(batches)
            case Pass(by):
                self._now += by
            case Save():
                self._backup = (await self._kafka.snapshot(), self._kafka)
            case RollBack():
                snapshot, self._kafka = self._backup
                await self._kafka.roll_back(snapshot)
                await self._take_over()
            case Rebuild():
                records = [(tp, record) for tp, log in self._kafka.logs.items() for record in log]
                await self.begin()
                for tp, record in records:
                    self._kafka.logs[tp].append(record)
                await self._work(1000)

    def _send(self, events: Iterable[Event]) -> None:
        for each in events:
            self._kafka.append(Message(EVENT_TYPES[each.type].topic, each.subject.encode(), encode(each)))

    async def _take_over(self) -> None:
        self._worker = Worker(self._kafka)
        await self._worker.take_over(TPS)
        await self._worker.work()

    async def _work(self, batches: int) -> None:
        for _ in range(batches):
            waiting = self._worker.waiting()
            if not waiting:
                return
            await self._worker.fetch(waiting[0], BATCH)
            await self._worker.work()

    def _exporter(self) -> Scrape:
        observatory = build_observatory(Settings(), self._redis, LogEnds(KafkaAccess(""), SHARDS, self._clock))
        observatory.clock = self._clock
        return Scrape(KpiService(observatory, all_kpis(), stale_after=60))

    def _clock(self) -> datetime:
        return self._now

    async def check(self) -> None:
        assert await scraped(self._kept) == await scraped(self._exporter())


async def scraped(scrape: Scrape) -> list[str]:
    """The lines of a scrape, but for how long it took."""
    lines = (await scrape.text()).decode().splitlines()
    assert "cadran_exporter_store_up 1.0" in lines
    return [line for line in lines if not line.startswith("cadran_exporter_snapshot_seconds ")]


SALE = event("order.placed", "O1", RECEIVED, channel="online", currency="USD", lines=[line(700)])
AIM = target(RECEIVED, "sales", 500_000)
RATE, RATE_SOON = (
    event("rate.set", None, time, currency="USD", day="2026-11-20", rate=2)
    for time in (RECEIVED, RECEIVED + timedelta(minutes=3))
)
LEAD, ANOTHER = (event("lead.created", name, RECEIVED) for name in ("L1", "L2"))
LATER, NEXT_DAY = (Pass(timedelta(minutes=7)),), (Pass(timedelta(days=1)),)
TODAY, YESTERDAY, A_MONTH_AGO = (answers(RECEIVED - timedelta(days=days), 9) for days in (0, 1, 29))
WATCHED = event("product.watched", "LAMP", RECEIVED, pairs=[{"pair_id": "p", "competitor": "acme", "interval_s": 60}])
OWN = event("price.own", "LAMP", RECEIVED, price_minor=100, currency="EUR")
IN_DOLLARS = {"pair_id": "p", "competitor": "acme", "verdict": "trusted", "price_minor": 80, "currency": "USD"}
READ = event("price.observed", "LAMP", RECEIVED, **IN_DOLLARS)
READ_AGAIN = event("price.observed", "LAMP", RECEIVED + timedelta(minutes=4), **IN_DOLLARS)
COMPANY, TEAM, CORRECTED = pulse("all", None), pulse("north", 6.5), pulse("north", 8.0, revision=1)


@given(histories)
@example([(Send([SALE, AIM, RATE]), Work()), LATER])
@example([(Send([SALE, RATE_SOON]), Work()), LATER])
@example([(Send([LEAD]), Work()), (Send([ANOTHER]), Work())])
@example([(Send([COMPANY, TEAM]), Work()), (Send([CORRECTED]), Work())])
@example([(Send([COMPANY]), Work()), (Send([TEAM]), Work()), LATER])
@example([(Send([WATCHED, OWN, READ, RATE_SOON]), Work()), LATER, NEXT_DAY])
@example([(Send([WATCHED, OWN, RATE, READ]), Work()), NEXT_DAY, (Send([READ_AGAIN]), Work())])
@example([(Send(YESTERDAY), Work()), NEXT_DAY, LATER])
@example([(Send(TODAY), Work()), NEXT_DAY, NEXT_DAY])
@example([(Send(A_MONTH_AGO), Work()), NEXT_DAY])
@pytest.mark.timeout(900)  # on a busy machine an example takes ten seconds
@settings(max_examples=25, deadline=None)
async def test_a_kept_snapshot_is_what_one_from_nothing_would_be(url: str, history: list[tuple[Any, ...]]) -> None:
    with BlockingRedis.from_url(url) as blocking:
        blocking.flushall()
        async with Redis.from_url(url) as redis:
            system = System(redis, blocking)
            await system.begin()
            for happening in history:
                for step in happening:
                    await system.do(step)
                await system.check()


cells = st.lists(st.integers(0, 1), min_size=1, max_size=40)


@given(cells, cells)
def test_where_strings_differ(one: list[int], other: list[int]) -> None:
    before, after = array("q", one), array("q", other)
    if before == after:
        return
    first, end = changed(before, after)
    assert before[:first] == after[:first]
    assert before[end:] == after[end:]
    if len(before) == len(after):
        assert before[first] != after[first]
        assert before[end - 1] != after[end - 1]
