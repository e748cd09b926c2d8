"""Opens, reminds and closes rounds when it is time."""

import asyncio

from services.common.errors import CadranError
from services.common.logging import get_logger
from services.common.windows import Clock
from services.survey.pulse.schedule import Act, Schedule
from services.survey.pulse.service import Pulse

log = get_logger(__name__)

LOOK_SECONDS = 20.0


class PulseClock:
    """Looks every few seconds what is due."""

    def __init__(self, pulse: Pulse, schedule: Schedule, clock: Clock) -> None:
        self._pulse = pulse
        self._schedule = schedule
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except CadranError as error:
                log.warning("the pulse waits", error=error.message)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> Act:
        """Do what is due, and say what it was."""
        now = self._clock()
        last, has_people = await self._pulse.last_round()
        act = self._schedule.due(now, last)
        if act is Act.CLOSE:
            await self._pulse.close_round()
        elif act is Act.REMIND:
            await self._pulse.remind()
        elif act is Act.OPEN and has_people:
            await self._pulse.open_round(self._schedule.closing)
        return act
