"""Rules for a board as a whole: its grid, ids, variables, and that nothing in it is misspelt or personal."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.lint.panel_rules import SOURCE
from deploy.grafana.lint.views import Board, queries, variables_in

COLUMNS = 24
ON_TIME_RANGE = 2
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\+\d[\d .-]{8,}")
PERSONAL_LABELS = re.compile(r"\b(?:customer|customer_id|e_?mail|phone|name|first_name|last_name|address|comment)\b")


def loses_no_key(whole: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What Grafana's own SDK drops when it reads a board is a key that Grafana does not know. Yields panel and text."""
    register_default_plugins()
    again = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(whole)))
    for path in _dropped(whole, again, ()):
        at = path[1] if path[0] == "panels" else None
        panel = f"panel {whole['panels'][at].get('title')!r}" if isinstance(at, int) else ""
        yield panel, f"has the unknown key {'.'.join(map(str, path[2:] if panel else path))}"


def _dropped(before: Any, after: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key not in after:
                yield (*path, key)
            else:
                yield from _dropped(value, after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _dropped(one, other, (*path, i))
    elif before != after:
        yield path


def has_ids_of_its_own(board: Board) -> Iterator[str]:
    for number, times in Counter(panel.id for panel in board.panels).items():
        if times > 1 or number < 1:
            names = [panel.title for panel in board.panels if panel.id == number]
            yield f"panels {names} have the id {number}: give each one of its own"


def stands_apart(board: Board) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in board.panels:
        place = panel.grid_pos
        if place.x < 0 or place.w < 1 or place.h < 1 or place.x + place.w > COLUMNS:
            yield f"panel {panel.title!r} stands at x {place.x} with width {place.w}: there are {COLUMNS} columns"
        own = [(x, y) for x in range(place.x, place.x + place.w) for y in range(place.y, place.y + place.h)]
        covered = {taken[cell] for cell in own if cell in taken}
        if covered:
            yield f"panel {panel.title!r} covers {', '.join(sorted(covered))}"
        taken.update(dict.fromkeys(own, panel.title))


def defines_its_variables(board: Board) -> Iterator[str]:
    defined = {variable.name for variable in board.templating.list}
    for panel in board.panels:
        urls = [link.url for link in panel.field_config.defaults.links]
        texts = [panel.title, panel.datasource.uid, *urls]
        texts += [text for target in panel.targets for text in (target.expr, target.datasource.uid)]
        for name in sorted(set().union(*map(variables_in, texts)) - defined):
            yield f"panel {panel.title!r} uses the variable {name}, which is not defined"


def uses_its_variables(board: Board) -> Iterator[str]:
    texts = [query.expr for query in queries(board)]
    texts += [link.url for panel in board.figures for link in panel.field_config.defaults.links]
    texts += [link.url for link in board.links]
    used = set().union(*map(variables_in, texts)) | {"datasource"}
    for variable in board.templating.list:
        if variable.name not in used:
            yield f"variable {variable.name!r} is used nowhere: leave it out"


def renews_its_variables(board: Board) -> Iterator[str]:
    """Members come and go with the time range."""
    for variable in board.templating.list:
        if variable.type == "query" and variable.refresh != ON_TIME_RANGE:
            yield f"variable {variable.name!r} is not renewed with the time range: set refresh 2"
        if variable.type == "query" and variable.datasource.uid != SOURCE:
            yield f"variable {variable.name!r} asks another data source than {SOURCE}"


def marks_from_the_chosen_source(board: Board) -> Iterator[str]:
    for annotation in board.annotations.list:
        if annotation.datasource.uid != SOURCE:
            yield f"annotation {annotation.name!r} asks another data source than {SOURCE}"


def names_nobody(board: Board) -> Iterator[str]:
    """No address or telephone number in any text, and no label of a customer in any query or legend."""
    for panel in board.figures:
        texts = (panel.title, panel.description, *(link.url for link in panel.field_config.defaults.links))
        if any(PERSONAL.search(text) for text in texts):
            yield f"panel {panel.title!r} holds an address or a telephone number"
        asked = [text for target in panel.targets for text in (target.expr, target.legend_format)]
        named = sorted({label for text in asked for label in PERSONAL_LABELS.findall(text)})
        if named:
            yield f"panel {panel.title!r} shows people: {', '.join(named)}"


def is_made_in_code(board: Board) -> Iterator[str]:
    if board.editable:
        yield "can be edited, and what is changed would be lost: set editable false"
    if board.refresh != "10s":
        yield f"is renewed every {board.refresh or 'never'}: the scrape is every 10s"


RULES: tuple[Callable[[Board], Iterator[str]], ...] = (
    has_ids_of_its_own,
    stands_apart,
    defines_its_variables,
    uses_its_variables,
    renews_its_variables,
    marks_from_the_chosen_source,
    names_nobody,
    is_made_in_code,
)
