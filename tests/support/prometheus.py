"""A Prometheus of a test's own, which scrapes nothing."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.redis import free_port
from tests.support.stack import wait_for


@contextmanager
def running_prometheus(folder: Path, *flags: str) -> Iterator[str]:
    """Its URL; it keeps its data in the folder `data` of the one given, with whatever blocks lie there."""
    config = folder / "prometheus.yml"
    config.write_text("{}")
    port = free_port()
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=error"]
    process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}", *flags])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: httpx.get(f"{url}/-/ready").is_success, "Prometheus is ready")
        yield url
    finally:
        process.terminate()
        process.wait()
