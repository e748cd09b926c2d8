"""JSON bodies of requests, one thing or many."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from fastapi import Response

from services.common.errors import CadranError, Invalid, Malformed, TooLarge
from services.common.events.explain import explain
from services.common.events.plain import require_plain
from services.common.http import json_response
from services.common.openapi import schema_of
from services.common.problems import Problem, problem_of

T = TypeVar("T", bound=msgspec.Struct)

MOST_ITEMS = 1000
ITEMS_MAX_BYTES = 2 * 1024 * 1024


class ItemAnswer(msgspec.Struct, omit_defaults=True):
    """What became of one of many."""

    index: int
    status: str
    id: str = ""
    error: Problem | None = None


class ManyAnswer(msgspec.Struct):
    """What became of each of many."""

    results: list[ItemAnswer]


class Made(NamedTuple):
    """What was made of an item: its status, and its id where it has one."""

    status: str
    id: str = ""


def json_body(kind: Any, example: object) -> dict[str, Any]:
    """What `/docs` says of a body of a type."""
    content = {"application/json": {"schema": schema_of(kind), "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def read_one(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Read a thing.

    :raises Malformed: when it is no JSON.
    :raises Invalid: naming the field, and the mend.
    """
    try:
        found = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise explain(error, kind, "") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="send a JSON object in UTF-8") from None
    require_plain(body, ("", found))
    return found


def read_many(body: bytes, kind: type[T], most: int = MOST_ITEMS) -> list[T | Invalid]:
    """Read a list of things; for each that breaks the contract, why.

    :raises Malformed: when it is no JSON.
    :raises Invalid: when it is no list.
    :raises TooLarge: when there are too many.
    """
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        raise Invalid("is no list", field="body", mend="send a JSON array") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="send a JSON array in UTF-8") from None
    if len(items) > most:
        raise TooLarge(f"there are {len(items)} items, the limit is {most}", mend="send them in parts")
    return [_read(item, kind) for item in items]


def _read(item: msgspec.Raw, kind: type[T]) -> T | Invalid:
    try:
        return read_one(item, kind)
    except Invalid as error:
        return error


def answer_many(read: Sequence[Any], made: Sequence[Made | CadranError], statuses: dict[type, str]) -> Response:
    """The answer to many. `made` holds what became of those that could be read, in their order; `statuses`: the status
    of an error by its type, `rejected` where none is named."""
    rest = iter(made)
    outcomes = [each if isinstance(each, CadranError) else next(rest) for each in read]
    return json_response(ManyAnswer([_item(i, outcome, statuses) for i, outcome in enumerate(outcomes)]))


def _item(index: int, outcome: Made | CadranError, statuses: dict[type, str]) -> ItemAnswer:
    if isinstance(outcome, CadranError):
        return ItemAnswer(index, statuses.get(type(outcome), "rejected"), error=problem_of(outcome))
    return ItemAnswer(index, outcome.status, outcome.id)
