"""What would change if a board were put in the place of another. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 80


def differences(own: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Lines for people: the panels that are new, gone or changed, then the rest.

    What the other has beside is no difference: Grafana adds keys of its own.
    """
    before = {panel.get("id"): panel for panel in other.get("panels", ())}
    after = {panel.get("id"): panel for panel in own.get("panels", ())}
    lines = []
    for number, panel in after.items():
        if number not in before:
            lines.append(f"panel {_title(panel)} is new")
        else:
            lines += [f"panel {_title(panel)}: {line}" for line in _lines(panel, before[number], ())]
    lines += [f"panel {_title(panel)} is gone" for number, panel in before.items() if number not in after]
    rest = {name: value for name, value in own.items() if name not in ("panels", "id", "version")}
    return [*lines, *_lines(rest, other, ())]


def _title(panel: Mapping[str, Any]) -> str:
    return repr(panel.get("title") or panel.get("id"))


def _lines(own: Any, other: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(own, dict) and isinstance(other, dict):
        for name, value in own.items():
            if name in other:
                yield from _lines(value, other[name], (*path, name))
            else:
                yield f"{'.'.join((*path, name))} is new"
    elif isinstance(own, list) and isinstance(other, list) and len(own) == len(other):
        for number, (one, two) in enumerate(zip(own, other, strict=True)):
            yield from _lines(one, two, (*path, str(number)))
    elif own != other:
        yield f"{'.'.join(path)}: {_short(other)} -> {_short(own)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
