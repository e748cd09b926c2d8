from typing import Any

from services.board.direction import _bars


def row(label: str, value: float | None, *, pace: float | None = None, flags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"label": label, "value": value, "pace": pace, "flags": list(flags)}


def labels(*rows: dict[str, Any]) -> list[str]:
    return [bar.label for bar in _bars(rows)]


def test_members_are_ranked_by_pace_where_there_is_one() -> None:
    assert labels(row("ana", 3), row("bob", 5)) == ["bob", "ana"]
    assert labels(row("ana", 3, pace=1.2), row("bob", 5, pace=0.8), row("cleo", 9)) == ["ana", "bob", "cleo"]


def test_what_rests_on_few_is_not_ranked() -> None:
    assert labels(row("zoe", 0.9, flags=("small_n",)), row("ana", 0.1), row("bob", 0.9, flags=("small_n",))) == [
        "ana",
        "bob",
        "zoe",
    ]


def test_what_is_nobodys_comes_last_without_a_bar() -> None:
    bars = _bars([row("unassigned", 100), row("ana", 10), row("bob", 5)])
    assert [(bar.label, bar.share, bar.grey) for bar in bars] == [
        ("ana", 1.0, False),
        ("bob", 0.5, False),
        ("unassigned", 0.0, True),
    ]
