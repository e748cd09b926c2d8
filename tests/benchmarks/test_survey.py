"""`make bench-survey` in small: both forms take every answer, and every number is told."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.local.programs import ROOT


def test_both_forms_are_measured(tmp_path: Path) -> None:
    out = tmp_path / "bench_survey.json"
    command = [sys.executable, "-m", "tests.benchmarks.survey", "--answers", "200", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert [row["name"] for row in found["rows"]] == ["cadran", "bare"]
    assert all(0 < row["p50_ms"] <= row["p99_ms"] and row["peak_mb"] > 0 for row in found["rows"])
    assert found["ratios"]["cadran/bare"] > 0
    assert "answers/s" in done.stdout
