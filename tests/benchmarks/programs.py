"""Programs that are measured, each a process of its own, looked at from outside."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.programs import ROOT
from tests.support.stack import RunningStack

STOP_SECONDS = 30
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(stack: RunningStack, module: str, *arguments: str, **settings: str) -> Iterator[int]:
    """A Python program on a stack's servers, ended at the end; its process id."""
    environment = {**stack.environment, **settings}
    log = stack.layout.logs / f"{module}.log"
    with log.open("ab") as out:
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)


def ended(stack: RunningStack, module: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What a Python program on a stack's servers says that ends by itself."""
    environment = {**stack.environment, **settings}
    command = [sys.executable, "-m", module]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)


def resident_mb(pid: int) -> float:
    """Memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def family_mb(pid: int) -> float:
    """Memory that a process and those that it began hold now."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return resident_mb(pid) + sum(family_mb(int(child)) for child in children)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
