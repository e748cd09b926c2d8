"""A real HTTP server for a test that messages are sent to: it keeps what it takes, and answers as it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.support import http_server


class Message(NamedTuple):
    """What came, where to, and with which `Authorization`."""

    path: str
    body: dict[str, Any]
    authorization: str


class Webhook:
    """What was taken, oldest first; what is answered with another status than 200 is not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.taken: list[Message] = []
        self.refused: list[Message] = []

    def at(self, path: str) -> list[dict[str, Any]]:
        return [message.body for message in self.taken if message.path == path]


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    class Handler(http_server.Handler):
        def do_POST(self) -> None:  # noqa: N802 - the name that the library looks for
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            message = Message(self.path, body, self.headers.get("Authorization", ""))
            (webhook.taken if webhook.status == 200 else webhook.refused).append(message)
            self.send_response(webhook.status)
            self.end_headers()
            self.wfile.write(b"ok")

    with http_server.serving(Handler) as url:
        webhook = Webhook(url)
        yield webhook
