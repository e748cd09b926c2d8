"""What a stack's Prometheus knows, and a Prometheus of a test's own, which scrapes nothing unless its file says so."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from services.common.settings import Port
from tests.support.redis import free_port
from tests.support.stack import TRUST, RunningStack, wait_for


def query(stack: RunningStack, expression: str, **parameters: Any) -> list[dict[str, Any]]:
    """The series that an expression has now, or with `start`, `end` and `step` over time."""
    kind = "query_range" if "step" in parameters else "query"
    url = f"{stack.url(Port.PROMETHEUS)}/api/v1/{kind}"
    answer = httpx.get(url, params={"query": expression, **parameters}, timeout=30, verify=TRUST).json()
    assert answer["status"] == "success", (expression, answer)
    assert not answer.get("warnings")
    return answer["data"]["result"]  # type: ignore[no-any-return]


@contextmanager
def running_prometheus(folder: Path, *flags: str, config: str = "{}") -> Iterator[str]:
    """Its URL; it keeps its data in the folder `data` of the one given, with whatever blocks lie there."""
    file = folder / "prometheus.yml"
    file.write_text(config)
    port = free_port()
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=error"]
    process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}", *flags])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: httpx.get(f"{url}/-/ready").is_success, "Prometheus is ready")
        yield url
    finally:
        process.terminate()
        process.wait()
