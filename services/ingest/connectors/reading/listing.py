"""Objects of a list: one that cannot be read is told, and keeps none of the others back."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from services.common.errors import Invalid, Malformed
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.payloads import read_json

Place = TypeVar("Place")
Model = TypeVar("Model", bound=msgspec.Struct)
UNREADABLE = (Invalid, Malformed)


def readable(topic: str, read: Callable[[], Reading]) -> Reading:
    """What one of many says; of one that cannot be read, why."""
    try:
        return read()
    except UNREADABLE as error:
        return Reading(topic, refused=str(error))


async def readable_when_asked(topic: str, reading: Awaitable[Reading]) -> Reading:
    """As `readable`, of one that more is asked about. That the vendor does not answer is no fault of the object."""
    try:
        return await reading
    except UNREADABLE as error:
        return Reading(topic, refused=str(error))


def told_apart(topic: str, rows: Sequence[msgspec.Raw], model: type[Model]) -> tuple[list[Model], list[Reading]]:
    """Those that are as a model says; and of the others, why not."""
    found, refused = [], []
    for row in rows:
        try:
            found.append(read_json(row, model))
        except UNREADABLE as error:
            refused.append(Reading(topic, refused=str(error)))
    return found, refused


def last_of(rows: Sequence[msgspec.Raw], place: Callable[[msgspec.Raw], Place]) -> Place:
    """Where a page ends: the place of its last object that tells it. Any after that come again with the next page.

    :raises Invalid: when none does.
    """
    fault = ""
    for row in reversed(rows):
        try:
            return place(row)
        except UNREADABLE as error:
            fault = fault or str(error)
    raise Invalid(f"of all of a page there is no place to go on from: {fault}", mend="look at `api`")
