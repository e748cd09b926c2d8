"""JSON within a page's scripts: whole scripts of JSON, and objects that a script gives to a name."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import chompjs

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.loose_json import LOADING, read_json

MAX_SCRIPTS = 200
MAX_ASSIGNED = 50
"""Objects given to a name, looked at in one script."""
MAX_LENGTH = 2_000_000
"""Characters of one such object."""

_ASSIGNED = re.compile(r"=\s{0,5}(?=[{\[])")
_NAME = re.compile(r"([\w$]{1,60})\s{0,5}$")
_JSON_TYPES = ("json", "x-magento-init")


def script_values(document: Document) -> Iterator[tuple[str, Any]]:
    """Each JSON value of a page's scripts with the script's id or the name that it is given to."""
    for number, script in enumerate(document.root.iter("script")):
        if number >= MAX_SCRIPTS:
            return
        text = script.text or ""
        kind = (script.get("type") or "").casefold()
        if any(name in kind for name in _JSON_TYPES):
            for value in read_json(text):
                yield script.get("id") or kind, value
        elif not kind or "javascript" in kind or kind == "module":
            yield from _assigned(text)


def _assigned(text: str) -> Iterator[tuple[str, Any]]:
    for match in islice(_ASSIGNED.finditer(text), MAX_ASSIGNED):
        name = _NAME.search(text[max(0, match.start() - 70) : match.start()])
        if name is None:
            continue
        try:
            start = match.end()
            value: Any = chompjs.parse_js_object(text[start : start + MAX_LENGTH], loader_kwargs=LOADING)
        except (ValueError, RecursionError, MemoryError):
            continue
        yield name[1], value
