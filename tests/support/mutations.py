"""Payloads that a vendor never documented: an example of its own with other values somewhere in it."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, *examples: Any) -> Any:
    """One of the examples, up to three of its values others; sometimes anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(json_values)
    payload = deepcopy(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, 3))):
        place, key = _place(draw, payload)
        place[key] = draw(json_values)
    return payload


def _place(draw: st.DrawFn, payload: Any) -> tuple[Any, Any]:
    """A value somewhere in a payload: what holds it, and under which key."""
    place = payload
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or not draw(st.integers(0, 3)):
            return place, key
        place = inner
