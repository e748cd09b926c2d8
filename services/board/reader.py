"""The read API as one person may read it: every page asks through this, and what they may not see is never there."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.board.access import Access
from services.board.alerts.watch import Alerts
from services.board.answers import Answers, Told
from services.board.told import Answer
from services.board.users import User
from services.common.errors import Forbidden, NotFound, Unavailable

DECLARED_GOOD_FOR, SERIES_GOOD_FOR, BEHIND_GOOD_FOR = 60.0, 10.0, 5.0
"""Seconds: a declaration changes with a release; of a trend the last point alone moves, and the tile shows it; what
stands behind a number is much to read, so that it is not read anew whenever the number moves.
"""

Over = Mapping[str, str]
"""What a number is over: `{"window": "mtd"}`, or `{"from": "2026-11-01", "to": "2026-11-07"}`."""


def days(first: date, last: date) -> Over:
    return {"from": first.isoformat(), "to": last.isoformat()}


async def access_of(user: User, answers: Answers) -> Access:
    """What somebody may see; of a rep, with the team that they are in now, where that is known."""
    if user.rep is None:
        return Access.of(user)
    try:
        pages = await _pages(answers, "reps", {}, DECLARED_GOOD_FOR)
    except Unavailable:
        return Access.of(user)
    reps = (rep for page in pages for rep in page.answer["reps"])
    return Access.of(user, next((rep.get("team") for rep in reps if rep["rep_id"] == user.rep), None))


async def _pages(answers: Answers, name: str, asked: Mapping[str, str], good_for: float) -> list[Told]:
    """All pages of a listing."""
    found: list[Told] = []
    after: str | None = ""
    while after is not None:
        found.append(await answers.get(f"/v1/{name}", {**asked, "after": after}, good_for=good_for))
        after = found[-1].answer["next"]
    return found


class Reader:
    """Asks for one person. All raise what `Answers.get` does, and `Forbidden`."""

    def __init__(self, answers: Answers, alerts: Alerts, access: Access) -> None:
        self._answers = answers
        self._alerts = alerts
        self.access = access
        self.old_since: datetime | None = None
        """When the oldest of what it was told was told, where some of it could not be had anew."""

    def _noted(self, told: Told) -> Any:
        if told.old_since is not None:
            self.old_since = min(told.old_since, self.old_since or told.old_since)
        return told.answer

    async def kpis(self) -> list[Answer]:
        """The KPIs that may be seen, as they are declared, with the cuts that may be."""
        return self.access.declared(self._noted(await self._answers.get("/v1/kpis", good_for=DECLARED_GOOD_FOR)))

    async def kpi(self, kpi_id: str) -> Answer:
        """One of them.

        :raises NotFound: when there is none, or it may not be seen.
        """
        found = next((kpi for kpi in await self.kpis() if kpi["id"] == kpi_id), None)
        if found is None:
            raise NotFound(f"no KPI is called {kpi_id!r}", mend="choose one on the board")
        return found

    async def rows(self, kpi_id: str, over: Over, by: str | None = None, options: Mapping[str, str] = {}) -> Answer:
        """A KPI over days or a window, by a cut or in all; `options` are the KPI's own."""
        self.access.check(await self.kpi(kpi_id), by)
        asked = {**over, **({"by": by} if by else {}), **options}
        answer: Answer = self._noted(await self._answers.get(f"/v1/kpis/{kpi_id}", asked, kpi_id))
        return {**answer, "rows": self.access.shown(by, answer["rows"])}

    async def series(self, kpi_id: str, first: date, last: date, by: str | None = None, step: str = "day") -> Answer:
        """A KPI day by day, or month by month."""
        self.access.check(await self.kpi(kpi_id), by)
        asked = {**days(first, last), "step": step, **({"by": by} if by else {})}
        told = await self._answers.get(f"/v1/kpis/{kpi_id}/series", asked, good_for=SERIES_GOOD_FOR)
        answer: Answer = self._noted(told)
        return {**answer, "rows": self.access.shown(by, answer["rows"])}

    async def stated(self, name: str, asked: Mapping[str, str] = {}) -> list[Answer]:
        """`targets`, `promotions` or `reps`, each with all that was stated of it, as the read API knows it now: who
        edits must not see what was.

        :raises Forbidden: when it is not theirs to edit.
        """
        self.access.check_edits()
        pages = await _pages(self._answers, name, asked, good_for=0)
        found = [each for page in pages for each in self._noted(page)[name]]
        if self.old_since is not None:
            raise Unavailable("the read API does not answer", mend="try again when it does")
        return found

    def alerts(self) -> Told | None:
        """What is told of the alerts that may be seen; none while nothing is."""
        self.access.check_alerts()
        told = self._alerts.told
        return told and Told({**told.answer, "alerts": self.access.alerts(told.answer["alerts"])}, told.old_since)

    async def explain(self, kpi_id: str, over: Over, by: str | None, member: str, options: Mapping[str, str]) -> Any:
        """What stands behind a number: of a rep, behind their own alone."""
        if not self.access.sees_behind(by):
            raise Forbidden("what stands behind the total is not for you", mend="ask for your own line")
        self.access.check(await self.kpi(kpi_id), by, member)
        asked = {**over, **({"by": by, "member": member} if by else {}), **options}
        return self._noted(await self._answers.get(f"/v1/kpis/{kpi_id}/explain", asked, good_for=BEHIND_GOOD_FOR))
