"""What may stand between a sender and the gateway: it lets requests through, says "later", or breaks them off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

import httpx

from tests.support import http_server


class Verdict(Enum):
    """What becomes of a request."""

    PASS = auto()
    LATER = auto()
    BROKEN_OFF = auto()


class Gate:
    """`verdict` says it of each request by its number, from 1 on; it may be changed. `asked`: their bodies."""

    def __init__(self, url: str, verdict: Callable[[int], Verdict]) -> None:
        self.url = url
        self.verdict = verdict
        self.asked: list[bytes] = []


@contextmanager
def running_gate(gateway: str, verdict: Callable[[int], Verdict]) -> Iterator[Gate]:
    """A gate before a gateway, on a free port of this machine."""

    class Handler(http_server.Handler):
        def do_POST(self) -> None:  # noqa: N802 - the name that the library looks for
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gate.asked.append(body)
            match gate.verdict(len(gate.asked)):
                case Verdict.BROKEN_OFF:
                    self.close_connection = True
                case Verdict.LATER:
                    self._answer(503, b"", **{"Retry-After": "1"})
                case Verdict.PASS:
                    passed = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
                    answer = httpx.post(gateway + self.path, content=body, headers=passed, timeout=60)
                    self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    with http_server.serving(Handler) as url:
        gate = Gate(url, verdict)
        yield gate
