"""What is looked at: the settings that name it, and the clients that ask it, which are built here alone."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx
from kafka.admin import KafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from redis import Redis
from redis.exceptions import RedisClusterException, RedisError

from services.common.errors import Unavailable
from services.common.redis_clients import async_redis, blocking_redis
from services.common.settings import Port, Settings
from services.common.topic_admin import admin_client
from services.common.windows import Clock
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.exporter.freshness import Offsets
from services.kpi_stream.exporter.store import StateReader
from services.kpi_stream.live_state import live_state
from services.kpi_stream.state_version import StateVersion

ANSWER_SECONDS = 8.0
NO_REDIS = (RedisError, RedisClusterException)
"""What its clients raise where it does not answer."""

SERVICES = (Port.INGEST, Port.SURVEY, Port.PRICING, Port.EXPORTER, Port.ALERTS, Port.BOARD)
"""The processes that tell at `/readyz` whether what they need answers."""
NAMED: Mapping[str, Port] = {"worker": Port.WORKER_METRICS, **{service.value: service for service in SERVICES}}
"""Our processes by the names that an operator knows them by."""


class Limits(NamedTuple):
    """From where on something is too much, or too little."""

    free_percent: float = 10.0
    """Of a disk that data are kept on."""
    memory_percent: float = 90.0
    """Of what Redis may take."""
    clock_seconds: float = 3.0
    """That two clocks may differ by; HTTP tells whole seconds."""
    waiting_records: int = 50_000
    waiting_seconds: float = 60.0
    """That an event may wait in a service for Kafka."""


class Installation:
    """One installation of Cadran, as its settings name it. `addresses`: of services that are on other machines."""

    def __init__(
        self, settings: Settings, clock: Clock, limits: Limits, addresses: Mapping[Port, str] | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.limits = limits
        self._addresses = addresses or {}

    @cached_property
    def alerting(self) -> AlertSettings:
        return AlertSettings.load()

    @contextmanager
    def kafka(self) -> Iterator[KafkaAdminClient]:
        with admin_client(self.settings.kafka_access, ANSWER_SECONDS) as client:
            yield client

    @contextmanager
    def redis(self) -> Iterator[Redis]:
        options = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        with blocking_redis(self.settings.redis_access, **options) as client:
            yield client

    def live_state(self) -> StateVersion | None:
        with self.redis() as redis:
            return live_state(redis)

    def positions(self, state: StateVersion) -> Offsets:
        """Per partition the offset that its next batch begins at."""

        async def read() -> Offsets:
            async with async_redis(self.settings.redis_access, socket_timeout=ANSWER_SECONDS) as redis:
                nexts, _ = await StateReader(redis).positions(state)
                return nexts

        return asyncio.run(read())

    def address(self, service: Port) -> str:
        """Where a service, Prometheus or Alertmanager answers."""
        if service is Port.PROMETHEUS:
            return self.alerting.prometheus_url(self.settings)
        if service is Port.ALERTMANAGER:
            return self.alerting.alertmanager_url(self.settings)
        return self._addresses.get(service, f"http://127.0.0.1:{self.settings.port(service)}").rstrip("/")

    def shown(self, service: Port) -> str:
        """That address as it may be told: without the password that may stand in it."""
        parts = urlsplit(self.address(service))
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def get(self, server: Port, path: str, **query: str) -> httpx.Response:
        """What a server answers, whatever that is.

        :raises Unavailable: when it does not.
        """
        try:
            return httpx.get(f"{self.address(server)}{path}", params=query, timeout=ANSWER_SECONDS)
        except httpx.TimeoutException:
            what = "takes connections and does not answer"
        except httpx.ConnectError:
            what = "does not answer"
        except httpx.TransportError:
            what = "answers with something that is not HTTP"
        raise Unavailable(f"{what} at {self.shown(server)}", mend=_start(server))

    def metrics(self, server: Port) -> dict[str, float]:
        """By name what a server tells of itself, one sample of each; nothing where what answers is none of ours.

        :raises Unavailable: when it does not answer.
        """
        return {sample.name: sample.value for sample in self._samples(server)}

    def release(self, server: Port) -> str:
        """Of Prometheus or Alertmanager.

        :raises Unavailable: when it does not answer.
        """
        builds = (sample.labels for sample in self._samples(server) if sample.name == f"{server}_build_info")
        return next((labels["version"] for labels in builds), "")

    def _samples(self, server: Port) -> list[Sample]:
        text = self.get(server, "/metrics").text
        try:
            return [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        except ValueError:
            return []


def _start(server: Port) -> str:
    if server is Port.PROMETHEUS:
        return "see its log and start it (`make up`), or mend CADRAN_ALERTS_PROMETHEUS"
    if server is Port.ALERTMANAGER:
        return "see its log and start it (`make up`), or mend CADRAN_ALERTS_ALERTMANAGER"
    name = next(name for name, port in NAMED.items() if port is server)
    return f"see its log and start it (`make up`); if it is on another machine, say `--at {name}=http://…`"
