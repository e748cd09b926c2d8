"""A real HTTP server for a test, answered by a handler of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Base of a test's handlers: it logs nothing, as nobody reads it."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: type[Handler], port: int = 0) -> Iterator[str]:
    """The address of a server that answers by a handler, on a free port unless one is given."""
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
