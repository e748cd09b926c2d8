"""Every metric that Prometheus can have of Cadran, with its labels: from the code that tells them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from services.common.outbox import OutboxMetrics
from services.ingest.campaigns.metrics import CampaignMetrics
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.metrics import IngestMetrics
from services.kpi_stream.alerting.metrics import AlertMetrics
from services.kpi_stream.exporter.metrics import families
from services.kpi_stream.exporter.of_the_moment import OF_THE_MOMENT
from services.kpi_stream.exporter.scrape import OWN
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.metrics import WorkerMetrics
from services.pricing_watch.metrics import PricingMetrics
from services.survey.metrics import SurveyMetrics

SERVICES: tuple[Callable[[CollectorRegistry], object], ...] = (
    IngestMetrics,
    CampaignMetrics,
    ConnectorMetrics,
    SurveyMetrics,
    PricingMetrics,
    WorkerMetrics,
    AlertMetrics,
)
OUTBOXES: tuple[Callable[[CollectorRegistry], object], ...] = tuple(
    partial(OutboxMetrics, service) for service in ("board", "ingest", "pricing", "survey")
)
OF_THE_TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus adds to every series."""
OF_PROMETHEUS = ("up", "scrape_duration_seconds")
OF_EVERY_ALERT = frozenset({"alertname", "alertstate"})
SUFFIXES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "counter": {"_total": ()},
    "gauge": {"": ()},
    "histogram": {"_bucket": ("le",), "_count": (), "_sum": ()},
}
"""By a metric's type: the names of its series, and the labels that they have beside its own."""


class Known(NamedTuple):
    """What is known of a metric: the KPI that it tells, if any."""

    labels: frozenset[str]
    kpi: str = ""
    is_counter: bool = False


Catalogue = Mapping[str, Known]


def catalogue(kpis: Iterable[Kpi], currency: str) -> Catalogue:
    return {
        **{name: Known(OF_THE_TARGET | set(about.labels)) for name, about in OF_THE_MOMENT.items()},
        **{name: Known(OF_THE_TARGET) for name in OF_PROMETHEUS},
        "ALERTS": Known(OF_EVERY_ALERT),
        **{own.name: Known(OF_THE_TARGET | set(own.labels)) for own in OWN},
        **dict(_of_services()),
        **dict(_of_kpis(kpis, currency)),
    }


def _of_kpis(kpis: Iterable[Kpi], currency: str) -> Iterator[tuple[str, Known]]:
    for kpi in kpis:
        for cut in kpi.cuts:
            for family in families(kpi, cut, currency):
                yield family.name, Known(OF_THE_TARGET | {"window", *cut.fields}, kpi.id)


class _Noting(CollectorRegistry):
    """Remembers what registers."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Any] = []

    def register(self, collector: Collector) -> None:
        self.noted.append(collector)
        super().register(collector)


def _of_services() -> Iterator[tuple[str, Known]]:
    registry = _Noting()
    for metrics in (*SERVICES, *OUTBOXES):
        metrics(registry)
    for metric in registry.noted:
        (family,) = metric.describe()
        for suffix, labels in SUFFIXES[family.type].items():
            own = OF_THE_TARGET | {*metric._labelnames, *labels}
            yield family.name + suffix, Known(own, is_counter=family.type != "gauge")
