"""Whether expressions are PromQL: by Prometheus's own parser, as rules that promtool is given to check."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from services.common.errors import ConfigurationError

RATE_INTERVAL = "1m"
FAULT = re.compile(r'"cadran:lint:(\d+)": (.+)')


def filled_in(expression: str) -> str:
    """An expression as Prometheus can read it; the board's own variables stand in texts, where anything may stand."""
    return expression.replace("$__rate_interval", RATE_INTERVAL)


def syntax_faults(expressions: Sequence[str]) -> dict[str, str]:
    """By the expressions that promtool refuses: why.

    :raises ConfigurationError: where promtool is not installed, or says what is not understood.
    """
    rules = [{"record": f"cadran:lint:{i}", "expr": filled_in(each)} for i, each in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "lint", "rules": rules}]}, file)
        file.flush()
        try:
            done = subprocess.run(
                ["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise ConfigurationError("promtool is not installed", mend="run `make setup`") from None
    faults = {expressions[int(number)]: why for number, why in FAULT.findall(done.stdout + done.stderr)}
    if done.returncode and not faults:
        raise ConfigurationError(f"promtool said: {done.stderr}", mend=f"look at {Path(__file__).name}")
    return faults
