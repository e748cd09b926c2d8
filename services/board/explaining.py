"""Explain this number: what it is made of, which entities and events stand behind it, and what came late."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from services.board.numbers import NOTHING, SHOWN, Number, age
from services.board.ranking import member_of, ranked
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.told import Answer
from services.board.window_names import window_of
from services.common.errors import Malformed

A_PAGE = 50
MOST_CHARACTERS = 1000

MEASURES = (
    "orders",
    "units",
    "gross_minor",
    "discount_minor",
    "returned_minor",
    "leads",
    "created",
    "won",
    "won_amount_minor",
    "lost",
    "lost_amount_minor",
    "made",
    "accepted",
    "refused",
    "open",
    "brought_minor",
    "taken_back_minor",
    "orders_with_base",
    "orders_with_both",
    "valid_orders",
    "contacted",
    "contacted_came_back",
    "others",
    "others_came_back",
    "out",
    "drawn_contact",
    "drawn_holdout",
    "due_contact",
    "due_contact_reached",
    "due_contact_came_back",
    "due_holdout",
    "due_holdout_reached",
    "due_holdout_came_back",
    "watched",
    "trusted",
    "pairs",
    "no_own_price",
    "undercuts",
    "promotions",
    "rises",
    "falls",
)
"""What an entity adds that people are told, in this order. The rest are steps of a sum, as logarithms."""


class Unlisted(StrEnum):
    """Why it is not told what stands behind a number."""

    ANSWERS = "answers"
    """People's answers do."""
    TOTAL = "total"
    """Other people's work does, and a rep asks."""


class Asked(NamedTuple):
    """Which number: of whom, over what. `after`: where the page begins; `corrected`: only what was corrected late."""

    kpi: str
    over: tuple[tuple[str, str], ...]
    by: str
    member: str
    after: str
    corrected: bool


class ExplainPage(Page):
    """See `rendering.Page`."""

    template = "explain.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        return Asked(
            path["kpi"],
            _over(query),
            _word(query, "by"),
            _word(query, "member"),
            _word(query, "after"),
            query.get("corrected") == "yes",
        )

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpi = await reader.kpi(asked.kpi)
        over = {name: window_of(value, kpi["windows"]) if name == "window" else value for name, value in asked.over}
        by, member = _whose(kpi, asked, reader)
        answer = await reader.rows(kpi["id"], over, by)
        row = next((row for row in answer["rows"] if by is None or member_of(row) == member), NOTHING)
        number = Number.of(kpi, answer, row, None, language)
        unlisted = _unlisted(kpi, by, reader)
        behind = None if unlisted else await reader.explain(asked.kpi, over, by, member, _page(asked))
        return {
            "number": number,
            "windows": kpi["windows"],
            "over": over,
            "whose": {"by": by, "member": member if by else None},
            "who": ranked([row])[0] if by and row is not NOTHING else None,
            "unlisted": unlisted,
            "behind": behind,
            "measures": MEASURES,
            **age([number]),
            **SHOWN,
        }


def _over(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The days that are asked for, else a window."""
    if "from" not in query and "to" not in query:
        return (("window", query.get("window", "")),)
    ends = {}
    for name in ("from", "to"):
        try:
            ends[name] = date.fromisoformat(query.get(name, "")).isoformat()
        except ValueError:
            raise Malformed("is no day", field=name, mend="send both ends, as 2026-11-01") from None
    return tuple(ends.items())


def _word(query: Mapping[str, str], name: str) -> str:
    word = query.get(name, "")
    if len(word) > MOST_CHARACTERS:
        raise Malformed("is too long", field=name, mend="follow a link of the board")
    return word


def _whose(kpi: Answer, asked: Asked, reader: Reader) -> tuple[str | None, str]:
    """The cut and the member that are asked for; a rep's own where nothing is said."""
    own = reader.access.own_cut(kpi)
    if not asked.by and own and reader.access.rep:
        return own, reader.access.rep
    reader.access.check(kpi, asked.by or None, asked.member)
    return asked.by or None, asked.member


def _unlisted(kpi: Answer, by: str | None, reader: Reader) -> Unlisted | None:
    if not kpi["explained"]:
        return Unlisted.ANSWERS
    return None if reader.access.sees_behind(by) else Unlisted.TOTAL


def _page(asked: Asked) -> dict[str, str]:
    more = {"after": asked.after} if asked.after else {}
    return {"limit": str(A_PAGE), "corrected": "yes" if asked.corrected else "no", **more}
