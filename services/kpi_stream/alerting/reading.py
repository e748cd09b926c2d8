"""How alerts stand at a moment, by Prometheus: of each member what is judged, and every condition beside it."""

import asyncio
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from services.kpi_stream.alerting.judging import QUIET, Condition, Reading, Standing, State, conditions
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.exporter.exposition import quoted
from services.kpi_stream.prometheus import PrometheusApi

AT_ONCE = 4
WHAT = "reading"
"""The label that tells the parts of one answer apart."""

Labels = Mapping[str, str]
Member = tuple[str, ...]


class Vector(NamedTuple):
    """A sample of an answer."""

    labels: Labels
    value: float


class Queries:
    """Asks Prometheus what it has at the moment, a few at once."""

    def __init__(self, api: PrometheusApi) -> None:
        self._api = api
        self._free = asyncio.Semaphore(AT_ONCE)

    async def ask(self, query: str) -> list[Vector]:
        """The samples of a query.

        :raises Unavailable: when Prometheus does not answer it.
        """
        async with self._free:
            return [Vector(each["metric"], float(each["value"][1])) for each in await self._api.query(query)]


class Judged(NamedTuple):
    """A member of an alert: what is known of it, how Prometheus has it stand, and which conditions hold."""

    by: Labels
    reading: Reading
    state: State
    why: Mapping[Condition, bool | None]


async def judged(watched: Watched, queries: Queries) -> list[Judged]:
    """Every member that is known of; of an alert about the whole, that alone.

    :raises Unavailable: when Prometheus does not answer.
    """
    parts = _Parts(watched, await queries.ask(together(watched)))
    return [_judged(watched, parts, member) for member in parts.members()]


def together(watched: Watched) -> str:
    """One query for all that an alert looks at, each told by a label."""
    labels = ", ".join(watched.members)
    name = quoted(watched.threshold.name)
    queries: dict[str, str] = {
        "value": watched.value(),
        **({"low": watched.low(), "high": watched.high()} if watched.threshold.sure else {}),
        **({"n": watched.rests_on()} if watched.threshold.least else {}),
        "open": watched.open(),
        "untrusted": watched.untrusted(),
        "since": f"max by ({labels}) (ALERTS_FOR_STATE{{alertname={name}}})",
        **{str(state): watched.in_state(state) for state in _STATES},
    }
    return "\nor\n".join(f'label_replace({query}, "{WHAT}", "{what}", "", "")' for what, query in queries.items())


_STATES = (Standing.FIRING, Standing.PENDING)


class _Parts:
    """An answer, by what it says of whom."""

    def __init__(self, watched: Watched, answer: Iterable[Vector]) -> None:
        self._labels = watched.members
        self._place = watched.place
        self._found: dict[str, dict[Member, float]] = {}
        for labels, value in answer:
            if math.isnan(value):  # a share of nothing
                continue
            what = labels[WHAT]
            own = (self._place,) if what == "open" else () if what == "untrusted" else self._labels
            member = tuple(labels.get(label, "") for label in own if label)
            self._found.setdefault(what, {})[member] = value

    def members(self) -> list[Member]:
        """Those that have a number or a state."""
        if not self._labels:
            return [()]
        return sorted(set().union(*(self._found.get(what, {}) for what in ("value", *_STATES))))

    def get(self, what: str, member: Member = ()) -> float | None:
        return self._found.get(what, {}).get(member)

    def is_open(self, member: Member) -> bool | None:
        place = (member[self._labels.index(self._place)],) if self._place else ()
        found = self.get("open", place)
        return None if found is None else found == 1


def _judged(watched: Watched, parts: _Parts, member: Member) -> Judged:
    trusted = parts.get("untrusted") is None
    numbers = {what: parts.get(what, member) for what in ("value", "low", "high", "n")}
    reading = Reading(**numbers, open=parts.is_open(member), trusted=trusted)
    standing = next((state for state in _STATES if parts.get(state, member) is not None), Standing.QUIET)
    since = parts.get("since", member)
    state = State(standing, datetime.fromtimestamp(since, UTC)) if standing != Standing.QUIET and since else QUIET
    found = conditions(watched.threshold, reading)
    lasted = None if state is QUIET else standing is Standing.FIRING
    why = {condition: found.get(condition) for condition in Condition} | {Condition.LASTED: lasted}
    by = dict(zip(watched.members, member, strict=True))
    return Judged(by, reading, state, why)
