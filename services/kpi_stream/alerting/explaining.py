"""Why an alert fires, or does not, in words for a terminal. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from services.kpi_stream.alerting.documents import AlertAnswer, MemberAnswer
from services.kpi_stream.alerting.judging import Condition
from services.kpi_stream.alerting.rules.series import Quantity
from services.kpi_stream.alerting.rules.wording import Words, level_text
from services.kpi_stream.kpis.threshold import Hours, Of, Side

HOLDS = {True: "yes", False: "no", None: "-"}


class Line(NamedTuple):
    """A condition of an alert: whether it holds, and the figures."""

    condition: str
    holds: str
    figures: str


def asked(alert: AlertAnswer, words: Words) -> str:
    """What an alert asks, in one sentence."""
    of = "" if alert.of is Of.VALUE else f"the {alert.of} of "
    what = f"{of}{alert.metric or alert.kpi}, {alert.window}{'' if alert.by == 'all' else f', by {alert.by}'}"
    level, clear = (level_text(_quantity(alert), each, words).en for each in (alert.level, alert.clear))
    parts = [f"{what}, is {alert.side} {level} for {alert.lasts}"]
    if alert.sure:
        parts.append("its whole 95 % interval too")
    if alert.least:
        parts.append(f"it rests on at least {alert.least:g}")
    if alert.hours is Hours.OPENING:
        parts.append("in opening hours")
    return f"fires when {', '.join(parts)}; ends at {clear}; tells {alert.team} ({alert.severity})"


def lines(alert: AlertAnswer, member: MemberAnswer, words: Words) -> Iterator[Line]:
    """Each condition that is asked of a member."""
    figures = {
        Condition.BEYOND: _value(alert, member.value, words),
        Condition.SURE: _nearest(alert, member, words),
        Condition.ENOUGH: f"{_number(member.n)}; at least {alert.least:g}",
        Condition.OPEN: "",
        Condition.TRUSTED: "",
        Condition.LASTED: f"for {alert.lasts}",
    }
    for condition, said in CONDITIONS.items():
        if _is_asked(alert, condition):
            yield Line(said, HOLDS[member.why.get(condition)], figures[condition])


CONDITIONS = {
    Condition.BEYOND: "beyond the level",
    Condition.SURE: "surely",
    Condition.ENOUGH: "rests on enough",
    Condition.OPEN: "open now",
    Condition.TRUSTED: "data can be trusted",
    Condition.LASTED: "has lasted",
}


def _is_asked(alert: AlertAnswer, condition: Condition) -> bool:
    asked = {
        Condition.SURE: alert.sure,
        Condition.ENOUGH: alert.least > 0,
        Condition.OPEN: alert.hours is Hours.OPENING,
    }
    return asked.get(condition, True)


def _value(alert: AlertAnswer, value: float | None, words: Words) -> str:
    told = "not known" if value is None else level_text(_quantity(alert), round(value, 4), words).en
    return f"{told}; the level is {alert.side} {level_text(_quantity(alert), alert.level, words).en}"


def _nearest(alert: AlertAnswer, member: MemberAnswer, words: Words) -> str:
    nearest = member.high if alert.side is Side.BELOW else member.low
    if nearest is None:
        return "no interval is known"
    return f"the 95 % interval reaches {level_text(_quantity(alert), round(nearest, 4), words).en}"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.10g}"


def _quantity(alert: AlertAnswer) -> Quantity:
    return Quantity(alert.unit, alert.is_difference)
