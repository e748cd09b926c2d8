import subprocess
import sys

import pytest

FAILING = """
from services.common.logging import configure_logging, get_logger

configure_logging("test", level="INFO", log_format={log_format!r})
try:
    body = "Unforgettable " + "words"
    raise ValueError("told")
except ValueError:
    get_logger("test").exception("failed")
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_of_what_failed_no_local_is_logged(log_format: str) -> None:
    program = FAILING.format(log_format=log_format)
    log = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert "ValueError" in log
    assert "told" in log
    assert "Unforgettable words" not in log
