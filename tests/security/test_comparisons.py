"""What is secret is compared by `hmac.compare_digest`, which takes as long whichever letter is wrong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path(__file__).resolve().parents[2] / "services"
SECRET = re.compile(r"secret|signature|digest|hmac|password|token|mac")
HARMLESS = {
    ("services/ingest/connectors/vendors/salesforce/__init__.py", "len(secret) == len(given)"),  # 15 or 18, as all are
    (
        "services/operations/erasing/copying.py",
        "(seen.count, seen.checksum.digest) != (expected.count, expected.checksum.digest)",  # of records
    ),
    ("services/kpi_stream/live_state.py", "state.digest != digest(settings, declared)"),  # of settings, not of secrets
}


def compared(tree: ast.AST) -> Iterator[str]:
    """Comparisons of equality whose sides are named as secrets are; with something written there, none is secret."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        if any(SECRET.search(name) for side in sides for name in names(side)):
            yield ast.unparse(node)


def names(node: ast.AST) -> set[str]:
    """All names in an expression, in small letters, each as its words."""
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    found |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return {word for name in found for word in name.lower().split("_")}


def test_no_secret_is_compared_letter_by_letter() -> None:
    told = {
        (str(path.relative_to(SERVICES.parent)), text)
        for path in SERVICES.rglob("*.py")
        for text in compared(ast.parse(path.read_text()))
    }
    assert told == HARMLESS


def test_the_search_finds_such_a_comparison() -> None:
    code = "if key.secret_sha256 == told: pass\nif signature != hmac_of(body): pass\nif token == '': pass"
    assert list(compared(ast.parse(code))) == ["key.secret_sha256 == told", "signature != hmac_of(body)"]
