"""Tables as CSV: of the read API what somebody may see, and nothing that a page would not show them."""

import re
from collections.abc import Awaitable, Callable, Mapping

from services.board.csv_tables import rows_table, series_table
from services.board.reader import Reader
from services.board.trend import REACHES, USUAL_TREND, today_of
from services.board.trend_reading import read_series
from services.board.window_names import USUAL_WINDOW
from services.common.errors import Malformed

Query = Mapping[str, str]
Download = Callable[[str, Query, Reader], Awaitable[str]]
"""From a KPI and what is asked to a table. Raises what `Reader` does: a table that is not what was asked for would be
taken for it.
"""


def file_name(kpi: str, query: Query) -> str:
    """`sales-mtd-channel.csv`."""
    asked = (query.get(name, "") for name in ("window", "trend", "by"))
    return "-".join(re.sub(r"\W+", "-", word, flags=re.ASCII) for word in (kpi, *asked) if word) + ".csv"


async def members_csv(kpi: str, query: Query, reader: Reader) -> str:
    """The KPI over a window, by a cut or in all."""
    over = {"window": query.get("window") or USUAL_WINDOW}
    return rows_table(await reader.rows(kpi, over, query.get("by") or None))


async def trend_csv(kpi: str, query: Query, reader: Reader) -> str:
    """The KPI's trend, by a cut or in all, with what is not mature yet."""
    name = query.get("trend") or USUAL_TREND
    if name not in REACHES:
        raise Malformed(f"no trend is called {name!r}", field="trend", mend=f"send one of {', '.join(REACHES)}")
    today = today_of((await reader.rows(kpi, {"window": USUAL_WINDOW}))["window"])
    return series_table(await read_series(kpi, REACHES[name], today, query.get("by") or None, reader))


DOWNLOADS: Mapping[str, Download] = {"/kpis/{kpi}.csv": members_csv, "/kpis/{kpi}/trend.csv": trend_csv}
