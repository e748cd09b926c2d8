"""The members of a cut, ranked and with a bar each. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from services.board.told import Answer
from services.common.events.subjects import joined

NOBODYS = ("unassigned", "unknown")


class Extent(NamedTuple):
    """Where a bar begins, and how long it is: shares of the room that all bars have, 0 to 1."""

    start: float
    length: float


class Ranked(NamedTuple):
    """A member's row. `member` names it to the read API; `place`: none where it is not ranked; `bar`: none where it has
    no value, or is nobody's.
    """

    row: Answer
    member: str
    place: int | None
    is_nobodys: bool
    bar: Extent | None

    @property
    def grey(self) -> bool:
        return self.is_nobodys or "small_n" in self.row["flags"]


def member_of(row: Answer) -> str:
    """Whose row it is, as the read API is asked for it."""
    parts = list(row["by"].values())
    return parts[0] if len(parts) == 1 else joined(*parts)


def ranked(rows: Sequence[Answer], base: float = 0.0) -> list[Ranked]:
    """The greatest first, those with a pace by their pace: a leaderboard is about the objective.

    Those that rest on few, or have nothing to be ranked by, follow by name. What is nobody's comes last and has no bar:
    it is no rival. Bars begin at `base`.
    """
    own = [row for row in rows if not _is_nobodys(row)]
    key = "pace" if any(row["pace"] is not None for row in own) else "value"
    placed = sorted((row for row in own if _is_ranked(row, key)), key=lambda row: (-row[key], row["label"]))
    others = sorted((row for row in own if not _is_ranked(row, key)), key=lambda row: str(row["label"]))
    nobodys = sorted((row for row in rows if _is_nobodys(row)), key=lambda row: str(row["label"]))
    keys = [row[key] for row in placed]
    room = _room(own, base)
    return [
        *(Ranked(row, member_of(row), keys.index(row[key]) + 1, False, _bar(row, base, room)) for row in placed),
        *(Ranked(row, member_of(row), None, False, _bar(row, base, room)) for row in others),
        *(Ranked(row, member_of(row), None, True, None) for row in nobodys),
    ]


def _is_nobodys(row: Answer) -> bool:
    return any(part in NOBODYS for part in row["by"].values())


def _is_ranked(row: Answer, key: str) -> bool:
    return row[key] is not None and "small_n" not in row["flags"]


def _room(rows: Sequence[Answer], base: float) -> tuple[float, float]:
    """From the least to the greatest value, the base included."""
    values = [row["value"] for row in rows if row["value"] is not None]
    return min([base, *values]), max([base, *values])


def _bar(row: Answer, base: float, room: tuple[float, float]) -> Extent | None:
    """From the base to the value."""
    low, high = room
    if row["value"] is None or low == high:
        return None
    ends = sorted(((base - low) / (high - low), (row["value"] - low) / (high - low)))
    return Extent(ends[0], ends[1] - ends[0])
