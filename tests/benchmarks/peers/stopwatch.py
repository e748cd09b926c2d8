"""The measure that all peers share: from the first records to the last, or until the time is up.

It needs nothing but the standard library: some peers have an environment of their own.
"""

import json
import os
import sys
import time
from pathlib import Path

MOST_SECONDS = 30.0


def peak_mb(pid: int | str = "self") -> float:
    """The most memory that a process has held, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Stopwatch:
    """Counts records; at the last one, or when the time is up, prints what was measured and ends the process.

    It starts when the first records are done: these do not count.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._done = self._first = 0
        self._start = self._cpu = 0.0
        self._stages: dict[str, float] = {}

    def tick(self, records: int = 1) -> None:
        now = time.perf_counter()
        self._done += records
        if not self._first:
            self._first, self._start, self._cpu = self._done, now, time.process_time()
        elif self._done >= self._count or now - self._start > MOST_SECONDS:
            self._tell(now - self._start)

    def spend(self, stage: str, seconds: float) -> None:
        """Note time that a stage took."""
        if self._first:
            self._stages[stage] = self._stages.get(stage, 0.0) + seconds

    def _tell(self, seconds: float) -> None:
        events = self._done - self._first
        cpu = time.process_time() - self._cpu
        stages = {stage: spent / events * 1e6 for stage, spent in self._stages.items()}
        told = {"events": events, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak_mb(), "stages_us": stages}
        print(json.dumps(told), file=sys.__stdout__, flush=True)  # Faust puts a log in the place of stdout
        os._exit(0)
