"""All rules over all boards."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from deploy.findings import Finding
from deploy.grafana.lint import board_rules, link_rules, panel_rules, query_rules
from deploy.grafana.lint.catalogue import Catalogue
from deploy.grafana.lint.syntax import syntax_faults
from deploy.grafana.lint.views import Board, queries
from services.kpi_stream.kpis.kpi import Kpi

Boards = Mapping[str, dict[str, Any]]
"""By the names of their files, without the ending."""


def read_boards(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def lint(boards: Boards, catalogue: Catalogue, kpis: Mapping[str, Kpi]) -> list[Finding]:
    """What is wrong with any of them."""
    found, seen = [], []
    for name, whole in boards.items():
        found += [Finding(name, panel, text) for panel, text in board_rules.loses_no_key(whole)]
        try:
            board = msgspec.convert(whole, Board)
        except msgspec.ValidationError as error:
            found.append(Finding(name, "", str(error)))
            continue
        seen.append(board)
        found += _of_a_board(name, board, catalogue, kpis)
    return [*found, *_syntax(seen), *_languages(seen)]


def _of_a_board(name: str, board: Board, catalogue: Catalogue, kpis: Mapping[str, Kpi]) -> Iterator[Finding]:
    if board.uid != name:
        yield Finding(name, "", f"has the uid {board.uid}: it must be its file's name")
    for board_rule in (*board_rules.RULES, link_rules.leads_to_the_others):
        yield from (Finding(name, "", text) for text in board_rule(board))
    for panel in board.figures:
        place = f"panel {panel.title!r}"
        for panel_rule in panel_rules.RULES:
            yield from (Finding(name, place, text) for text in panel_rule(panel))
        texts = link_rules.explains_its_number(panel, board, catalogue, kpis)
        yield from (Finding(name, place, text) for text in texts)
    yield from query_rules.findings(board, catalogue)


def _syntax(boards: list[Board]) -> Iterator[Finding]:
    asked = [(board.uid, query) for board in boards for query in queries(board)]
    faults = syntax_faults(list(dict.fromkeys(query.expr for _, query in asked)))
    for uid, query in asked:
        if query.expr in faults:
            yield Finding(uid, query.place, f"{query.expr}: {faults[query.expr]}")


def _languages(boards: list[Board]) -> Iterator[Finding]:
    """Every board is there in every language, and shows the same in all of them."""
    by_name: dict[str, dict[str, Board]] = {}
    for board in boards:
        name, _, language = board.uid.rpartition("-")
        by_name.setdefault(name, {})[language] = board
    languages = sorted({language for each in by_name.values() for language in each})
    for name, each in by_name.items():
        for language in languages:
            if language not in each:
                yield Finding(name, "", f"is not there in {language}")
        if len({_shape(board) for board in each.values()}) > 1:
            yield Finding(name, "", "does not show the same in all languages")


def _shape(board: Board) -> tuple[object, ...]:
    """What a board shows, whatever the language."""
    return tuple(
        (p.id, p.type, msgspec.structs.astuple(p.grid_pos), tuple(target.expr for target in p.targets))
        for p in board.panels
    )
