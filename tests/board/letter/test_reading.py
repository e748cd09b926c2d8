from datetime import timedelta

import httpx
import pytest

from services.board.letter.judging import Verdict
from services.board.letter.reading import WeekReader
from services.board.letter.story import KpiWeek, Story
from services.common.errors import Unavailable
from tests.board.letter.company import WEEK, statements
from tests.support.clock import Clock
from tests.support.events import at
from tests.support.read_api import EngineObservatory
from tests.support.world import world


def of(story: Story, kpi: str) -> KpiWeek:
    return next(each for each in story.kpis if each.id == kpi)


async def test_every_figure_is_the_read_apis(story: Story, client: httpx.AsyncClient) -> None:
    assert len(story.kpis) == 8
    for kpi in story.kpis:
        week = kpi.cohort or WEEK
        asked = {"from": week.first.isoformat(), "to": week.last.isoformat()}
        (row,) = (await client.get(f"/v1/kpis/{kpi.id}", params=asked)).json()["rows"]
        assert kpi.row == row


async def test_sales_that_quadruple_are_news_and_even_leads_are_not(story: Story) -> None:
    assert [kpi.id for kpi in story.moved] == ["sales"]
    assert of(story, "sales").goes_well
    assert of(story, "new_leads").judgement.verdict is Verdict.STEADY


async def test_what_is_small_or_not_there_is_not_judged(story: Story) -> None:
    verdicts = {kpi.id: kpi.judgement.verdict for kpi in story.open}
    assert verdicts["nps"] is Verdict.FEW
    assert verdicts["team_satisfaction"] is Verdict.UNKNOWN


async def test_acquisition_is_of_the_last_week_that_had_its_thirty_days(story: Story) -> None:
    """On Monday, November 23rd, leads of October 23rd have had 31 days: the last whole week ends on October 18th."""
    acquisition = of(story, "acquisition_rate")
    assert acquisition.cohort == WEEK.before(5)
    assert "immature" not in acquisition.row["flags"]
    assert acquisition.judgement.verdict is not Verdict.UNKNOWN


async def test_days_and_channels_add_up_to_the_week(story: Story) -> None:
    value, previous = of(story, "sales").compared
    assert sum(day.value or 0 for day in story.days) == pytest.approx(value)
    assert sum(day.before or 0 for day in story.days) == pytest.approx(previous)
    assert sum(channel.value or 0 for channel in story.channels) == pytest.approx(value)
    assert [day.day for day in story.days] == [WEEK.first + timedelta(days=i) for i in range(7)]


async def test_the_target_is_the_months_to_date(story: Story, client: httpx.AsyncClient) -> None:
    (row,) = (await client.get("/v1/kpis/sales", params={"window": "mtd"})).json()["rows"]
    month = of(story, "sales").month
    assert month is not None
    assert (month.value, month.target, month.pace) == (row["value"], 7000.0, row["pace"])


async def test_once_the_month_is_over_the_whole_of_it_counts(
    reader: WeekReader, observatory: EngineObservatory, clock: Clock, client: httpx.AsyncClient
) -> None:
    clock.now = at("2026-12-02 09:00")
    observatory.world = world(clock.now, statements())
    observatory.as_of = clock.now
    story = await reader.read(WEEK)
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    (row,) = (await client.get("/v1/kpis/sales", params=days)).json()["rows"]
    month = of(story, "sales").month
    assert month is not None
    assert (month.value, month.attainment, month.pace) == (row["value"], row["attainment"], None)
    assert of(story, "acquisition_rate").month is None


async def test_a_week_that_has_not_all_come_in_is_not_judged(
    reader: WeekReader, observatory: EngineObservatory
) -> None:
    observatory.as_of = at("2026-11-22 18:00")
    story = await reader.read(WEEK)
    assert not story.is_whole
    assert {kpi.judgement.verdict for kpi in story.kpis} == {Verdict.PART}
    observatory.as_of = None
    assert (await reader.read(WEEK)).as_of is None


async def test_a_week_that_is_whole_says_so_though_what_came_later_is_not_in_it(
    reader: WeekReader, observatory: EngineObservatory
) -> None:
    observatory.as_of = at("2026-11-23 00:00")
    assert (await reader.read(WEEK)).is_whole


async def test_without_the_read_api_there_is_no_week(reader: WeekReader, observatory: EngineObservatory) -> None:
    observatory.is_away = True
    with pytest.raises(Unavailable):
        await reader.read(WEEK)
