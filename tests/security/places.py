"""Everywhere that a secret of a running installation could be seen, and what is found there."""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import redis

from services.common.settings import Port
from tests.support.stack import RunningStack

SERVICES = (Port.BOARD, Port.INGEST, Port.SURVEY, Port.PRICING, Port.EXPORTER, Port.ALERTS)

Places = Mapping[str, bytes]
"""What can be read, by where it is."""


def places_of(stack: RunningStack, answers: Sequence[httpx.Response]) -> Places:
    """Logs, metrics, processes, error answers, Redis and the audit log of a stack, as they are now."""
    logs = {f"log {path.name}": path.read_bytes() for path in stack.layout.logs.iterdir()}
    metrics = {f"metrics of {port}": httpx.get(f"{stack.url(port)}/metrics").content for port in SERVICES}
    metrics["metrics of worker"] = httpx.get(f"{stack.url(Port.WORKER_METRICS)}/metrics").content
    told = {f"answer {number}": _whole(answer) for number, answer in enumerate(answers)}
    with redis.Redis.from_url(stack.settings.redis_url) as client:
        kept = {"redis": b"\n".join(key + b"\n" + (client.dump(key) or b"") for key in client.scan_iter("*"))}
    audit = {"audit log": stack.settings.audit_path.read_bytes()}
    return {**logs, **metrics, **told, **kept, **audit, **_processes(stack)}


def found(secrets: Mapping[str, str], places: Places) -> set[tuple[str, str]]:
    """Which secret is where, however it is written: as it is, as in an address, as in HTTP Basic."""
    return {
        (name, place)
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(form in content for form in _forms(secret))
    }


def _forms(secret: str) -> Iterable[bytes]:
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    for before in range(3):  # base64 reads otherwise after one byte or two; the ends belong to what is around
        text = base64.b64encode(b"x" * before + plain).decode().rstrip("=")
        yield text[4 if before else 0 : -2].encode()


def _whole(answer: httpx.Response) -> bytes:
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    return repr(headers).encode() + answer.content


def _processes(stack: RunningStack) -> dict[str, bytes]:
    """What `ps -ef` and `ps e` show of the processes of a stack."""
    folder, found = str(stack.layout.root).encode(), {}
    for process in Path("/proc").iterdir():
        if not re.fullmatch(r"\d+", process.name):
            continue
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if folder in command or folder in environment:
            found[f"command of {process.name}"] = command
            found[f"environment of {process.name}"] = environment
    return found
