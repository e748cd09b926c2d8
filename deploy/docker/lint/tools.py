"""hadolint for the image's file, shellcheck for every script of the repository."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.findings import Finding

BIN = Path(sys.executable).parent
LEFT_OUT = (".venv", ".local", ".git", "node_modules")


def dockerfile_findings(root: Path, path: Path) -> Iterator[Finding]:
    """What hadolint says of a Dockerfile; it ignores what the file gives a reason for."""
    for each in _told([str(BIN / "hadolint"), "--no-fail", "--format", "json", str(path)]):
        yield Finding(str(path.relative_to(root)), f"line {each['line']}", f"{each['code']} {each['message']}")


def script_findings(root: Path) -> Iterator[Finding]:
    """What shellcheck says of the scripts, those of CI included."""
    scripts = [*scripts_of(root), *(path for path in [root / ".ci" / "run"] if path.exists())]
    for each in _told([str(BIN / "shellcheck"), "--format", "json", *map(str, scripts)]):
        name = str(Path(each["file"]).relative_to(root))
        yield Finding(name, f"line {each['line']}", f"SC{each['code']} {each['message']}")


def scripts_of(root: Path) -> Sequence[Path]:
    """Every shell script below a root, but those of others."""
    return sorted(path for path in root.rglob("*.sh") if not set(path.relative_to(root).parts) & set(LEFT_OUT))


def _told(command: Sequence[str]) -> Sequence[dict[str, Any]]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found: Sequence[dict[str, Any]] = json.loads(done.stdout)
    return found
