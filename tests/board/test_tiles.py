from typing import Any

from services.board.tiles import _bars


def row(label: str, value: float | None, *, pace: float | None = None, flags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"by": {"rep": label}, "label": label, "value": value, "pace": pace, "flags": list(flags)}


def labels(*rows: dict[str, Any]) -> list[str]:
    return [bar.member for bar in _bars(rows, 0.0)]


def test_members_are_ranked_by_pace_where_there_is_one() -> None:
    assert labels(row("ana", 3), row("bob", 5)) == ["bob", "ana"]
    assert labels(row("ana", 3, pace=1.2), row("bob", 5, pace=0.8), row("cleo", 9)) == ["ana", "bob", "cleo"]


def test_what_rests_on_few_is_not_ranked() -> None:
    assert labels(row("zoe", 0.9, flags=("small_n",)), row("ana", 0.1), row("bob", 0.9, flags=("small_n",))) == [
        "ana",
        "bob",
        "zoe",
    ]


def test_what_is_nobodys_comes_last_however_many_there_are() -> None:
    assert labels(row("unassigned", 100), *(row(f"rep{i:02}", i) for i in range(20)))[-2:] == ["rep08", "unassigned"]
