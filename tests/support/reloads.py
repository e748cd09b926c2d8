"""A real HTTP server in the place of Prometheus or Alertmanager, as far as they are told to read their files again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support import http_server


class Reloads:
    """How it answers, and how often it was asked; `answers`: how many more it gives before it keeps askers waiting."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.said = ""
        self.asked = 0
        self.answers = threading.Semaphore(1000)


@contextmanager
def running_reloads(port: int = 0) -> Iterator[Reloads]:
    class Handler(http_server.Handler):
        def do_POST(self) -> None:  # noqa: N802 - the name that the library looks for
            assert self.path == "/-/reload"
            reloads.asked += 1
            reloads.answers.acquire()
            with suppress(BrokenPipeError):  # who asked may have been killed
                self.send_response(reloads.status)
                self.end_headers()
                self.wfile.write(reloads.said.encode())

    with http_server.serving(Handler, port) as url:
        reloads = Reloads(url)
        yield reloads
        reloads.answers.release(1000)
