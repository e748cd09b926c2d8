"""A stalled worker ends, so that its supervisor starts it anew: consumers were seen to stop silently after days."""

import os
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from services.common.logging import get_logger
from services.kpi_stream.service import Position, TopicPartition

log = get_logger(__name__)

EXIT_STALLED = 75
POLL_SECONDS = 1.0
PATIENCE_WHILE_OTHERS_GO_ON = 5


class Waiting(NamedTuple):
    """Records wait at an offset, since when (seconds of the monotonic clock)."""

    offset: int
    since: float


class Watchdog:
    """Ends the process when its loop is stuck, or when records wait and none is applied.

    A partition may wait while others go on, as in a long backlog: it is given five times as long.
    """

    def __init__(self, positions: Mapping[TopicPartition, Position], *, stalled_after: float) -> None:
        self._positions = positions
        self._stalled_after = stalled_after
        self._turned_at = self._moved_at = time.monotonic()
        self._waiting: dict[TopicPartition, Waiting] = {}
        self.lags: dict[TopicPartition, int] = {}

    def turn(self, now: float) -> None:
        """Called from the loop: it turns."""
        self._turned_at = now

    def look(self, ends: Mapping[TopicPartition, int], now: float) -> None:
        """Note where records wait, by the end of each held partition's log."""
        self.lags, waiting = {}, {}
        for tp, position in list(self._positions.items()):
            end = ends.get(tp)
            if end is None or position.next is None or end <= position.next:
                continue
            self.lags[tp] = end - position.next
            before = self._waiting.get(tp)
            same = before is not None and before.offset == position.next
            waiting[tp] = before if before and same else Waiting(position.next, now)
        if waiting != self._waiting:
            self._moved_at = now
        self._waiting = waiting

    def stalled(self, now: float) -> str | None:
        """Why the worker is stalled, or none."""
        if now - self._turned_at > self._stalled_after:
            return "the event loop does not turn"
        nothing_moves = now - self._moved_at > self._stalled_after
        for tp, waiting in self._waiting.items():
            patience = self._stalled_after * (1 if nothing_moves else PATIENCE_WHILE_OTHERS_GO_ON)
            if now - waiting.since > patience:
                return f"{self.lags.get(tp)} records wait in {tp[0]}:{tp[1]} and none is applied"
        return None

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(POLL_SECONDS)
            reason = self.stalled(time.monotonic())
            if reason is not None:
                log.error("stalled: this worker ends, to be started again", reason=reason)
                os._exit(EXIT_STALLED)
