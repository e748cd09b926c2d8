"""JSON as pages hold it: well-formed, or mended where its meaning is plain. Numbers stay as they are written."""

import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import chompjs

MAX_DIGITS = 30
"""Of a number; longer ones are kept as the text that they are."""

_WRAPPED = 200
"""Characters at each end that may hold a comment or a CDATA mark."""
_WRAPPING = re.compile(r"^(?:\s|;|<!--|-->|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)+")
_WRAPPED_END = re.compile(r"(?:\s|;|-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?|//)+$")


_INNER_QUOTE = re.compile(r"(?<=[^\s{\[,:\\])\"(?!\s*[:,}\]])")
"""A quote within a string: it neither follows nor precedes what structures JSON."""


_ESCAPED = re.compile(r"[{\[\s]{1,20}&(?:quot|#34);")
_OPENING = re.compile(r"[{\[]")


class Number(str):
    """A number as it is written in JSON: `1299.00` is not `1299`."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that is there twice holds all that was said of it: which one is meant is not for the parser to say."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            earlier = found[key] if isinstance(found[key], list) else [found[key]]
            found[key] = [*earlier, *(value if isinstance(value, list) else [value])]
        else:
            found[key] = value
    return found


LOADING: dict[str, Any] = {
    "strict": False,
    "parse_float": Number,
    "parse_int": Number,
    "parse_constant": lambda _: None,
    "object_pairs_hook": _pairs,
}
_DECODER = json.JSONDecoder(**LOADING)


def read_json(text: str) -> list[Any]:
    """Every JSON value of a script, one after another; what cannot be mended is left out."""
    text = _trimmed(text)
    if _ESCAPED.match(text):
        text = html.unescape(text)
    if not text:
        return []
    values, is_whole = _well_formed(text)
    if is_whole:
        return values
    mended = _mended(text) or _mended(_INNER_QUOTE.sub(lambda _: '\\"', text))
    return mended if len(mended) >= len(values) else values


def _trimmed(text: str) -> str:
    """Without what pages wrap scripts in. The wrapping is looked for at both ends only."""
    text = text.strip().lstrip("\ufeff")
    head, rest = text[:_WRAPPED], text[_WRAPPED:]
    text = _WRAPPING.sub("", head) + rest
    rest, tail = text[:-_WRAPPED], text[-_WRAPPED:]
    return rest + _WRAPPED_END.sub("", tail)


def _well_formed(text: str) -> tuple[list[Any], bool]:
    """The values up to the first that is malformed, and whether that was all."""
    values: list[Any] = []
    at = 0
    try:
        while at < len(text):
            value, at = _DECODER.raw_decode(text, at)
            values.append(value)
            at = _after_filling(text, at)
    except (ValueError, RecursionError):
        return values, False
    return values, True


def _after_filling(text: str, at: int) -> int:
    while at < len(text) and (text[at].isspace() or text[at] in ",;\ufeff"):
        at += 1
    return at


def _mended(text: str) -> list[Any]:
    """Values with trailing commas, comments, single quotes, bare keys or raw newlines, by chompjs."""
    try:
        start = _OPENING.search(text)
        values: list[Any] = (
            list(chompjs.parse_js_objects(text[start.start() :], loader_kwargs=LOADING)) if start else []
        )
    except (ValueError, RecursionError, MemoryError):
        return []
    return [value for value in values if value]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a value, outer ones first, without recursion."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(reversed(list(current.values())))
        elif isinstance(current, list):
            waiting.extend(reversed(current))


def plain(value: Any) -> Decimal | None:
    """A JSON number's value, where it is a number of a reasonable length."""
    if isinstance(value, Number) and len(value) <= MAX_DIGITS:
        number = Decimal(value)
        return number if -10 <= number.adjusted() <= MAX_DIGITS else None
    return None
