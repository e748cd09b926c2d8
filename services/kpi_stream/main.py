"""`python -m services.kpi_stream.main`: a stream worker. Settings and clients are built here and nowhere else."""

import asyncio
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import faust
import uvloop
from prometheus_client import CollectorRegistry, start_http_server
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.common import redis_refusals
from services.common.errors import CadranError, ConfigurationError
from services.common.garbage import collect_seldom
from services.common.keys import STATE_POINTER
from services.common.logging import configure_logging, get_logger
from services.common.publisher import Publisher
from services.common.redis_clients import async_redis, blocking_redis
from services.common.settings import Port, Settings
from services.common.topic_admin import require_topics
from services.common.tracing import Tracing, open_tracing
from services.common.windows import utc_now
from services.kpi_stream.declared import Declared, declared_by
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.fan_out import fan_out
from services.kpi_stream.folding import Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.lanes import Lanes
from services.kpi_stream.live_state import ensure_live, require_fit, state_named, version_in
from services.kpi_stream.metrics import WorkerMetrics
from services.kpi_stream.redis_check import require_redis_settings
from services.kpi_stream.service import Processor
from services.kpi_stream.settings import StreamSettings
from services.kpi_stream.state_version import StateVersion
from services.kpi_stream.store import StateStore
from services.kpi_stream.transport import Batch, BatchScheduler, batch_transport, credentials_of
from services.kpi_stream.watchdog import Watchdog

log = get_logger(__name__)

CHECK_SECONDS = 5.0
LANES = 3
"""One batch is folded at a time, as Python does one thing at a time; the others wait for Redis or Kafka."""

WAIT_FOR_REBUILD_SECONDS = 5.0

STREAM_BUFFER = 4
"""Batches that wait for an agent. Few: a batch costs nearly the same whatever its size, and what waits in Kafka instead
comes as larger ones. Behind 256 small ones, a partition was seen to wait for 50 s at 500 events a second."""


def state_to_work_on(settings: Settings, stream: StreamSettings) -> tuple[StateVersion, Declared]:
    """The live state, or the one that a rebuild names, and what is declared, by which it was made.

    Waits, saying so, while the live one is of another make.
    """
    client = blocking_redis(settings.redis_access, socket_timeout=stream.redis_timeout)
    require_redis_settings(client)
    if stream.state:
        state, declared = state_named(client, stream.state), declared_by(settings)
        require_fit(state, settings, declared)
        return state, declared
    while True:
        declared = declared_by(settings)
        try:
            return ensure_live(client, settings, declared), declared
        except ConfigurationError as error:
            log.warning("this worker commits nothing", reason=error.message, mend=error.mend)
            time.sleep(WAIT_FOR_REBUILD_SECONDS)


class WorkerApp(faust.App):
    """A Faust app that opens what its agents need before they start, and closes it after they stopped."""

    processor: Processor
    lanes: Lanes
    publisher: Publisher
    redis: Redis

    async def on_start(self) -> None:
        await self.publisher.__aenter__()
        consumer: Any = self.consumer
        self.processor.seek = consumer.seek_to
        await super().on_start()

    async def on_shutdown(self) -> None:
        await super().on_shutdown()
        await self.lanes.close()
        await self.publisher.__aexit__()
        await self.redis.aclose()


def build_app(
    settings: Settings,
    stream: StreamSettings,
    state: StateVersion,
    declared: Declared,
    metrics: WorkerMetrics,
    tracing: Tracing | None,
) -> WorkerApp:
    """The worker: one agent per topic, each awaiting partition batches."""
    kafka = settings.kafka_access
    app = WorkerApp(
        f"cadran-{state.version}",
        broker=[f"kafka://{server}" for server in kafka.servers.split(",")],
        broker_credentials=credentials_of(kafka),
        **_faust_settings(stream),
    )
    app.redis = async_redis(settings.redis_access, socket_timeout=stream.redis_timeout, retry=Retry(NoBackoff(), 0))
    app.publisher = Publisher(
        kafka, client_id=f"cadran-worker-{stream.worker}", timeout=stream.publish_timeout, tracing=tracing
    )
    app.processor = Processor(
        store=StateStore(app.redis, state),
        folder=Folder(all_kpis().values(), declared),
        publisher=app.publisher,
        fan=partial(fan_out, zone=settings.zone, reporting_currency=settings.reporting_currency),
        clock=utc_now,
        metrics=metrics,
        tracing=tracing,
    )
    app.lanes = Lanes(app.processor.apply, at_once=LANES)
    app.transport = batch_transport(app.processor)(url=app.conf.broker, app=app)
    for topic in CONSUMED_TOPICS:
        _add_agent(app, topic.value)
    _add_checks(app, state, stream, metrics)
    return app


