"""A client of the gateway: sends events in batches, and again when it is told to wait or gets no answer."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import httpx
import msgspec

from services.common.errors import CadranError, Unavailable

RETRIED = frozenset({429, 502, 503, 504})
BACKOFF_MAX = 5.0

_encoder = msgspec.json.Encoder()


class ItemAnswer(msgspec.Struct):
    """What became of one event."""

    index: int
    status: str
    id: str = ""
    error: dict[str, Any] | None = None


class BatchAnswer(msgspec.Struct):
    """What became of a batch."""

    accepted: int
    duplicates: int
    rejected: int
    results: list[ItemAnswer]


class Refused(CadranError):
    """The gateway refused a batch as a whole."""

    code = "refused"


class EventsClient:
    """Sends batches. A context manager. Sending the same again is safe: ids make it so."""

    def __init__(
        self, url: str, key: str, *, patience: float = 120.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30.0)
        self._patience = patience
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, events: Sequence[dict[str, Any]]) -> BatchAnswer:
        """Send a batch until the gateway has answered for every event of it.

        :raises Unavailable: when it does not within the patience.
        :raises Refused: when it refuses the batch itself, with its reason.
        """
        body = _encoder.encode(events)
        deadline, pause = time.monotonic() + self._patience, 0.1
        while True:
            response = self._post(body)
            if response is not None and response.status_code in (202, 422) and b'"results"' in response.content:
                return msgspec.json.decode(response.content, type=BatchAnswer)
            if response is not None and response.status_code not in RETRIED:
                raise Refused(f"the gateway answers {response.status_code}: {response.text[:500]}")
            if time.monotonic() > deadline:
                answer = "does not answer" if response is None else f"answers {response.status_code}"
                raise Unavailable(f"the gateway {answer} at {self._http.base_url}", mend="start it, then send again")
            self._sleep(max(pause, _retry_after(response)))
            pause = min(pause * 2, BACKOFF_MAX)

    def _post(self, body: bytes) -> httpx.Response | None:
        try:
            return self._http.post("/v1/events/batch", content=body, headers={"Content-Type": "application/json"})
        except httpx.TransportError:
            return None


def _retry_after(response: httpx.Response | None) -> float:
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return float(text) if text.isdigit() else 0.0
