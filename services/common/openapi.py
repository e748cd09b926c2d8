"""What the OpenAPI documents say of every endpoint alike: the key that is sent, the problems that are answered, and
types, written out where they are named: a document has no place for the `$defs` of a part of it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi.security import HTTPBearer

from services.common.problems import Problem

PROBLEM_JSON = "application/problem+json"

KEY = HTTPBearer(scheme_name="key", description="An API key, which `cadran keys create` makes.", auto_error=False)
"""Only documents: keys are checked by what `services.common.http.require` makes."""


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type, whole in itself. The type must not hold itself."""
    schema = msgspec.json.schema(kind)
    found: dict[str, Any] = _written_out(schema, schema.pop("$defs", {}))
    return found


def _written_out(part: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_written_out(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _written_out(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: _written_out(each, definitions) for name, each in part.items()}


def refusals(reasons: Mapping[str, str]) -> dict[int | str, dict[str, Any]]:
    """Responses that are problem documents: what each status, or range of them, stands for."""
    content = {PROBLEM_JSON: {"schema": schema_of(Problem)}}
    return {status: {"description": text, "content": content} for status, text in reasons.items()}


PROBLEMS = refusals({"4XX": "What is wrong, the field that holds it, and how to mend it", "5XX": "Try again later"})
"""Of every endpoint."""
