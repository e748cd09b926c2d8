"""What is changed: every change that Cosmic Ray knows to make inside a function.

Annotations decide nothing. What stands outside of functions are declarations: cells' names, thresholds, texts.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutation.mutants import Mutant, Position

PREFIX = "core/"


def changed(mutant: Mutant, root: Path) -> str:
    """The whole module, changed."""
    text = mutate_code((root / mutant.path).read_text(), get_operator(PREFIX + mutant.operator)(), mutant.occurrence)
    assert text is not None, mutant
    return str(text)


def mutants_of(root: Path, path: str) -> Iterator[Mutant]:
    """All of a module, in the order in which Cosmic Ray counts them."""
    source = (root / path).read_text()
    tree = ast.parse(source)
    functions, annotations = list(_functions(tree)), list(_annotations(tree))
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments():
            continue  # those replace a variable that must be named
        places = (start for node in nodes for start, _ in operator().mutation_positions(node))
        for occurrence, start in enumerate(places):
            if _within(start, functions) and not _within(start, annotations):
                yield Mutant(path, name.removeprefix(PREFIX), occurrence, start)


Stretch = tuple[Position, Position]


def _within(position: Position, stretches: Iterable[Stretch]) -> bool:
    return any(first <= position < last for first, last in stretches)


def _functions(tree: ast.AST) -> Iterator[Stretch]:
    """From the `def`: decorators are run once, as declarations are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield _stretch(node)


def _annotations(tree: ast.AST) -> Iterator[Stretch]:
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            found = getattr(node, field, None)
            if isinstance(found, ast.expr):
                yield _stretch(found)


def _stretch(node: ast.stmt | ast.expr) -> Stretch:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
