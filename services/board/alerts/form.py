"""The form of an alert: what stands in it, and what was typed. Pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from services.board.alerts.judged import Judged
from services.board.editing.values import Fault, Unreadable, read, written
from services.board.told import Answer

FIELDS = ("level", "clear", "least", "lasts", "span", "severity", "team", "hours", "sure", "on")
SEVERITIES = ("info", "warning", "critical")
HOURS = ("opening", "always")
YES = "yes"
"""What a box says that is ticked."""


class Filled(NamedTuple):
    """A form as it stands, made from a `version` of what is in force.

    `faults`: why it is not taken, by field or by none: a `Fault`, or what the API says of it, in English. `stands`:
    what is in force, by field, where somebody changed that meanwhile.
    """

    texts: Mapping[str, str]
    version: str
    faults: Mapping[str, str] = {}
    stands: Mapping[str, str] = {}


def texts_of(alert: Answer, judged: Judged, language: str) -> dict[str, str]:
    """What stands in the fields of an alert that is in force."""
    return {
        "level": judged.written(alert["level"], language),
        "clear": judged.written(alert["clear"], language),
        "least": written(Decimal(str(alert["least"])), "count", language),
        "lasts": alert["lasts"][:-1],
        "span": alert["lasts"][-1],
        "severity": alert["severity"],
        "team": alert["team"],
        "hours": alert["hours"],
        "sure": YES if alert["sure"] else "",
        "on": "" if alert["off"] else YES,
    }


def typed(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed; a box that is not ticked is not sent."""
    return {name: fields.get(name, "") for name in FIELDS}


def changed(texts: Mapping[str, str], judged: Judged, language: str) -> tuple[dict[str, object], dict[str, str]]:
    """What is to be in force, as the API takes it, and by field why it cannot be read. If it may be, the API says."""
    faults: dict[str, str] = {}

    def number(name: str, read_it: Callable[[str], float]) -> float:
        try:
            return read_it(texts[name])
        except Unreadable as error:
            faults[name] = error.fault
            return 0.0

    made = {
        "level": number("level", lambda text: judged.read(text, language)),
        "clear": number("clear", lambda text: judged.read(text, language)),
        "least": number("least", lambda text: float(read(text, "count", language))),
        "lasts": f"{number('lasts', lambda text: _whole(text, language)):.0f}{texts['span']}",
        "severity": texts["severity"],
        "team": texts["team"],
        "hours": texts["hours"],
        "sure": texts["sure"] == YES,
        "off": texts["on"] != YES,
    }
    return made, faults


def fault_at(field: str) -> str:
    """The field of the form that the API means by one of its own: `alerts.SalesFall.off` is `on`. Empty: by none."""
    name = field.rpartition(".")[2]
    name = "on" if name == "off" else name
    return name if name in FIELDS else ""


def differences(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """What stands elsewhere, where it is not what was typed."""
    return {name: theirs[name] for name in FIELDS if theirs[name] != mine[name]}


def _whole(text: str, language: str) -> float:
    value = read(text, "count", language)
    if value != value.to_integral_value():
        raise Unreadable(Fault.DIGITS)
    return float(value)
