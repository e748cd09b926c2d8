"""`python -m tests.sizes`: no file over 400 lines and no function over 60, tests included; status 1 where one is.

What is generated says so in its first lines. Tables of the tests (YAML) and pages that were kept to be read are no
code: they grow by what is looked at.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = frozenset({".py", ".js", ".css", ".html", ".tmpl", ".lua", ".sh", ".yml", ".yaml"})
MOST_OF_A_FILE = 400
MOST_OF_A_FUNCTION = 60


def too_long(path: str, text: str) -> Iterator[str]:
    """What is too long in one file."""
    lines = text.splitlines()
    if any("generated" in line.lower() for line in lines[:3]):
        return
    if len(lines) > MOST_OF_A_FILE:
        yield f"{path}: {len(lines)} lines, {MOST_OF_A_FILE} at most: split it by theme"
    if path.endswith(".py"):
        yield from _long_functions(path, ast.parse(text))


def _long_functions(path: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_OF_A_FUNCTION:
                place = f"{path}:{node.lineno}: {node.name}"
                yield f"{place} has {length} lines, {MOST_OF_A_FUNCTION} at most: name its parts"


def code_files() -> Iterator[str]:
    """What people wrote and git knows, or is about to."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for path in map(Path, listed.stdout.splitlines()):
        is_data = path.parts[0] == "tests" and path.suffix in {".html", ".yml"}
        if path.suffix in CODE and not is_data and (ROOT / path).is_file():
            yield str(path)


def main() -> None:
    found = [line for path in code_files() for line in too_long(path, (ROOT / path).read_text())]
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main()
