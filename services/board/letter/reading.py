"""A week as the read API tells it: the same questions as the board asks, so the same numbers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.board.changes import is_told_moved
from services.board.letter.judging import WEEKS_BEFORE, Judgement, Verdict, judge
from services.board.letter.story import SALES, Channel, Day, KpiWeek, Month, Story, month_of
from services.board.letter.weeks import WEEK, Week, last_whole_week
from services.board.reader import days
from services.board.told import Answer
from services.common.calendar import DAY
from services.common.windows import Clock, Period

Ask = Callable[[str, Mapping[str, str]], Awaitable[Any]]
"""Asks the read API what stands at a path. Raises `Unavailable` when it does not answer."""


class WeekReader:
    """Reads weeks. What is not known stays so; a read API that does not answer is an error, and no week."""

    def __init__(self, ask: Ask, zone: ZoneInfo, clock: Clock) -> None:
        self._ask = ask
        self._zone = zone
        self._clock = clock

    def today(self) -> date:
        """The business day that it is."""
        return self._clock().astimezone(self._zone).date()

    async def read(self, week: Week) -> Story:
        """All that is told of a week.

        :raises Unavailable: when the read API does not answer.
        """
        kpis = await asyncio.gather(*(self._kpi(kpi, week) for kpi in await self._ask("/v1/kpis", {})))
        times = [kpi.as_of for kpi in kpis if kpi.as_of is not None]
        as_of = min(times) if len(times) == len(kpis) else None
        return Story(week, kpis, await self._days(week), await self._channels(week), as_of)

    async def _kpi(self, kpi: Answer, week: Week) -> KpiWeek:
        answer, told_of = await self._answer(kpi["id"], week)
        row, unit = answer["rows"][0], answer["unit"]
        as_of = datetime.fromisoformat(answer["as_of"]) if answer["as_of"] else None
        if as_of is None or as_of < week.end(self._zone):
            judgement = Judgement(Verdict.PART)
        else:
            before = [] if is_told_moved(row) is not None else await self._values_before(kpi["id"], told_of)
            judgement = judge(row, unit, before)
        return KpiWeek(
            id=kpi["id"],
            title=kpi["title"],
            unit=unit,
            good=kpi["good"],
            row=row,
            as_of=as_of,
            cohort=told_of if told_of != week else None,
            judgement=judgement,
            month=await self._month(kpi["id"], week),
        )

    async def _answer(self, kpi: str, week: Week) -> tuple[Answer, Week]:
        """A KPI in the week, and the week that it is of: a cohort's is the youngest that had its time by then."""
        answer = await self._of_week(kpi, week)
        if "cohort" not in answer["spans"]:
            return answer, week
        usual = await self._ask(f"/v1/kpis/{kpi}", {"window": "7d"})
        until, mature = (date.fromisoformat(span["to"]) for span in (usual["window"], usual["spans"]["cohort"]))
        cohort = last_whole_week(week.first + WEEK - (until - mature) + DAY)
        return await self._of_week(kpi, cohort), cohort

    async def _of_week(self, kpi: str, week: Week) -> Answer:
        return await self._of_days(kpi, week.first, week.last)

    async def _of_days(self, kpi: str, first: date, last: date, **more: str) -> Answer:
        answer: Answer = await self._ask(f"/v1/kpis/{kpi}", {**days(first, last), **more})
        return answer

    async def _values_before(self, kpi: str, week: Week) -> list[float | None]:
        answers = [await self._of_week(kpi, week.before(i)) for i in range(1, WEEKS_BEFORE + 1)]
        return [answer["rows"][0]["value"] for answer in answers]

    async def _month(self, kpi: str, week: Week) -> Month | None:
        """The month to date, or the whole month once it is over; of that, no cohort that has not had its time."""
        first = Period.MONTH.first_day(week.last)
        if first == Period.MONTH.first_day(self.today()):
            answer = await self._ask(f"/v1/kpis/{kpi}", {"window": "mtd"})
            return month_of(answer["rows"][0], first)
        answer = await self._of_days(kpi, first, Period.MONTH.next_first_day(first) - DAY)
        is_young = "cohort" in answer["spans"] and "immature" in answer["rows"][0]["flags"]
        return None if is_young else month_of(answer["rows"][0], first)

    async def _days(self, week: Week) -> list[Day]:
        asked = {**days(week.before().first, week.last), "step": "day"}
        series = await self._ask(f"/v1/kpis/{SALES}/series", asked)
        values = {date.fromisoformat(point["at"]): point["value"] for point in series["rows"][0]["points"]}
        its_days = [week.first + timedelta(days=i) for i in range(7)]
        return [Day(day, values.get(day), values.get(day - WEEK)) for day in its_days]

    async def _channels(self, week: Week) -> list[Channel]:
        answer = await self._of_days(SALES, week.first, week.last, by="channel")
        found = [Channel(row["label"], *_pair(row)) for row in answer["rows"]]
        return sorted(found, key=lambda channel: (-(channel.value or 0), channel.name))


def _pair(row: Answer) -> tuple[float | None, float | None]:
    return row["value"], row["compared"]["previous"] if row["compared"] else None
