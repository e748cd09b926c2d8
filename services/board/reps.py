"""Reps side by side: every KPI that tells a rep's own line, a column for each rep, and the total."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.datastructures import QueryParams

from services.board.ranking import places, ranking, somebodys
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.store import Answer
from services.board.tiles import NOTHING, WINDOWS, Trend, as_of, last_day, oldest, read_series, trend, window_of

BY = "rep"
MOST_COMPARED, USUALLY_COMPARED = 4, 3


class Asked(NamedTuple):
    """Over which window, and which reps; with none, those who are first."""

    window: str
    reps: tuple[str, ...]


class Cell(NamedTuple):
    """A KPI of one rep, or of all together. `place`: among all reps; none where it is not ranked."""

    row: Answer
    trend: Trend
    place: int | None


class Line(NamedTuple):
    """A KPI. `reach`: the least and the greatest value of its trends, which are drawn to one scale."""

    id: str
    title: str
    unit: str
    stale: bool
    cells: Mapping[str, Cell]
    total: Cell
    ranked: int
    reach: tuple[float, ...]


class _Numbers(NamedTuple):
    """What the read API tells of a KPI."""

    kpi: Answer
    reps: Answer
    whole: Answer
    series: Answer
    whole_series: Answer


class RepsPage(Page):
    """See `rendering.Page`."""

    template = "reps.html"

    def asked(self, path: Mapping[str, str], query: QueryParams) -> Asked:
        return Asked(window_of(query.get("window")), tuple(dict.fromkeys(query.getlist("rep"))))

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = [kpi for kpi in await reader.kpis() if any(cut["by"] == BY for cut in kpi["cuts"])]
        numbers = await asyncio.gather(*(_read(kpi, asked.window, reader) for kpi in kpis))
        names = _names(numbers)
        chosen = [rep for rep in asked.reps if rep in names][:MOST_COMPARED] or _first(numbers)
        return {
            "lines": [_line(each, chosen, language) for each in numbers],
            "names": names,
            "chosen": chosen,
            "most": MOST_COMPARED,
            "windows": WINDOWS,
            "as_of": oldest([as_of(each.whole) for each in numbers]),
        }


async def _read(kpi: Answer, window: str, reader: Reader) -> _Numbers:
    over = {"window": window}
    reps, whole = await asyncio.gather(reader.rows(kpi["id"], over, BY), reader.rows(kpi["id"], over))
    last = last_day(whole)
    series = (read_series(kpi["id"], last, reader, by) for by in (BY, None))
    return _Numbers(kpi, reps, whole, *await asyncio.gather(*series))


def _names(numbers: Sequence[_Numbers]) -> Mapping[str, str]:
    """Every rep there is to choose, by name."""
    found = {row["by"][BY]: row["label"] for each in numbers for row in somebodys(each.reps["rows"])}
    return dict(sorted(found.items(), key=lambda item: (item[1].casefold(), item[0])))


def _first(numbers: Sequence[_Numbers]) -> list[str]:
    """Those who are first by the first KPI that has a pace, or else by the first."""
    rows = [somebodys(each.reps["rows"]) for each in numbers]
    paced = (each for each in rows if any(row["pace"] is not None for row in each))
    return [row["by"][BY] for row in ranking(next(paced, rows[0] if rows else []))][:USUALLY_COMPARED]


def _line(numbers: _Numbers, chosen: Sequence[str], language: str) -> Line:
    rows = {row["by"][BY]: row for row in numbers.reps["rows"]}
    trends = {row["by"][BY]: trend(row["points"]) for row in numbers.series["rows"]}
    place = places(numbers.reps["rows"], BY)
    cells = {rep: Cell(rows.get(rep, NOTHING), trends.get(rep, ()), place.get(rep)) for rep in chosen}
    whole = numbers.whole["rows"][0]
    return Line(
        id=numbers.kpi["id"],
        title=numbers.kpi["title"][language],
        unit=numbers.whole["unit"],
        stale="stale" in whole["flags"],
        cells=cells,
        total=Cell(whole, trend(numbers.whole_series["rows"][0]["points"]), None),
        ranked=len(place),
        reach=tuple(value for cell in cells.values() for _, value in cell.trend if value is not None),
    )
