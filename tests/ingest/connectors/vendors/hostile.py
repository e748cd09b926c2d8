"""Payloads as nobody documents them, and the people in those that somebody does."""

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st

from services.common.errors import CadranError
from services.ingest.connectors.connector import Reading
from tests.support.stories import Teller, delivery

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-02T08:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1e999", "NaN", ""])
)
anything = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=10,
)


@st.composite
def mutated(draw: st.DrawFn, example: Any) -> Any:
    """An example with some of its parts replaced, or gone."""
    changed = msgspec.json.decode(msgspec.json.encode(example))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(changed))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder.pop(key, None)
        else:
            holder[key] = draw(anything)
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield value, key
        yield from _places(child)


def read_or_told(teller: Teller, body: object) -> Reading | None:
    """What is read; none where it is refused as such things are."""
    try:
        return teller.read(delivery(body))
    except CadranError:
        return None


def held_by(reading: Reading) -> str:
    """All that goes on from a reading, as text."""
    return repr((reading.ignored, [msgspec.to_builtins(said.data) for said in reading.said], reading.said))
