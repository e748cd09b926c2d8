"""Changes one alert in the text of the file of thresholds; every other line stays as people wrote it.

A YAML library that writes the whole file anew loses the comments behind what is taken out, and people's own spacing.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from services.common.errors import Conflict
from services.common.yaml_files import LOADER

ALERTS = "alerts"
OFF = {"off": "yes"}
"""What `Name: off` means."""
STEP = 2
"""Spaces that a line is set in."""

Path = tuple[str, ...]


class _Place(NamedTuple):
    """A word of the text, and what stands behind it."""

    key: yaml.Node
    value: yaml.Node


def edited(content: bytes, name: str, fields: Mapping[str, str | None]) -> bytes:
    """The text with some fields of an alert written anew; those that are None are left out.

    :raises Conflict: when somebody must mend the text first, or change it by hand.
    """
    before = _decoded(content)
    alert = (ALERTS, name)
    text = _as_block(_as_block(before, (ALERTS,)), alert)
    for field, value in fields.items():
        text = _without(text, (*alert, field)) if value is None else _with(text, (*alert, field), _scalar(value))
    if not _is_filled(text, alert):
        text = _without(text, alert)
    if not _is_filled(text, (ALERTS,)):
        text = _with(text, (ALERTS,), "{}")
    if _said(text) != _wanted(_said(before), name, fields):
        raise _by_hand()
    return text.encode()


def _wanted(said: dict[str, Any], name: str, fields: Mapping[str, str | None]) -> dict[str, Any]:
    alerts = _fields(said.get(ALERTS))
    changed = {**_fields(alerts.get(name)), **fields}
    others = {other: stated for other, stated in alerts.items() if other != name}
    stated = {field: value for field, value in changed.items() if value is not None}
    return {**said, ALERTS: {**others, name: stated} if stated else others}


def _fields(said: Any) -> dict[str, Any]:
    """What stands below a word: nothing, fields, or an alert that is `off`."""
    fields = {None: {}, "": {}, "off": OFF}.get(said) if said is None or isinstance(said, str) else said
    if not isinstance(fields, dict):
        raise _by_hand()
    return fields


def _as_block(text: str, path: Path) -> str:
    """The text in which a mapping has a line for each of its fields."""
    place = _find(text, path)
    if place is None:
        return _with(text, path, "")
    value = place.value
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        return text
    if isinstance(value, yaml.MappingNode):
        fields = {key.value: _source(text, of) for key, of in value.value}
    else:
        fields = _fields(value.value)
    text = _with(text, path, "")
    for field, source in fields.items():
        text = _with(text, (*path, field), source)
    return text


def _with(text: str, path: Path, source: str) -> str:
    """The text in which this stands behind a word: in its place, or on a line after its neighbours."""
    place = _find(text, path)
    if place is not None:
        start, end = place.value.start_mark.index, place.value.end_mark.index
        head = text[:start].rstrip(" ")
        return f"{head} {source}{text[end:]}" if source else head + text[end:]
    parent = _find(text, path[:-1])
    position, line = _after(text, parent), f"{' ' * _indent(parent)}{path[-1]}: {source}".rstrip()
    newline = "\r\n" if "\r\n" in text else "\n"
    head = text[:position] if text[:position].endswith("\n") else text[:position] + newline
    return f"{head}{line}{newline}{text[position:]}"


def _without(text: str, path: Path) -> str:
    """The text without the lines of a word."""
    place = _find(text, path)
    if place is None:
        return text
    return text[: text.rfind("\n", 0, place.key.start_mark.index) + 1] + text[_after(text, place) :]


def _is_filled(text: str, path: Path) -> bool:
    place = _find(text, path)
    return place is not None and bool(place.value.value)


def _indent(parent: _Place | None) -> int:
    """Of what stands below a word, or at the top."""
    if parent is None:
        return 0
    below = parent.value.value
    return int(below[0][0].start_mark.column if below else parent.key.start_mark.column + STEP)


def _after(text: str, place: _Place | None) -> int:
    """Where the line begins that follows a word and all below it; after what is at the top the text ends."""
    if place is None:
        return len(text)
    node = place.value
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    end = text.find("\n", len(text[: node.end_mark.index].rstrip()))
    return len(text) if end < 0 else end + 1


def _find(text: str, path: Path) -> _Place | None:
    place, node = None, _composed(text)
    for word in path:
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        place = next((_Place(*entry) for entry in entries if entry[0].value == word), None)
        if place is None:
            return None
        node = place.value
    return place


def _source(text: str, node: yaml.Node) -> str:
    return text[node.start_mark.index : node.end_mark.index]


def _scalar(value: str) -> str:
    """A text as YAML: in quotes where it would be taken for something else without."""
    try:
        is_plain = yaml.load(f"a: {value}", LOADER) == {"a": value}  # noqa: S506 - knows texts alone
    except yaml.YAMLError:
        is_plain = False
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _said(text: str) -> dict[str, Any]:
    node = _composed(text)
    said = None if node is None else LOADER("").construct_document(node)
    if not isinstance(said, dict):
        raise _by_hand()
    return said


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, LOADER)
    except (yaml.YAMLError, RecursionError):
        raise _by_hand() from None


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _by_hand() from None


def _by_hand() -> Conflict:
    said = "the file of thresholds is not written so that this alert can be changed in it"
    return Conflict(said, mend="mend the file, or change the alert in it by hand")
