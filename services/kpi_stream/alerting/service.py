"""What the alerts are at the moment, and changes of them."""

import asyncio
import time

import msgspec

from services.common.errors import ConfigurationError, Conflict, Invalid, NotFound
from services.kpi_stream.alerting.documents import AlertAnswer, AlertsAnswer, OneAlertAnswer, alert_answer
from services.kpi_stream.alerting.keeper import Keeper
from services.kpi_stream.alerting.reading import Queries, judged
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.thresholds.changes import Change, fields_of
from services.kpi_stream.kpis.threshold import Side

GOOD_FOR = 3.0
"""Seconds: less than between two evaluations."""


class AlertService:
    """Tells alerts and changes them."""

    def __init__(self, keeper: Keeper, queries: Queries) -> None:
        self._keeper = keeper
        self._queries = queries
        self._asking = asyncio.Lock()
        self._told: tuple[float, str, list[AlertAnswer]] = (float("-inf"), "", [])

    async def everything(self) -> AlertsAnswer:
        """All alerts in the order of their KPIs, and what the file says of itself.

        :raises Unavailable: when Prometheus does not answer.
        """
        in_force = self._keeper.in_force
        return AlertsAnswer(
            version=in_force.version,
            in_force_since=in_force.since,
            refused=in_force.refused or None,
            teams=sorted(in_force.thresholds.teams),
            alerts=await self._alerts(),
        )

    async def one(self, name: str) -> OneAlertAnswer:
        """One of them, and who changed it.

        :raises NotFound: when there is none.
        :raises Unavailable: when Prometheus does not answer.
        """
        answer = await self._answer(*self._find(name))
        return OneAlertAnswer(**msgspec.structs.asdict(answer), history=self._keeper.history.of(name))

    async def change(self, name: str, change: Change) -> OneAlertAnswer:
        """Change what is in the file of an alert; it holds at once.

        :raises NotFound: when there is none.
        :raises Conflict: when the file is not the one that was looked at.
        :raises Invalid: when it cannot be so: naming the field.
        """
        watched, _ = self._find(name)
        teams = self._keeper.in_force.thresholds.teams
        if change.team is not None and change.team not in teams:
            raise Invalid(f"no team is called {change.team!r}", field="team", mend=f"send one of {', '.join(teams)}")
        try:
            await self._keeper.change(name, fields_of(watched, change), change.version, change.by)
        except Invalid as error:
            field = "level" if error.field in tuple(Side) else error.field
            raise Invalid(error.message, field=field, mend=error.mend) from None
        except ConfigurationError as error:
            raise Conflict(error.message, mend="mend the file of thresholds first") from None
        return await self.one(name)

    def _find(self, name: str) -> tuple[Watched, bool]:
        known = self._watched()
        if name not in known:
            raise NotFound(f"no alert is called {name!r}", mend=f"there are {', '.join(known)}")
        return known[name]

    def _watched(self) -> dict[str, tuple[Watched, bool]]:
        """By its name each alert, and whether it is off."""
        thresholds = self._keeper.in_force.thresholds
        named = [(watched, False) for watched in thresholds.alerts] + [(watched, True) for watched in thresholds.off]
        return {watched.threshold.name: (watched, off) for watched, off in named}

    async def _alerts(self) -> list[AlertAnswer]:
        async with self._asking:
            asked_at, version, told = self._told
            if time.monotonic() - asked_at < GOOD_FOR and version == self._keeper.in_force.version:
                return told
            version = self._keeper.in_force.version
            told = list(await asyncio.gather(*(self._answer(*found) for found in self._watched().values())))
            self._told = (time.monotonic(), version, told)
            return told

    async def _answer(self, watched: Watched, off: bool) -> AlertAnswer:
        if off:
            return alert_answer(watched, None)
        return alert_answer(watched, await judged(watched, self._queries))
