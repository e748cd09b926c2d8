"""Our worker, run as users run it, and measured from outside: by the offsets that Redis holds, which move with the
commit of each batch, by its own metrics, and by what Redis counts."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import httpx
import redis
from kafka import KafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.kpi_stream.declared import declared_by
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.live_state import ensure_live
from tests.benchmarks.measured import Measured, RedisUse
from tests.benchmarks.orders import BUSY, message, orders, publish
from tests.benchmarks.peers.stopwatch import peak_mb
from tests.benchmarks.programs import cpu_seconds, running
from tests.support.stack import RunningStack, wait_for

LOOK_SECONDS = 0.01
PATIENCE = 240.0
NUDGES = 300
"""Orders enough that some are in every partition."""

CALLS = ("evalsha", "eval")
OWN = ("hvals", "hgetall", "info")
"""What this measurement itself asks of Redis."""


class Sight(NamedTuple):
    """How far the workers were seen to be."""

    applied: int
    at: float
    cpu: float


class Observer:
    """Watches the live state, which it makes where there is none, and what workers do to it."""

    def __init__(self, settings: Settings) -> None:
        self._redis = redis.Redis.from_url(settings.redis_url)
        self._consumer: Any = KafkaConsumer(bootstrap_servers=settings.kafka_servers)
        self._partitions = [TopicPartition(t.value, p) for t in CONSUMED_TOPICS for p in range(settings.partitions)]
        self._next_offsets = ensure_live(self._redis, settings, declared_by(settings)).keys(0).next_offsets
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._redis.close()

    def applied(self) -> int:
        """Records applied, of all partitions."""
        return sum(map(int, self._redis.hvals(self._next_offsets)))

    def offsets(self) -> dict[str, int]:
        """Of each partition, the offset up to which it is applied."""
        return {place.decode(): int(offset) for place, offset in self._redis.hgetall(self._next_offsets).items()}

    def ends(self) -> dict[str, int]:
        """Where the log of each partition ends."""
        found = self._consumer.end_offsets(self._partitions)
        return {f"{tp.topic}:{tp.partition}": end for tp, end in found.items()}

    def set_applied(self, offsets: Mapping[str, int]) -> None:
        """Have the state say that everything before these offsets is applied, and nothing else."""
        self._redis.hset(self._next_offsets, mapping=dict(offsets))

    def watch(self, begun: int, pids: Sequence[int]) -> tuple[Sight, Sight]:
        """The first and the last time that more than `begun` was seen to be applied, until all is."""
        deadline = time.monotonic() + PATIENCE
        first, last = None, Sight(begun, 0.0, 0.0)
        while first is None or not self._is_all(last.applied):
            applied, now = self.applied(), time.perf_counter()
            if applied != last.applied:
                last = Sight(applied, now, sum(map(cpu_seconds, pids)))
                first = first or last
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {applied} records are applied after {PATIENCE:.0f} s")
            time.sleep(LOOK_SECONDS)
        if first is last:
            raise ValueError(f"{last.applied - begun} records are applied too fast to be seen: raise N")
        return first, last

    def _is_all(self, applied: int) -> bool:
        """Is this all that Kafka holds? It is asked again only when what it held before is reached."""
        if applied >= self._end:
            self._end = sum(self.ends().values())
        return applied >= self._end

    def redis_use(self) -> RedisUse:
        """What Redis has done until now."""
        stats = self._redis.info("commandstats")
        counts = {name.removeprefix("cmdstat_"): found["calls"] for name, found in stats.items()}
        calls = sum(counts.get(name, 0) for name in CALLS)
        commands = sum(count for name, count in counts.items() if name not in (*CALLS, *OWN))
        return RedisUse(calls, commands, self._redis.info("stats")["total_net_input_bytes"])


def consume(stack: RunningStack, name: str, events: int) -> Measured:
    """One worker applies what lies in Kafka: so many events, and what they have entities tell each other."""
    with Observer(stack.settings) as observer, ExitStack() as programs:
        run = Run(stack, observer, begun=observer.applied())
        run.start(programs, workers=1)
        return run.measure(name, events)


def consume_together(stack: RunningStack, name: str, events: int, workers: int) -> Measured:
    """Some workers, which share the partitions before they begin, apply what lies in Kafka to an empty state.

    They stand at the end of the log until Redis says that nothing is applied; a few more orders have them see it.
    """
    with Observer(stack.settings) as observer, ExitStack() as programs, ThreadPoolExecutor() as pool:
        ends = observer.ends()
        observer.set_applied(ends)
        run = Run(stack, observer, begun=0)
        run.start(programs, workers)
        wait_for(lambda: run.share(len(ends)), "the workers share the partitions")
        observer.set_applied(dict.fromkeys(ends, 0))
        nudges = orders(NUDGES, until=utc_now(), over=BUSY, name="N")
        published = pool.submit(publish, stack.settings.kafka_servers, map(message, nudges))
        measured = run.measure(name, events + NUDGES)
        published.result()
        return measured


class Run:
    """Workers applying what lies in Kafka."""

    def __init__(self, stack: RunningStack, observer: Observer, *, begun: int) -> None:
        self._stack = stack
        self._observer = observer
        self._begun = begun
        self._before = observer.redis_use()
        self._pids: list[int] = []

    def start(self, programs: ExitStack, workers: int) -> None:
        for number in range(workers):
            program = running(self._stack, "services.kpi_stream.main", CADRAN_STREAM_WORKER=str(number))
            self._pids.append(programs.enter_context(program))

    def share(self, partitions: int) -> bool:
        """Do the workers hold so many partitions together, and each some?"""
        held = [sample.value for sample in self._samples() if sample.name == "cadran_worker_partitions"]
        return sum(held) == partitions and min(held) > 0

    def measure(self, name: str, events: int) -> Measured:
        """Wait until all is applied; `events` of the records are those that were sent."""
        first, last = self._observer.watch(self._begun, self._pids)
        after = self._observer.redis_use()
        seen = round(events * (last.applied - first.applied) / (last.applied - self._begun))
        return Measured(
            name=name,
            events=seen,
            seconds=last.at - first.at,
            cpu_seconds=last.cpu - first.cpu,
            peak_mb=sum(map(peak_mb, self._pids)),
            stages_us=self._stages(events, (last.at - first.at) * len(self._pids) / seen),
            redis=RedisUse(*((now - then) / events for now, then in zip(after, self._before, strict=True))),
        )

    def _stages(self, events: int, seconds_of_event: float) -> dict[str, float]:
        """Of an event. `fetch` is the rest of the time, in which a worker was in none of its stages; where those of
        several topics overlap it cannot be told."""
        spent: defaultdict[str, float] = defaultdict(float)
        for sample in self._samples():
            if sample.name == "cadran_worker_stage_seconds_sum":
                spent[sample.labels["stage"]] += sample.value / events * 1e6
        rest = seconds_of_event * 1e6 - sum(spent.values())
        return {"fetch": rest, **spent} if rest > 0 else dict(spent)

    def _samples(self) -> Iterator[Sample]:
        """What the workers tell Prometheus."""
        for number in range(len(self._pids)):
            url = f"http://127.0.0.1:{self._stack.settings.port(Port.WORKER_METRICS) + number}/metrics"
            for family in text_string_to_metric_families(httpx.get(url).raise_for_status().text):
                yield from family.samples
