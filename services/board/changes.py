"""How a number stands against the same point of the previous period, and whether that is better. Pure."""

from enum import StrEnum
from typing import NamedTuple

from services.board.told import Answer


class Worth(StrEnum):
    """What a change is worth."""

    BETTER = "better"
    WORSE = "worse"
    WITHIN = "within"
    """Within the margin: it did not move."""
    SAME = "same"
    FEW = "few"
    """Rests on too few to be called good or bad."""


class Change(NamedTuple):
    """From `previous` to `value`. `direction`: 1 up, -1 down, 0 where it did not move. `margin`: where one is told."""

    value: float
    previous: float
    direction: int
    worth: Worth
    margin: float | None


def change_of(row: Answer, good: str) -> Change | None:
    """The change of a row, of which `good` ("up" or "down") is the better way; nothing where one side is not known."""
    compared = row["compared"]
    if compared is None or compared["value"] is None or compared["previous"] is None:
        return None
    value, previous = compared["value"], compared["previous"]
    told = row["related"].get("change", {})
    direction = (value > previous) - (value < previous) if is_told_moved(row) is not False else 0
    return Change(value, previous, direction, _worth(row, direction, good), told.get("details", {}).get("margin"))


def is_told_moved(row: Answer) -> bool | None:
    """Did a row move, by what the read API says of how sure its change is? `None` where it says nothing.

    It says so of a score, and of a rate by an interval of the change, which holds 0 or not.
    """
    told = row["related"].get("change", {})
    if "moved" in told.get("details", {}):
        return bool(told["details"]["moved"])
    if told.get("interval"):
        return bool(told["interval"]["low"] > 0 or told["interval"]["high"] < 0)
    return None


def _worth(row: Answer, direction: int, good: str) -> Worth:
    if direction == 0:
        return Worth.SAME if row["compared"]["value"] == row["compared"]["previous"] else Worth.WITHIN
    if "small_n" in row["flags"]:
        return Worth.FEW
    return Worth.BETTER if (direction > 0) == (good == "up") else Worth.WORSE
