"""Reps side by side: every KPI that tells a rep's own line, a column for each rep, and the total."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.datastructures import QueryParams

from services.board.numbers import NOTHING, Number, age
from services.board.ranking import Ranked, ranked
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.told import Answer
from services.board.trend import REACHES, USUAL_TREND, Trend, today_of, trend_of
from services.board.trend_reading import read_series
from services.board.window_names import WINDOWS, window_of

BY = "rep"
REACH = REACHES[USUAL_TREND]
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
    """A KPI. `reach`: the values of the reps' trends, which are drawn to one scale."""

    number: Number
    cells: Mapping[str, Cell]
    total: Cell
    ranked: int
    reach: tuple[float, ...]


class _Told(NamedTuple):
    """What the read API tells of a KPI."""

    number: Number
    reps: Sequence[Ranked]
    series: Answer
    whole_series: Answer


class RepsPage(Page):
    """See `rendering.Page`."""

    template = "reps.html"

    def asked(self, path: Mapping[str, str], query: QueryParams) -> Asked:
        return Asked(window_of(query.get("window", ""), WINDOWS), tuple(dict.fromkeys(query.getlist("rep"))))

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = [kpi for kpi in await reader.kpis() if any(cut["by"] == BY for cut in kpi["cuts"])]
        told = await asyncio.gather(*(_read(kpi, asked.window, reader, language) for kpi in kpis))
        names = _names(told)
        chosen = [rep for rep in asked.reps if rep in names][:MOST_COMPARED] or _first(told)
        return {
            "lines": [_line(each, chosen) for each in told],
            "names": names,
            "chosen": chosen,
            "most": MOST_COMPARED,
            "windows": WINDOWS,
            **age([each.number for each in told]),
        }


async def _read(kpi: Answer, window: str, reader: Reader, language: str) -> _Told:
    over = {"window": window}
    reps, whole = await asyncio.gather(reader.rows(kpi["id"], over, BY), reader.rows(kpi["id"], over))
    number = Number.of(kpi, whole, whole["rows"][0], None, language)
    series, whole_series = await asyncio.gather(
        *(read_series(number.id, REACH, today_of(number.window), by, reader) for by in (BY, None))
    )
    somebodys = [each for each in ranked(reps["rows"], number.base) if not each.is_nobodys]
    return _Told(number, somebodys, series, whole_series)


def _names(told: Sequence[_Told]) -> Mapping[str, str]:
    """Every rep there is to choose, by name."""
    found = {rep.member: rep.row["label"] for each in told for rep in each.reps}
    return dict(sorted(found.items(), key=lambda item: (item[1].casefold(), item[0])))


def _first(told: Sequence[_Told]) -> list[str]:
    """Those who are first by the first KPI that has a pace, or else by the first."""
    paced = (each.reps for each in told if any(rep.row["pace"] is not None for rep in each.reps))
    return [rep.member for rep in next(paced, told[0].reps if told else ())][:USUALLY_COMPARED]


def _line(told: _Told, chosen: Sequence[str]) -> Line:
    reps = {rep.member: rep for rep in told.reps}
    today = today_of(told.number.window)
    cells = {rep: _cell(reps.get(rep), trend_of(_of(rep, told.series), REACH, today)) for rep in chosen}
    return Line(
        number=told.number,
        cells=cells,
        total=Cell(told.number.row, trend_of(told.whole_series, REACH, today), None),
        ranked=sum(rep.place is not None for rep in told.reps),
        reach=tuple(point.value for cell in cells.values() for point in cell.trend.points if point.value is not None),
    )


def _of(rep: str, series: Answer) -> Answer:
    """The rep's own of a series by rep."""
    return {**series, "rows": [row for row in series["rows"] if row["by"][BY] == rep]}


def _cell(rep: Ranked | None, trend: Trend) -> Cell:
    return Cell(rep.row, trend, rep.place) if rep else Cell(NOTHING, trend, None)
