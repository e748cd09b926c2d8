"""How a number stands against the same point of the previous period, and whether that is better. Pure."""

from enum import StrEnum
from typing import NamedTuple

from services.board.store import Answer


class Verdict(StrEnum):
    """What is to be said of a change."""

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
    verdict: Verdict
    margin: float | None


def change_of(row: Answer, good: str) -> Change | None:
    """The change of a row, of which `good` ("up" or "down") is the better way; nothing where one side is not known."""
    compared = row["compared"]
    if compared is None or compared["value"] is None or compared["previous"] is None:
        return None
    value, previous = compared["value"], compared["previous"]
    told = row["related"].get("change", {})
    direction = (value > previous) - (value < previous) if _moved(told) else 0
    return Change(value, previous, direction, _verdict(row, direction, good), told.get("details", {}).get("margin"))


def _moved(told: Answer) -> bool:
    """By what the read API says of how sure a change is; where it says nothing, any change counts."""
    if "moved" in told.get("details", {}):
        return bool(told["details"]["moved"])
    if told.get("interval"):
        return bool(told["interval"]["low"] > 0 or told["interval"]["high"] < 0)
    return True


def _verdict(row: Answer, direction: int, good: str) -> Verdict:
    if direction == 0:
        return Verdict.SAME if row["compared"]["value"] == row["compared"]["previous"] else Verdict.WITHIN
    if "small_n" in row["flags"]:
        return Verdict.FEW
    return Verdict.BETTER if (direction > 0) == (good == "up") else Verdict.WORSE
