"""Payloads as nobody documents them: any JSON, and examples of which parts are something else, or gone."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import strategies as st

from services.common.errors import CadranError
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.events import event_of
from tests.support.events import PARIS, RECEIVED
from tests.support.stories import ACCOUNT, Teller, delivery

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            *("", "0", "-1", "1e999", "NaN", "EUR", "\x00"),
            *("2026-11-20T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
        ]
    )
)
ANY_JSON = st.recursive(
    SCALARS, lambda own: st.lists(own, max_size=3) | st.dictionaries(st.text(max_size=6), own, max_size=3)
)

ANY_BODY = ANY_JSON | st.binary(max_size=40) | st.integers(1, 5000).map(lambda depth: b"[" * depth)
"""What anybody may send: JSON, or bytes as they are."""

GONE = object()


def mutated(*examples: Any) -> st.SearchStrategy[Any]:
    """One of the examples, with up to three of its parts replaced, or taken away."""
    return st.one_of([_mutated(example) for example in examples])


def _mutated(example: Any) -> st.SearchStrategy[Any]:
    change = st.tuples(st.sampled_from(list(_places(example))), ANY_JSON | st.just(GONE))
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _changed(example, changes))


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield (*at, step)
        yield from _places(child, (*at, step))


def _changed(example: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    body = deepcopy(example)
    for (*way, last), new in changes:
        try:
            parent = body
            for step in way:
                parent = parent[step]
            if new is GONE:
                del parent[last]
            else:
                parent[last] = new
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return body


def reading_of(teller: Teller, body: Any) -> Reading | CadranError:
    """What becomes of a body: its events hold, or are refused for a reason. Anything else that is raised is a fault."""
    try:
        reading = teller.read(delivery(body))
        for said in reading.said:
            event_of(said, vendor=teller.connector.vendor, account=ACCOUNT, received_at=RECEIVED, zone=PARIS)
    except CadranError as error:
        return error
    return reading


def words_of(reading: Reading | CadranError) -> str:
    """All that leaves of a payload: what is stated, ignored, or refused."""
    if isinstance(reading, CadranError):
        return str(reading)
    return msgspec.json.encode([*reading.said, reading.topic, reading.ignored, reading.wanted]).decode()
