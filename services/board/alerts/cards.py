"""Alerts as people look at them: what state each is in, since when, and why. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.board.alerts.judged import Judged
from services.board.alerts.ruler import Ruler, ruler
from services.board.ranking import member_of
from services.board.told import Answer

SPANS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
"""By which the API of the alerts says how long: `30m`, `6h`."""
CONDITIONS = ("beyond", "enough", "sure", "open", "trusted", "lasted")
"""In the order in which they are told."""


class State(StrEnum):
    """The one that people should look at first is first."""

    FIRING = "firing"
    PENDING = "pending"
    UNKNOWN = "unknown"
    QUIET = "quiet"
    OFF = "off"


class Member(NamedTuple):
    """A number that is judged. `member` names it to the read API; `label`: empty for the company's.

    `tells_at`: when people would be told, while that is to come. `why`: of each condition that is asked for, whether it
    holds, or that it is not known.
    """

    label: str
    member: str | None
    state: State
    since: datetime | None
    tells_at: datetime | None
    row: Answer
    why: Mapping[str, bool | None]
    ruler: Ruler


class Card(NamedTuple):
    """An alert on a KPI. Its members: first those that people should look at first."""

    alert: Answer
    kpi: Answer
    judged: Judged
    state: State
    members: tuple[Member, ...]

    @property
    def by(self) -> str | None:
        """The cut that its members are of, as pages are asked for it."""
        return None if self.alert["by"] == "all" else self.alert["by"]

    @property
    def shown(self) -> tuple[Member, ...]:
        """Those to look at; where all are as they should be, the one that is nearest to its level."""
        return tuple(each for each in self.members if each.state is not State.QUIET) or self.members[:1]

    @property
    def others(self) -> tuple[Member, ...]:
        return self.members[len(self.shown) :]

    @property
    def lasts(self) -> timedelta:
        return length_of(self.alert["lasts"])

    @property
    def bound(self) -> str:
        """The end of an interval that says whether all of it is beyond the level."""
        return "high" if self.alert["side"] == "below" else "low"


def cards(alerts: Sequence[Answer], kpis: Sequence[Answer], currency: str) -> list[Card]:
    """Those of some KPIs, firing ones first; among those of one state as they are told."""
    by_id = {kpi["id"]: kpi for kpi in kpis}
    made = [card(alert, by_id[alert["kpi"]], currency) for alert in alerts if alert["kpi"] in by_id]
    return sorted(made, key=lambda each: list(State).index(each.state))


def card(alert: Answer, kpi: Answer, currency: str) -> Card:
    """An alert as it is told."""
    members = () if alert["off"] else tuple(_members(alert))
    state = State.OFF if alert["off"] else members[0].state if members else State.UNKNOWN
    return Card(alert, kpi, Judged.by(alert, kpi, currency), state, members)


def firing(alerts: Sequence[Answer]) -> list[Answer]:
    """Those that people are told of."""
    return [each for each in alerts if not each["off"] and any(m["state"] == State.FIRING for m in each["members"])]


def length_of(lasts: str) -> timedelta:
    """How long `30m` is."""
    return int(lasts[:-1]) * SPANS[lasts[-1]]


def _members(alert: Answer) -> list[Member]:
    members = [_member(alert, told) for told in alert["members"]]
    return sorted(members, key=lambda each: (list(State).index(each.state), _distance(alert, each), each.label))


def _distance(alert: Answer, member: Member) -> float:
    """From the level, beyond it below nothing; the unknown is far."""
    value = member.row["value"]
    if value is None:
        return float("inf")
    return float(value - alert["level"] if alert["side"] == "below" else alert["level"] - value)


def _member(alert: Answer, told: Answer) -> Member:
    state = State(told["state"])
    since = datetime.fromisoformat(told["since"]) if told["since"] else None
    is_all = not told["by"]
    return Member(
        label="" if is_all else told["label"],
        member=None if is_all else member_of(told),
        state=state,
        since=since,
        tells_at=since + length_of(alert["lasts"]) if state is State.PENDING and since else None,
        row=told,
        why=_why(alert, told),
        ruler=ruler(alert, told),
    )


def _why(alert: Answer, told: Answer) -> dict[str, bool | None]:
    asked = {
        "beyond": True,
        "enough": alert["least"] > 0,
        "sure": alert["sure"],
        "open": alert["hours"] == "opening",
        "trusted": True,
        "lasted": told["state"] == State.PENDING,
    }
    return {name: told["why"].get(name) for name in CONDITIONS if asked[name]}
