"""A client as the contract asks for: it sends the same again until it has an answer."""

import time
from collections.abc import Sequence
from typing import Any

import httpx

from services.common.settings import Port
from tests.support.stack import RunningStack

CloudEvent = dict[str, Any]
RETRY_PAUSE = 0.2
PATIENCE = 120.0


class Sender:
    """Retries on anything but 202 and 4xx, and knows what was acknowledged. Not for two threads at once."""

    def __init__(self, stack: RunningStack) -> None:
        self._client = stack.http(Port.INGEST)
        self.acknowledged: list[CloudEvent] = []
        self.retries = 0
        self.lost_answers = 0

    def close(self) -> None:
        self._client.close()

    def send(self, events: Sequence[CloudEvent]) -> None:
        """Send until acknowledged: one event singly, several as a batch.

        :raises AssertionError: when the gateway refuses an event, or does not take it for minutes.
        """
        deadline = time.monotonic() + PATIENCE
        while not self._is_acknowledged(self._post(events, self._client.timeout)):
            assert time.monotonic() < deadline, f"not acknowledged within {PATIENCE:.0f} s"
            self.retries += 1
            time.sleep(RETRY_PAUSE)
        self.acknowledged += events

    def send_unheard(self, events: Sequence[CloudEvent], patience: float) -> None:
        """Send once and hang up so early that the answer may be lost."""
        self._post(events, httpx.Timeout(patience))

    def _post(self, events: Sequence[CloudEvent], timeout: httpx.Timeout) -> httpx.Response | None:
        path, body = ("/v1/events", events[0]) if len(events) == 1 else ("/v1/events/batch", list(events))
        try:
            return self._client.post(path, json=body, timeout=timeout)
        except httpx.TransportError:
            self.lost_answers += 1
            return None

    @staticmethod
    def _is_acknowledged(response: httpx.Response | None) -> bool:
        if response is None or response.status_code == 429 or response.status_code >= 500:
            return False
        assert response.status_code == 202, response.text
        assert response.json().get("rejected", 0) == 0, response.text
        return True
