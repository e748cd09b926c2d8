"""The live state against the rebuilt one, headline by headline, while events go on coming in.

Both states fold the same records, but stand at different ones at any instant. So a difference may be nothing but
records on their way: read by one and not yet by the other. A look counts them, from where the states stood before the
reading to where the logs ended after it. Where there are none, the look decides. Under traffic that never pauses looks
are repeated: what is on its way passes and a headline then agrees, while a real difference stays.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple

from services.common.windows import Window, named_window
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.observatory import Observatory
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Kpi, Number
from services.kpi_stream.kpis.parts import read_parts
from services.kpi_stream.kpis.requests import Asking, together
from services.kpi_stream.kpis.world import World
from services.kpi_stream.rebuild import Logs
from services.kpi_stream.rows import subject_of
from services.kpi_stream.state_version import StateVersion

PATIENCE = 10.0
PAUSE = 0.25


class Difference(NamedTuple):
    """A headline in the live state and in the rebuilt one."""

    kpi: str
    window: str
    live: Number | None
    rebuilt: Number | None

    @property
    def headline(self) -> tuple[str, str]:
        return self.kpi, self.window


class Comparison(NamedTuple):
    """The headlines that differ, and how many records one of the states had not read when they were looked at."""

    differences: list[Difference]
    on_their_way: int


class Comparer:
    """Compares two states."""

    def __init__(self, observatory: Observatory, kpis: Iterable[Kpi], logs: Logs) -> None:
        self._observatory = observatory
        self._kpis = list(kpis)
        self._logs = logs

    async def compare(self, live: StateVersion, rebuilt: StateVersion) -> Comparison:
        """The differences at an instant when nothing is on its way, else those that lasted through every look."""
        deadline = time.monotonic() + PATIENCE
        found = await self._look(live, rebuilt)
        while found.differences and found.on_their_way and time.monotonic() < deadline:
            await asyncio.sleep(PAUSE)
            look = await self._look(live, rebuilt)
            if look.on_their_way:
                before = {difference.headline for difference in found.differences}
                look = look._replace(differences=[each for each in look.differences if each.headline in before])
            found = look
        return found

    async def _look(self, live: StateVersion, rebuilt: StateVersion) -> Comparison:
        begun = [await self._logs.reached(state) for state in (live, rebuilt)]
        moments = [await self._observatory.look_at(state) for state in (live, rebuilt)]
        windows = self._windows(moments[0].world)
        values = await asyncio.gather(*(self._values(windows, moment) for moment in moments))
        ends = await self._logs.ends()
        differences = [
            Difference(kpi.id, window.name, *pair)
            for (kpi, window), *pair in zip(windows, *values, strict=True)
            if pair[0] != pair[1]
        ]
        return Comparison(differences, sum(end - min(state.nexts[tp] for state in begun) for tp, end in ends.items()))

    def _windows(self, world: World) -> list[tuple[Kpi, Window]]:
        """Every window of every KPI; both states are read over the same."""
        return [(kpi, named_window(name, world.now, world.calendar)) for kpi in self._kpis for name in kpi.windows]

    async def _values(self, windows: Iterable[tuple[Kpi, Window]], moment: Moment) -> list[Number | None]:
        headlines = [_headline(kpi, window, moment.world) for kpi, window in windows]
        return await self._observatory.read(together(headlines), moment)


def _headline(kpi: Kpi, window: Window, world: World) -> Asking[Number | None]:
    subject = subject_of(ALL, "", window, world, {})
    (parts,) = yield from read_parts(kpi, subject, [kpi.spans(window, world)], world)
    return kpi.estimate(parts, subject, world).value
