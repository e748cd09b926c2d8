"""How fast a host may be asked: pacing, back-off and circuit breaker, as a state machine without clock or waiting.

Times are seconds of a monotonic clock that the caller reads.
"""

import math
from enum import Enum

from services.pricing_watch.fetching.terms import HOUR, FetchSettings

SLOWER, FASTER, SLOWEST = 2.0, 0.9, 64.0
"""A host that refuses us is asked at half the pace, down to a 64th; each answer wins back a tenth."""
MAX_REST = 6 * HOUR
MAX_RETRY_AFTER = 24 * HOUR
MAX_DOUBLINGS = 20


class Outcome(Enum):
    """How a request ended, as far as the host's pace goes."""

    ANSWERED = "answered"
    BLOCKED = "blocked"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Given up by us; it says nothing about the host."""


class HostPace:
    """One host's pace.

    Between the end of a request and the beginning of the next lies the delay, and so it does between two beginnings.
    With each failure in a row the pause doubles, up to a rest; after `breaker_threshold` of them the host rests. When
    the rest is over one request is let through: its success ends the matter, its failure begins a rest twice as long.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._crawl_delay = 0.0
        self._slowness = 1.0
        self._last = -math.inf
        self._jitter = 0.0
        self._not_before = -math.inf
        self._rest_until = -math.inf
        self._in_flight = 0
        self._failures = 0

    @property
    def delay(self) -> float:
        """The least time between two requests."""
        return max(self._settings.per_host_delay, self._crawl_delay) * self._slowness

    @property
    def is_busy(self) -> bool:
        return self._in_flight > 0

    def ask_slowly(self, crawl_delay: float) -> None:
        """Keep to what robots.txt asks for, within the bound of the settings."""
        self._crawl_delay = min(crawl_delay, self._settings.max_crawl_delay)

    def resting_for(self, now: float) -> float:
        """Seconds for which the breaker stays open; 0 when it is not."""
        return max(0.0, self._rest_until - now)

    def ready_at(self, now: float) -> float:
        """When the next request may begin; infinite while that waits for one that is in flight."""
        is_probing = self._failures >= self._settings.breaker_threshold
        if self._in_flight >= (1 if is_probing else self._settings.per_host_concurrency):
            return math.inf
        return max(now, self._last + self.delay * (1 + self._jitter), self._not_before, self._rest_until)

    def begin(self, now: float, luck: float) -> None:
        """A request begins. `luck`, 0 to 1, is how much of the jitter is added."""
        self._in_flight += 1
        self._last, self._jitter = now, self._settings.jitter * luck

    def end(self, now: float, luck: float, outcome: Outcome, retry_after: float = 0.0) -> None:
        """A request ends. `retry_after`: seconds that the host asked us to wait."""
        self._in_flight -= 1
        self._last, self._jitter = now, self._settings.jitter * luck
        if outcome is Outcome.ANSWERED:
            self._slowness = max(1.0, self._slowness * FASTER)
            self._failures = 0
            self._rest_until = -math.inf
        elif outcome is not Outcome.UNKNOWN:
            self._fail(now, outcome)
        self._not_before = max(self._not_before, now + min(retry_after, MAX_RETRY_AFTER))

    def _fail(self, now: float, outcome: Outcome) -> None:
        if outcome is Outcome.BLOCKED:
            self._slowness = min(SLOWEST, self._slowness * SLOWER)
        if self.resting_for(now):
            return  # it had begun before the rest: no probe has failed
        self._failures += 1
        rest, over = self._settings.breaker_rest, self._failures - self._settings.breaker_threshold
        if over >= 0:
            self._rest_until = now + min(rest * 2 ** min(over, MAX_DOUBLINGS), MAX_REST)
        else:
            pause = self.delay * 2 ** min(self._failures, MAX_DOUBLINGS)
            self._not_before = max(self._not_before, now + min(pause, rest))
