"""Who comes first. Pure.

Members are ranked by their pace where they have one: it is the objective that counts. What rests on few is not ranked,
and what is nobody's is no rival.
"""

from collections.abc import Mapping, Sequence

from services.board.store import Answer

NOBODYS = ("unassigned", "unknown")


def somebodys(rows: Sequence[Answer]) -> list[Answer]:
    return [row for row in rows if row["label"] not in NOBODYS]


def is_small(row: Answer) -> bool:
    return "small_n" in row["flags"]


def ranking(rows: Sequence[Answer]) -> list[Answer]:
    """Somebody's rows, the first one first; those that are not ranked follow by name."""
    key = _key(rows)

    def order(row: Answer) -> tuple[bool, float, str]:
        return is_small(row), 0 if is_small(row) or row[key] is None else -row[key], row["label"]

    return sorted(somebodys(rows), key=order)


def places(rows: Sequence[Answer], by: str) -> Mapping[str, int]:
    """The place of each member that is ranked: 1 is the first, and equals share theirs."""
    key = _key(rows)
    ranked = {row["by"][by]: row[key] for row in somebodys(rows) if not is_small(row) and row[key] is not None}
    return {member: 1 + sum(other > value for other in ranked.values()) for member, value in ranked.items()}


def _key(rows: Sequence[Answer]) -> str:
    return "pace" if any(row["pace"] is not None for row in somebodys(rows)) else "value"
