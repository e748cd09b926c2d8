"""docs/adding-a-kpi.md, followed to the letter in a copy of the checkout: one module, one test, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("services", "tests", "docs", "deploy", "pyproject.toml", "requirements.txt")
FILE = re.compile(r"^`(\S+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=LEFT_OUT)
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_kpi_is_a_module_and_its_test(copy: Path) -> None:
    written = FILE.findall((ROOT / "docs" / "adding-a-kpi.md").read_text())
    assert [path.split("/")[0] for path, _ in written] == ["services", "tests"]
    for path, text in written:
        (copy / path).write_text(text)

    run(copy, "-m", "docs.generate")
    told = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(p for p, _ in written), "tests/kpi_stream/kpis")
    linted = run(copy, "-m", "ruff", "check", *(path for path, _ in written))

    assert "passed" in told
    assert "All checks passed" in linted
    assert "## 9. Cancelled orders" in (copy / "docs" / "kpis.md").read_text()
    for language, title in (("en", "Cancelled orders"), ("fr", "Commandes annulées")):
        board = json.loads((copy / f"deploy/grafana/dashboards/cadran-sales-{language}.json").read_text())
        panel = next(panel for panel in board["panels"] if panel["title"] == title and panel["type"] == "stat")
        assert "cadran_cancelled_orders_ratio" in panel["targets"][0]["expr"]
    run(copy, "-m", "deploy.grafana.lint")
    declared = "from services.kpi_stream.kpis import all_kpis; print(list(all_kpis()))"
    assert "'cancelled_orders'" in run(copy, "-c", declared)
