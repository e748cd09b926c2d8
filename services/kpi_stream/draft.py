"""The draft: the state that a rebuild makes beside the live one. There is at most one.

It outlives a rebuild that was interrupted: its offsets lie with it, so the next one goes on exactly there. Only what
`DRAFT` names is gone on with. What it does not name was live once, or is half dropped, and is dropped.
"""

from typing import NamedTuple

from redis import Redis

from services.common.keys import DRAFT
from services.kpi_stream.live_state import all_states, drop, live_state, prepare, switch
from services.kpi_stream.state_version import StateVersion


class Draft(NamedTuple):
    """The state to make, and whether an earlier rebuild began it."""

    state: StateVersion
    is_resumed: bool


def unfinished(redis: Redis) -> StateVersion | None:
    """The draft that a rebuild left, or none."""
    named, live = redis.get(DRAFT), live_state(redis)
    drafts = (state for state in all_states(redis) if state != live and state.version.encode() == named)
    return next(drafts, None)


def open_draft(redis: Redis, new: StateVersion) -> Draft:
    """Go on with the draft that is there, if it is made like the new one; else begin that."""
    found = unfinished(redis)
    if found is not None and found.is_made_like(new):
        _drop_all_but(redis, found)
        return Draft(found, is_resumed=True)
    discard(redis)
    prepare(redis, new)
    redis.set(DRAFT, new.version)
    return Draft(new, is_resumed=False)


def finish(redis: Redis, state: StateVersion) -> StateVersion | None:
    """Make the draft the live state; returns the one that was."""
    before = switch(redis, state)
    redis.delete(DRAFT)
    return before


def discard(redis: Redis) -> list[StateVersion]:
    """Drop every state but the live one; returns them."""
    redis.delete(DRAFT)
    return _drop_all_but(redis, None)


def _drop_all_but(redis: Redis, kept: StateVersion | None) -> list[StateVersion]:
    live = live_state(redis)
    others = [state for state in all_states(redis) if state not in (live, kept)]
    for state in others:
        drop(redis, state)
    return others
