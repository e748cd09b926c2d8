"""What is measured."""

from typing import NamedTuple


class RedisUse(NamedTuple):
    """What is asked of Redis: calls over the network, commands (within scripts too), bytes that come in."""

    calls: float
    commands: float
    bytes_in: float


class Measured(NamedTuple):
    """One contender: what it did in a time. `stages_us` are microseconds per event, `redis` is per event."""

    name: str
    events: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    stages_us: dict[str, float] = {}  # noqa: RUF012
    redis: RedisUse | None = None

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time per event, in microseconds."""
        return self.cpu_seconds / self.events * 1e6


class Snapshot(NamedTuple):
    """One scrape of the exporter: how long the answer took, and what the exporter says its snapshot took."""

    name: str
    seconds: float
    snapshot_seconds: float
    series: int
