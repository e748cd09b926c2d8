"""Runs of Schemathesis against one API, until so many cases ran."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.programs import ROOT
from services.common.errors import ConfigurationError

PROGRAM = ROOT / ".local" / "fuzz-venv" / "bin" / "st"
CONFIG = Path(__file__).with_name("schemathesis.toml")
TIME_OUT = 10
"""Seconds until a request that is not answered is a failure."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "key_is_asked_for",
    "problem_document",
)
FEW = 1000
"""Fewer cases than so many are drawn alone: of each place of a large schema in turn there are thousands."""
EXAMPLES = range(1, 101)
"""Of each operation, at least and at most, in one round."""


class Ran(NamedTuple):
    """What became of an API's cases."""

    name: str
    cases: int
    statuses: Counter[str]
    slowest: float
    slowest_request: str
    failures: list[str]

    @property
    def server_errors(self) -> int:
        return sum(times for status, times in self.statuses.items() if status >= "500")


def require_program() -> None:
    if not PROGRAM.exists():
        raise ConfigurationError("Schemathesis is not installed", mend="run `make .local/fuzz-venv/.installed`")


def run(name: str, url: str, given: Path, cases: int, seed: int) -> Ran:
    """Run at least so many cases, in as many rounds as it takes, each with a seed of its own."""
    require_program()
    ran = Ran(name, 0, Counter(), 0.0, "", [])
    while ran.cases < cases and not ran.failures:
        ran = _more(ran, url, given, cases - ran.cases, seed)
        seed += 1
    return ran


def _more(before: Ran, url: str, given: Path, cases: int, seed: int) -> Ran:
    report, told = given.with_suffix(f".{before.name}.report"), given.with_suffix(f".{before.name}.told")
    command = [
        *(str(PROGRAM), "--config-file", str(CONFIG), "run", f"{url}/openapi.json"),
        *("--no-color", "--continue-on-failure", "--warnings", "off"),
        *("--seed", str(seed), "--max-examples", str(min(max(cases // 120, EXAMPLES[0]), EXAMPLES[-1]))),
        *("--phases", "examples,fuzzing,stateful" if cases < FEW else "examples,coverage,fuzzing,stateful"),
        *("--request-timeout", str(TIME_OUT), "--checks", ",".join(CHECKS), "--generation-database", "none"),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("hooks.py")),
        "CADRAN_FUZZ_GIVEN": str(given),
        "CADRAN_FUZZ_TOLD": str(told),
    }
    done = subprocess.run(command, env=environment, cwd=given.parent, capture_output=True, text=True)
    if not report.exists():
        raise RuntimeError(f"Schemathesis did not run:\n{done.stdout}{done.stderr}")
    return _added(before, json.loads(report.read_text()), json.loads(told.read_text()), done.stdout)


def _added(before: Ran, report: dict[str, Any], told: dict[str, Any], printed: str) -> Ran:
    slowest = max((before.slowest, before.slowest_request), (told["slowest"]["seconds"], told["slowest"]["request"]))
    wrong = [] if report["exit_code"] == 0 else [_shown(printed)]
    return Ran(
        before.name,
        before.cases + report["test_cases"]["generated"],
        before.statuses + Counter(told["statuses"]),
        *slowest,
        [*before.failures, *wrong],
    )


def _shown(printed: str) -> str:
    """What Schemathesis says of its failures, from their heading on."""
    found = re.search(r"^=+ (FAILURES|ERRORS) =+$", printed, re.MULTILINE)
    return printed[found.start() :] if found else printed
