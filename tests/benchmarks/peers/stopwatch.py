"""The measure that all peers share: from the first record to the last, or until the time is up."""

import json
import os
import resource
import time

MOST_SECONDS = 40.0


class Stopwatch:
    """Counts records; at the last one, or when the time is up, prints what was measured and ends the process."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._done = 0
        self._start = 0.0

    def tick(self, records: int = 1) -> None:
        now = time.perf_counter()
        if not self._done:
            self._start = now
        self._done += records
        if self._done >= self._count or now - self._start > MOST_SECONDS:
            self._tell(now - self._start)

    def _tell(self, seconds: float) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"events": self._done, "seconds": seconds, "peak_mb": round(peak)}), flush=True)
        os._exit(0)
