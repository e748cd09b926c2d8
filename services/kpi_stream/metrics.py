"""What a worker tells Prometheus of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.kpi_stream.entities.kinds import CONSUMED_TOPICS


class WorkerMetrics:
    """The worker's own measurements."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter("cadran_worker_records", "Records applied.", ["topic"], registry=registry)
        self.batches = Counter("cadran_worker_batches", "Partition batches committed.", ["topic"], registry=registry)
        self.conflicts = Counter(
            "cadran_worker_conflicts", "Batches given up because the partition stood elsewhere.", registry=registry
        )
        self.errors = Counter("cadran_worker_errors", "Batches given up because of an error.", registry=registry)
        self.dead = Counter(
            "cadran_worker_dead_letters", "Records that could not be applied.", ["topic"], registry=registry
        )
        for topic in CONSUMED_TOPICS:
            self.dead.labels(topic)  # a counter that began with its first dead letter would hide it from every rate
        self.stage = Histogram(
            "cadran_worker_stage_seconds",
            "Time of one batch in each stage: decode, read, fold, publish, commit.",
            ["stage"],
            registry=registry,
        )
        self.lag = Gauge(
            "cadran_worker_lag_records", "Records not applied yet, of the partitions held.", registry=registry
        )
        self.partitions = Gauge("cadran_worker_partitions", "Partitions held.", registry=registry)
        self.ready = Gauge(
            "cadran_worker_ready", "1 when partitions are assigned and their offsets are known.", registry=registry
        )
