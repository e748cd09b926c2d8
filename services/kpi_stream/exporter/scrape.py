"""What Prometheus reads: every KPI at one moment, and how the exporter itself is."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisClusterException, RedisError

from services.common.errors import CadranError
from services.common.logging import get_logger
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample, exposition
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.metrics import helps
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.of_the_moment import (
    OF_THE_MOMENT,
    open_samples,
    places,
    promotion_samples,
    quiet_samples,
)
from services.kpi_stream.exporter.samples import queries, samples, series_of_a_member
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.requests import together

log = get_logger(__name__)


class Own(NamedTuple):
    """A gauge that the exporter tells of itself."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self.name, self.help, labels=self.labels)


AS_OF = Own("cadran_kpi_as_of_timestamp_seconds", "What happened before is in the KPI.", ("kpi",))
TOO_LATE = Own("cadran_too_late_additions", "Additions that missed a minute or hour cell kept no longer.", ("group",))
STORE_UP = Own("cadran_exporter_store_up", "1 when the state could be read.")
LAG = Own("cadran_exporter_lag_records", "Records that no worker has applied yet.")
DROPPED = Own("cadran_exporter_dropped_members", "Members left out for want of room.")
SNAPSHOT = Own("cadran_exporter_snapshot_seconds", "How long this snapshot took.")
OWN = (AS_OF, TOO_LATE, STORE_UP, LAG, DROPPED, SNAPSHOT)


class Scrape:
    """Makes the text for Prometheus, one at a time: who asks while one is being made gets that one."""

    def __init__(self, service: KpiService) -> None:
        self._kpis = service.kpis.values()
        self._observatory = service.observatory
        self._admission = Admission(series_of_a_member(self._kpis))
        self._making: asyncio.Task[bytes] | None = None
        self._kept: Kept[list[Sample]] | None = None

    async def text(self) -> bytes:
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make())
        return await asyncio.shield(self._making)

    async def _make(self) -> bytes:
        """All families; only `store_up 0` where the state cannot be read."""
        start = time.perf_counter()
        try:
            moment = await self._observatory.look()
            told = exposition(self._helps(moment), await self._samples(moment))
            too_late = await self._observatory.reader.too_late(moment.state)
        except (RedisError, RedisClusterException, CadranError) as error:
            log.warning("no snapshot", error=repr(error))
            return _text([_gauge(STORE_UP, 0)])
        lag = sum(partition.lag or 0 for partition in moment.freshness.partitions)
        own = [
            _as_of(self._kpis, moment),
            _too_late(too_late),
            _gauge(STORE_UP, 1),
            _gauge(LAG, lag),
            _gauge(DROPPED, self._admission.refused),
            _gauge(SNAPSHOT, time.perf_counter() - start),
        ]
        return told.encode() + _text(own)

    async def _samples(self, moment: Moment) -> list[Sample]:
        """Of every KPI, as many as still stand from the snapshot before; one that fails leaves nothing behind."""
        kept, self._kept = self._kept, None
        if kept is None or not kept.goes_on(moment):
            kept = Kept(moment)
        await self._observatory.reader.renew(kept.at_hand, moment.state)
        found = await self._all_samples(moment, kept)
        while not self._admission.fits(len(found)):
            found = await self._all_samples(moment, kept)
        self._kept = kept
        return found

    async def _all_samples(self, moment: Moment, kept: Kept[list[Sample]]) -> list[Sample]:
        found = []
        for kpi in self._kpis:
            await asyncio.sleep(0)  # whoever else asks must not wait for all of a snapshot
            askings = [samples(query, moment, self._admission, kept) for query in queries(kpi, moment)]
            found += await self._observatory.read(together(askings), moment, kept.at_hand)
        return [sample for own in found for sample in own] + await self._samples_of_the_moment(moment, kept)

    async def _samples_of_the_moment(self, moment: Moment, kept: Kept[list[Sample]]) -> list[Sample]:
        world, observatory = moment.world, self._observatory
        known = await observatory.read(places(self._kpis, world), moment, kept.at_hand)
        return [
            *promotion_samples(world, self._admission),
            *open_samples(world, known, self._admission),
            *quiet_samples(world, await observatory.reader.heard(moment.state)),
        ]

    def _helps(self, moment: Moment) -> dict[str, str]:
        of_the_moment = {name: about.help for name, about in OF_THE_MOMENT.items()}
        return helps(self._kpis, moment.world.reporting_currency) | of_the_moment


class _Given(Collector):
    """A collector of families that were made before: the reading is asynchronous, collecting is not."""

    def __init__(self, families: Sequence[GaugeMetricFamily]) -> None:
        self._families = families

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families


def _text(families: Sequence[GaugeMetricFamily]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Given(families))
    return generate_latest(registry)


def _as_of(kpis: Iterable[Kpi], moment: Moment) -> GaugeMetricFamily:
    family = AS_OF.family()
    for kpi in kpis:
        at = moment.freshness.as_of(kpi.feeds)
        if at is not None:
            family.add_metric([kpi.id], at.timestamp())
    return family


def _too_late(counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = TOO_LATE.family()
    for group, count in sorted(counts.items()):
        family.add_metric([group], count)
    return family


def _gauge(own: Own, value: float) -> GaugeMetricFamily:
    family = own.family()
    family.add_metric([], value)
    return family