def _faust_settings(stream: StreamSettings) -> dict[str, Any]:
    return {
        "store": "memory://",
        "datadir": Path(tempfile.gettempdir()) / "cadran-faust",
        "web_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "consumer_auto_offset_reset": "earliest",
        # A worker that replays is there once: it leaves the group as it ends, and nobody waits for it to come back.
        "consumer_group_instance_id": None if stream.state else f"worker-{stream.worker}",
        "consumer_max_fetch_size": 4 << 20,
        "broker_max_poll_records": stream.max_batch,
        "broker_session_timeout": 6.0,
        "broker_heartbeat_interval": 2.0,
        "broker_commit_interval": 5.0,
        "stream_wait_empty": False,
        "stream_buffer_maxsize": STREAM_BUFFER,
        "ConsumerScheduler": BatchScheduler,
    }


def _add_agent(app: WorkerApp, topic: str) -> None:
    source = app.topic(topic, key_serializer="raw", value_serializer="raw")

    async def apply_batches(stream: Any) -> None:
        async for event in stream.events():
            batch: Batch = event.message.value
            await app.lanes.hand_over((event.message.topic, event.message.partition), batch.records, batch.epoch)

    app.agent(source, name=f"apply-{topic}")(apply_batches)


def _add_checks(app: WorkerApp, state: StateVersion, stream: StreamSettings, metrics: WorkerMetrics) -> None:
    """Every five seconds: do the positions stand as Redis says, is this state still the live one, does work go on?"""
    watchdog = Watchdog(app.processor.positions, stalled_after=stream.stalled_after)
    metrics.partitions.set_function(lambda: len(app.processor.positions))
    metrics.ready.set_function(lambda: int(bool(app.processor.positions)))
    metrics.lag.set_function(lambda: sum(watchdog.lags.values()))

    async def turn() -> None:
        watchdog.turn(time.monotonic())

    async def look() -> None:
        consumer: Any = app.consumer
        try:
            watchdog.look(await consumer.ends(), time.monotonic())
        except Exception as error:
            log.warning("the ends of the logs are not known", error=repr(error))

    async def check() -> None:
        try:
            await app.processor.check_positions()
            pointer = await app.redis.get(STATE_POINTER)
        except Exception as error:
            log.warning("Redis cannot be checked", error=repr(error))
            return
        if not stream.state and (not pointer or version_in(pointer) != state.version):
            log.info("another state is live: this worker ends, to be started on it")
            signal.raise_signal(signal.SIGTERM)

    for task in (turn, look, check):
        app.timer(CHECK_SECONDS)(task)
    watchdog.start()


def main() -> None:
    try:
        settings, stream = Settings.load(), StreamSettings.load()
        configure_logging(f"worker-{stream.worker}", level=settings.log_level, log_format=settings.log_format)
        tracing = None if stream.state else open_tracing(settings, "worker")  # what is replayed was traced before
        require_topics(settings)
        state, declared = state_to_work_on(settings, stream)
    except CadranError as error:
        sys.exit(f"worker cannot start: {error}")
    except RedisError as error:
        sys.exit(f"worker cannot start: {redis_refusals.told(error, settings.redis_access)}")
    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry)
    start_http_server(settings.port(Port.WORKER_METRICS) + stream.worker, addr=settings.host, registry=registry)
    collect_seldom()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app = build_app(settings, stream, state, declared, metrics, tracing)
    log.info("working", state=state.version, topics=[topic.value for topic in CONSUMED_TOPICS])
    faust.Worker(app, loop=loop, override_logging=False, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
