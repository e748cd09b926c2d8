"""What an alert says, in both languages: what, how much, how sure, what may be done, and where it is explained.

The texts are templates that Prometheus fills in whenever it evaluates a rule.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from services.kpi_stream.alerting.rules.series import Quantity, Watched
from services.kpi_stream.kpis.kpi import SUMS, Unit
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side

RUNBOOK = "docs/runbooks.md"
FRENCH = ' | reReplaceAll "[.]" ","'

OF = {
    Of.VALUE: Text(en="", fr=""),
    Of.TARGET: Text(en="from the target: ", fr="écart à l’objectif : "),
    Of.PACE: Text(en="pace against the objective: ", fr="rythme par rapport à l’objectif : "),
    Of.CHANGE: Text(en="against the period before: ", fr="par rapport à la période précédente : "),
}
CHANGE_OF_SUMS = Text(
    en="an opening hour, against the period before: ",
    fr="par heure d’ouverture, par rapport à la période précédente : ",
)
SIDES = {Side.BELOW: Text(en="below", fr="sous"), Side.ABOVE: Text(en="above", fr="au-dessus de")}


class Words(NamedTuple):
    """What the texts need of the installation: the board's address, and the reporting currency."""

    board: str
    currency: str


def annotations(watched: Watched, words: Words) -> dict[str, str]:
    """Of an alert on a KPI."""
    threshold = watched.threshold
    member = "".join(f" · {{{{ $labels.{label} }}}}" for label in watched.members)
    value, sure = _value(watched, words), _sure(watched, words)
    return {
        **_both("title", Text(en=threshold.title.en + member, fr=threshold.title.fr + member)),
        **_both("value", value),
        **_both("sure", sure),
        **_both("do", threshold.advice),
        "link": _link(watched, words.board),
    }


def platform_annotations(name: str, title: Text, value: Text, advice: Text, board: str) -> dict[str, str]:
    """Of an alert about Cadran itself: nothing is uncertain about it, and what may be done stands in the docs."""
    more = f" ({RUNBOOK}#{name.lower()})"
    return {
        **_both("title", title),
        **_both("value", value),
        **_both("sure", Text(en="", fr="")),
        **_both("do", Text(en=advice.en + more, fr=advice.fr + more)),
        "link": board,
    }


def _both(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_en": text.en, f"{name}_fr": text.fr}


def _value(watched: Watched, words: Words) -> Text:
    threshold = watched.threshold
    is_change_of_sums = threshold.of is Of.CHANGE and watched.kpi.unit in SUMS
    of = CHANGE_OF_SUMS if is_change_of_sums else OF[threshold.of]
    shown, level = _shown(watched.quantity, words), level_text(watched.quantity, threshold.level, words)
    side = SIDES[threshold.side]
    return Text(
        en=f"{of.en}{shown.en('$value')} (threshold: {side.en} {level.en})",
        fr=f"{of.fr}{shown.fr('$value')} (seuil : {side.fr} {level.fr})",
    )


def _sure(watched: Watched, words: Words) -> Text:
    """The interval, where there is one, and on how many it rests."""
    shown, en, fr = _shown(watched.quantity, words), [], []
    if watched.threshold.sure:
        low, high = _found(watched, watched.low()), _found(watched, watched.high())
        en.append(f"95 %: {low(shown.en)} to {high(shown.en)}")
        fr.append(f"95 % : {low(shown.fr)} à {high(shown.fr)}")
    if watched.threshold.least:
        n = _found(watched, watched.rests_on())(_count)
        en.append(f"rests on {n}")
        fr.append(f"repose sur {n}")
    return Text(en="; ".join(en), fr=" ; ".join(fr))


Show = Callable[[str], str]
"""From an expression of a template to what shows it."""


class _Shown(NamedTuple):
    en: Show
    fr: Show


def _found(watched: Watched, query: str) -> Callable[[Show], str]:
    """The value that a query has for the alert's own member."""
    own = " ".join(f"(eq .Labels.{label} $labels.{label})" for label in watched.members)
    escaped = query.replace("\\", "\\\\").replace('"', '\\"')
    condition = f"and true {own}" if own else "true"
    return lambda show: (
        f'{{{{ range query "{escaped}" }}}}{{{{ if {condition} }}}}{show(".Value")}{{{{ end }}}}{{{{ end }}}}'
    )


def _lasting(value: str) -> str:
    return f"{{{{ {value} | humanizeDuration }}}}"


def _count(value: str) -> str:
    return f'{{{{ {value} | printf "%.0f" }}}}'


def _shown(quantity: Quantity, words: Words) -> _Shown:
    unit = quantity.unit
    if unit is Unit.RATIO:
        percent = "{{ %s | humanizePercentage%s }}"
        sign = ' | reReplaceAll "%%" "%s"'
        en = sign % " pt" if quantity.is_difference else ""
        fr = FRENCH + sign % (" pt" if quantity.is_difference else " %")
        return _Shown(lambda value: percent % (value, en), lambda value: percent % (value, fr))
    if unit is Unit.SECONDS:
        return _Shown(_lasting, _lasting)
    form = {Unit.COUNT: "%.0f", Unit.MONEY: "%.0f", Unit.POINTS: "%+.0f"}.get(unit, "%.1f")
    after = f" {words.currency}" if unit is Unit.MONEY else ""
    return _Shown(
        lambda value: f'{{{{ {value} | printf "{form}" }}}}{after}',
        lambda value: f'{{{{ {value} | printf "{form}"{FRENCH} }}}}{after}',
    )


def level_text(quantity: Quantity, level: float, words: Words) -> Text:
    """A level, as people write it."""
    unit = quantity.unit
    if unit is Unit.SECONDS:
        return _duration_text(timedelta(seconds=level))
    if unit is Unit.RATIO:
        text = f"{100 * level:.10g} {'pt' if quantity.is_difference else '%'}"
    else:
        text = f"{level:.10g}" + (f" {words.currency}" if unit is Unit.MONEY else "")
    return Text(en=text, fr=text.replace(".", ","))


def _duration_text(length: timedelta) -> Text:
    days, hours = length // timedelta(days=1), length / timedelta(hours=1)
    if length == timedelta(days=days):
        return Text(en=f"{days} d", fr=f"{days} j")
    return Text(en=f"{hours:.3g} h", fr=f"{hours:.3g} h".replace(".", ","))


def _link(watched: Watched, board: str) -> str:
    """Where the number is explained; of answers, behind which nobody is listed, its page."""
    query = urlencode({"window": watched.threshold.window} | ({"by": watched.threshold.by} if watched.members else {}))
    if not watched.kpi.listed:
        return f"{board}/kpis/{watched.kpi.id}?{query}"
    member = f"&member={{{{ $labels.{watched.members[0]} | urlquery }}}}" if len(watched.members) == 1 else ""
    return f"{board}/explain/{watched.kpi.id}?{query}{member}"
