"""Clients of our own services: they send again when they are told to wait or get no answer."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from services.common.errors import CadranError, Unavailable
from services.common.problems import read_problem
from services.common.secret_files import read_secret
from services.common.settings import Port, Settings

RETRIED = frozenset({429, 502, 503, 504})
BACKOFF_MAX = 5.0

_encoder = msgspec.json.Encoder()


class ItemAnswer(msgspec.Struct):
    """What became of one of many."""

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
    """A service refused a batch as a whole."""

    code = "refused"


class ApiClient:
    """Asks a service until it answers. A context manager. For requests that may safely be sent again."""

    def __init__(
        self, name: str, url: str, key: str, *, patience: float = 120.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = name
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30.0)
        self._patience = patience
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, content: object) -> httpx.Response:
        """Send JSON until there is an answer that is not "later".

        :raises Unavailable: when there is none within the patience.
        """
        body = _encoder.encode(content)
        deadline, pause = time.monotonic() + self._patience, 0.1
        while True:
            response = self._answer(method, path, body)
            if response is not None and response.status_code not in RETRIED:
                return response
            if time.monotonic() > deadline:
                answer = "does not answer" if response is None else f"answers {response.status_code}"
                raise Unavailable(f"{self.name} {answer} at {self._http.base_url}", mend="start it, then send again")
            self._sleep(max(pause, _retry_after(response)))
            pause = min(pause * 2, BACKOFF_MAX)

    def told(self, method: str, path: str, content: object = None) -> bytes:
        """What the service says.

        :raises Unavailable: when it says nothing within the patience.
        :raises Refused: when it says no.
        """
        response = self.ask(method, path, content)
        if not response.is_success:
            raise refusal(self.name, response)
        return response.content

    def _answer(self, method: str, path: str, body: bytes) -> httpx.Response | None:
        try:
            return self._http.request(method, path, content=body, headers={"Content-Type": "application/json"})
        except httpx.TransportError:
            return None


class EventsClient(ApiClient):
    """Sends events to the gateway in batches: ids make sending them again safe."""

    def __init__(
        self, url: str, key: str, *, patience: float = 120.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__("the gateway", url, key, patience=patience, sleep=sleep)

    def send(self, events: Sequence[dict[str, Any] | msgspec.Raw]) -> BatchAnswer:
        """Send a batch until the gateway has answered for every event of it.

        :raises Unavailable: when it does not within the patience.
        :raises Refused: when it refuses the batch itself, with its reason.
        """
        response = self.ask("POST", "/v1/events/batch", events)
        if response.status_code in (202, 422) and b'"results"' in response.content:
            return msgspec.json.decode(response.content, type=BatchAnswer)
        raise Refused(f"the gateway answers {response.status_code}: {response.text[:500]}")


def local_client(name: str, port: Port, url: str, key_file: Path | None) -> ApiClient:
    """A client of the service that two options name; empty, they name the local stack's."""
    settings = Settings.load()
    key = read_key(key_file or settings.local_dir / "dev.key")
    return ApiClient(name, url or f"http://127.0.0.1:{settings.port(port)}", key)


def refusal(name: str, response: httpx.Response) -> Refused:
    """What a service refuses, in its own words where it has any."""
    problem = read_problem(response.content)
    if problem is None:
        return Refused(f"{name} answers {response.status_code}: {response.text[:500]}")
    return Refused(problem.detail, field=problem.field, mend=problem.mend)


def read_key(path: Path) -> str:
    """The API key in a file.

    :raises ConfigurationError: when it cannot be read.
    """
    return read_secret(path, mend="give --key-file, or start the local stack with `make up`")


def _retry_after(response: httpx.Response | None) -> float:
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return float(text) if text.isdigit() else 0.0
