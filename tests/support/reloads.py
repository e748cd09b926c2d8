"""A real HTTP server in the place of Prometheus or Alertmanager, as far as they are told to read their files again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/-/reload"
            reloads.asked += 1
            reloads.answers.acquire()
            with suppress(BrokenPipeError):  # who asked may have been killed
                self.send_response(reloads.status)
                self.end_headers()
                self.wfile.write(reloads.said.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        reloads = Reloads(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield reloads
        reloads.answers.release(1000)
        server.shutdown()
