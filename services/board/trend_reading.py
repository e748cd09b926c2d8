"""Reading trends from the read API."""

from datetime import date

from services.board.numbers import NOTHING
from services.board.reader import Reader
from services.board.told import Answer
from services.board.trend import Reach, Trend, first_of, today_of, trend_of


async def read_series(kpi: str, reach: Reach, today: date, by: str | None, reader: Reader) -> Answer:
    """All points that are looked for. Raises as `Reader`."""
    return await reader.series(kpi, first_of(reach, today), today, by, reach.step)


async def read_trend(kpi: Answer, reach: Reach, reader: Reader) -> Trend:
    """The company's trend; a rep's own where the KPI has one. Raises as `Reader`."""
    own = reader.access.own_cut(kpi)
    month = await reader.rows(kpi["id"], {"window": "mtd"}, own)
    today = today_of(month["window"])
    series = await read_series(kpi["id"], reach, today, own, reader)
    target = (month["rows"] or [NOTHING])[0]["target"]
    return trend_of(series, reach, today, target)
