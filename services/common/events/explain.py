"""From a decoder's complaint to an error that names the field and the mend."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from services.common.errors import Invalid

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"field `(?P<name>[^`]*)`")

_KINDS = {
    "int": "an integer",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_KINDS |= {"float": "a number", "datetime": "an instant", "date": "a day", "decimal": "a number"}


def explain(error: msgspec.ValidationError, model: type[msgspec.Struct], prefix: str) -> Invalid:
    """The error in the sender's words: `data.lines[0].quantity: expected an integer, got text - send …`."""
    match = _PLACE.match(str(error))
    what, path = (match["what"], match["path"] or "$") if match else (str(error), "$")
    field = prefix + path[1:] if prefix else path[2:]
    named = _NAMED.search(what)
    struct = _struct_at(model, path)
    if named and "missing required" in what:
        name = named["name"]
        return Invalid("is missing", field=_join(field, name), mend=_send(struct, name))
    if named and "unknown field" in what:
        name = named["name"]
        return Invalid("is no field here", field=_join(field, name), mend=_near(struct, name))
    name = re.sub(r"\[.*?\]$", "", path.rsplit(".", 1)[-1])
    parent = _struct_at(model, path.rsplit(".", 1)[0]) if "." in path else None
    return Invalid(_plain(what), field=field.lstrip("."), mend=_send(parent, name))


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _plain(what: str) -> str:
    """The decoder's words with its type names put plainly, and without patterns: the mend says what is meant."""
    if "matching regex" in what:
        return "is not of the form that is asked for"
    text = re.sub(r"`(\w+)(?: \| null)?`", lambda m: _KINDS.get(m[1], m[1]), what)
    return text[0].lower() + text[1:] if text else text


def _near(struct: inspect.StructType | None, name: str) -> str:
    names = [field.encode_name for field in struct.fields] if struct else []
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"leave it out; the fields are {', '.join(names)}"


def _send(struct: inspect.StructType | None, name: str) -> str:
    """What to send in a field: its choices, or its description and an example."""
    for field in struct.fields if struct else ():
        if field.encode_name == name:
            return _mend(list(_parts(field.type)))
    return ""


def _mend(parts: list[inspect.Type]) -> str:
    choices = [str(v) for part in parts if isinstance(part, inspect.LiteralType) for v in part.values]
    choices += [str(member.value) for part in parts if isinstance(part, inspect.EnumType) for member in part.cls]
    if choices:
        return f"send one of {', '.join(choices)}"
    for part in parts:
        schema = (part.extra_json_schema or {}) if isinstance(part, inspect.Metadata) else {}
        if schema.get("description"):
            example = f", for example {schema['examples'][0]}" if schema.get("examples") else ""
            return f"send {schema['description'][0].lower()}{schema['description'][1:].rstrip('.')}{example}"
    return ""


def _parts(kind: inspect.Type) -> Iterator[inspect.Type]:
    """A type and what it wraps: annotations and unions."""
    yield kind
    if isinstance(kind, inspect.Metadata):
        yield from _parts(kind.type)
    if isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from _parts(part)


def _struct_at(model: type[msgspec.Struct], path: str) -> inspect.StructType | None:
    """The Struct that a path such as `$.lines[0]` leads to."""
    kind: Any = inspect.type_info(model)
    for step in [s for s in re.split(r"\.|\[\d+\]|\[\.\.\.\]", path) if s not in ("", "$")]:
        struct = _first_struct(kind)
        kind = next((f.type for f in struct.fields if f.encode_name == step), None) if struct else None
        if kind is None:
            return None
    return _first_struct(kind)


def _first_struct(kind: inspect.Type) -> inspect.StructType | None:
    for part in _parts(kind):
        if isinstance(part, inspect.StructType):
            return part
        item = getattr(part, "item_type", None)
        if item is not None:
            return _first_struct(item)
    return None
