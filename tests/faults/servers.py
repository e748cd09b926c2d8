"""What the fault tests do to servers, and ask of them."""

import re
import shutil
import time
from pathlib import Path

import httpx

from services.common.settings import Port
from tests.support.stack import RunningStack, wait_for


def copy_of_redis(stack: RunningStack) -> Path:
    """The append-only files as they are now, while Redis goes on writing."""
    copy = stack.layout.root / "older"
    shutil.rmtree(copy, ignore_errors=True)
    with stack.redis() as client:  # no file may be replaced by another in the middle of it
        client.config_set("auto-aof-rewrite-percentage", 0)
        wait_for(lambda: not client.info("persistence")["aof_rewrite_in_progress"], "no rewrite is at work")
    time.sleep(1.1)  # appendfsync everysec
    shutil.copytree(stack.layout.data / "redis", copy)
    return copy


def bring_back(stack: RunningStack, older: Path) -> None:
    """Redis with an older state: stopped, its files replaced, started again."""
    stack.supervisor.stop("redis")
    shutil.rmtree(stack.layout.data / "redis")
    shutil.copytree(older, stack.layout.data / "redis")
    stack.supervisor.start("redis")


def partitions_held(stack: RunningStack, worker: int) -> int:
    """By a worker's own metrics."""
    port = stack.settings.port(Port.WORKER_METRICS) + worker
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return int(float(re.search(r"^cadran_worker_partitions (\S+)$", text, re.MULTILINE)[1]))  # type: ignore[index]
