"""Ids and names hold no control characters.

JSON writes a control character as an escape (only DEL may stand as it is), so one look at the text tells whether there
can be any: hardly ever. Only then are the fields looked through.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from services.common.errors import Invalid
from services.common.events.fields import PLAIN

_ESCAPED = re.compile(rb"\x7f|\\(?:[bfnrt]|u00[01]|u007f)", re.IGNORECASE)
_PLAIN = re.compile(PLAIN)


def require_plain(text: bytes | msgspec.Raw, *placed: tuple[str, msgspec.Struct]) -> None:
    """Refuse control characters in ids and names. `text` is the JSON that was read; `placed`: what it became, each with
    what stands before the names of its fields.

    :raises Invalid: naming the field.
    """
    if not _may_hold_controls(bytes(text)):
        return
    for place, struct in placed:
        for field in _not_plain(struct, place):
            raise Invalid("holds a control character", field=field, mend="send a name without line breaks or tabs")


def is_plain(name: str) -> bool:
    """Does it hold no control characters, and is it not empty?"""
    return _PLAIN.match(name) is not None


def _may_hold_controls(text: bytes) -> bool:
    """Two looks for a byte first: they take a quarter of the pattern's time, and mostly say no."""
    return (b"\\" in text or b"\x7f" in text) and _ESCAPED.search(text) is not None


def _not_plain(struct: msgspec.Struct, place: str) -> Iterator[str]:
    for field in msgspec.structs.fields(type(struct)):
        for value, own in _values(getattr(struct, field.name), f"{place}{field.encode_name}"):
            if isinstance(value, msgspec.Struct):
                yield from _not_plain(value, f"{own}.")
            elif isinstance(value, str) and _is_name(field.type) and not is_plain(value):
                yield own


def _values(value: Any, place: str) -> Iterator[tuple[Any, str]]:
    """A field's value, or those of a list, each with its place."""
    if isinstance(value, tuple | list):
        yield from ((item, f"{place}[{i}]") for i, item in enumerate(value))
    else:
        yield value, place


@cache
def _is_name(annotation: Any) -> bool:
    """Is it the type of an id or a name, alone or in a tuple or union?"""
    if isinstance(annotation, msgspec.Meta):
        return (annotation.extra_json_schema or {}).get("pattern") == PLAIN
    parts = (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
    return any(_is_name(part) for part in parts)
