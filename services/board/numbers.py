"""A KPI's number as pages show it: the row, with what the KPI says of itself and which way it moved."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services.board.reader import Over, Reader
from services.board.told import Answer
from services.board.units import RATES, base_of

BESIDE = (
    "methods",
    "manager",
    "workload",
    "enps",
    "response_rate",
    "coverage",
    "undercuts",
    "falls",
    "rises",
    "oldest_reading",
    "others",
    "observed_gap",
    "repeat_rate",
    "score_of_contacted",
    "score_of_others",
    "success_of_answered",
    "revenue_brought",
    "attach_rate",
)
"""The related numbers that are shown beside a headline."""
DIFFERENCES = ("observed_gap",)
"""Those of them that are differences, shown in points with their sign."""
SHOWN = {"beside": BESIDE, "differences": DIFFERENCES}
"""What the templates of a number are filled in with beside it."""

NOTHING: Answer = {
    "value": None,
    "n": None,
    "measures": {},
    "interval": None,
    "compared": None,
    "target": None,
    "pace": None,
    "attainment": None,
    "gap": None,
    "flags": [],
    "related": {},
}
"""The row of somebody of whom there is nothing to say."""


class Number(msgspec.Struct, frozen=True):
    """A number over a window. `total`: what everybody has together, where `row` is somebody's own.

    `spans`: days beside the window that it is made of, as a cohort's.
    """

    id: str
    title: str
    question: str
    formula: str
    credit: str
    unit: str
    good: str
    row: Answer
    total: Answer | None
    stale: bool
    as_of: datetime | None
    window: Answer
    spans: Mapping[str, Answer]

    @property
    def is_sum(self) -> bool:
        """Is it a count or an amount, which grows as a period goes on?"""
        return self.unit not in RATES

    @property
    def base(self) -> float:
        return base_of(self.unit)

    @classmethod
    def of(cls, kpi: Answer, answer: Answer, row: Answer, total: Answer | None, language: str) -> "Number":
        """Of a KPI as it is declared, an answer of its rows, and whose row it is."""
        return cls(
            id=kpi["id"],
            title=kpi["title"][language],
            question=kpi["question"][language],
            formula=kpi["formula"][language],
            credit=kpi["credit"][language],
            unit=answer["unit"],
            good=kpi["good"],
            row=row,
            total=total,
            stale="stale" in (row if total is None else total)["flags"],
            as_of=datetime.fromisoformat(answer["as_of"]) if answer["as_of"] else None,
            window=answer["window"],
            spans=answer["spans"],
        )


async def read_number(
    kpi: Answer, over: Over, reader: Reader, language: str, options: Mapping[str, str] = {}
) -> Number:
    """The company's number; a rep's own line where the KPI has one, beside the company's. Raises as `Reader`."""
    own = reader.access.own_cut(kpi)
    if own is None:
        answer = await reader.rows(kpi["id"], over, options=options)
        return Number.of(kpi, answer, answer["rows"][0], None, language)
    answer, mine = await asyncio.gather(
        reader.rows(kpi["id"], over, options=options), reader.rows(kpi["id"], over, own)
    )
    return Number.of(kpi, answer, (mine["rows"] or [NOTHING])[0], answer["rows"][0], language)


def age(numbers: Sequence[Number]) -> Mapping[str, object]:
    """How old a page of these is: `as_of` of the oldest, if it is known of all; and whether one is stale."""
    times = [number.as_of for number in numbers]
    known = [time for time in times if time is not None]
    oldest = min(known) if known and len(known) == len(times) else None
    return {"as_of": oldest, "stale": any(number.stale for number in numbers)}
