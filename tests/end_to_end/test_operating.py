"""The operator's page, followed from a stopped state to its end: nothing but what stands there."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from services.common.settings import ROOT, Settings
from tests.docs.pages import blocks_of, pointed_at, shell_lines
from tests.support.stack import free_offset

PAGE = Path("docs/operating.md")


@pytest.fixture
def told() -> str:
    """What a shell printed that was given the page's commands, one after the other."""
    local = Path(tempfile.mkdtemp(prefix="cadran-"))
    with free_offset() as offset:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CADRAN_")},
            "CADRAN_LOCAL_DIR": str(local),
            "CADRAN_PORT_OFFSET": str(offset),
        }
        lines = (line for block in blocks_of(PAGE) if block.language == "sh" for line in shell_lines(block.code))
        script = "\n".join(
            (
                "set -euo pipefail",
                "trap 'make down >&2' EXIT",
                'curl() { command curl --fail-with-body --silent --show-error "$@"; echo; }',
                *(pointed_at(line, Settings(port_offset=offset), local) for line in lines),
            )
        )
        done = subprocess.run(["bash", "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)
        shutil.rmtree(local)
        for left in ROOT.glob("shop-paris.*"):
            left.unlink()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_operators_page_alone_is_enough(told: str) -> None:
    assert "all is well" in told
    assert '"status":"accepted"' in told
    assert '"value":129.00' in told
    assert told.count("shop-paris") >= 2
    assert "keys rotate" in told
    assert "the log is as it was written" in told
    assert "stopped; the data is kept in" in told
