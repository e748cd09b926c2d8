from typing import Any

from services.board.tiles import _bars


def row(label: str, value: float | None) -> dict[str, Any]:
    return {"by": {"rep": label}, "label": label, "value": value, "pace": None, "flags": []}


def test_what_is_nobodys_is_shown_however_many_members_there_are() -> None:
    rows = [row("unassigned", 100), *(row(f"rep{i:02}", i) for i in range(20))]
    assert [bar.member for bar in _bars(rows, 0.0)][-2:] == ["rep08", "unassigned"]
