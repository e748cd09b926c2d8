"""What the file of thresholds says of one alert: a default with some fields changed, or a new one."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from services.common.errors import Invalid
from services.common.windows import WindowName
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.rules.wording import SIDES, Words, level_text
from services.kpi_stream.alerting.thresholds.checks import check_names, checked
from services.kpi_stream.alerting.thresholds.figures import read_lasts, read_level, read_number
from services.kpi_stream.kpis.kpi import SUMS, Kpi
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Hours, Of, Severity, Side, Threshold

LEAST_OF_RATES, LEAST_OF_SUMS = 30.0, 10.0
"""Under so many a row is small (kpis.md), and never alerts."""
Word = Annotated[str, Meta(max_length=100)]


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of an alert as they are written; those that are not are as before."""

    off: Word | None = None
    kpi: Word | None = None
    metric: Word | None = None
    share_of: Word | None = None
    window: Word | None = None
    of: Word | None = None
    by: Word | None = None
    only: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=100, description="A list of members.")] | None = (
        None
    )
    below: Word | None = None
    above: Word | None = None
    clear: Word | None = None
    least: Word | None = None
    least_of: Word | None = None
    sure: Word | None = None
    lasts: Word | None = None
    hours: Word | None = None
    severity: Word | None = None
    team: Word | None = None
    title: Text | None = None
    advice: Text | None = None


def changed(kpi: Kpi, default: Threshold, stated: Stated, currency: str) -> Watched:
    """A default with what is stated changed.

    :raises Invalid: naming the field and the mend.
    """
    if stated.kpi is not None and stated.kpi != kpi.id:
        mend = "leave it out, or give the alert another name"
        raise Invalid(f"is {kpi.id} for {default.name}", field="kpi", mend=mend)
    return checked(Watched(kpi, _with(kpi, default, stated, currency), currency))


def new(name: str, stated: Stated, kpis: Mapping[str, Kpi], currency: str) -> Watched:
    """An alert that no KPI declares.

    :raises Invalid: naming the field and the mend.
    """
    if stated.kpi is None:
        known = ", ".join(sorted(threshold.name for kpi in kpis.values() for threshold in kpi.alerts))
        raise Invalid("is missing", field="kpi", mend=f"name the KPI; those that need none are {known}")
    kpi = kpis.get(stated.kpi)
    if kpi is None:
        raise Invalid(f"no KPI is called {stated.kpi!r}", field="kpi", mend=f"write one of {', '.join(kpis)}")
    for field in ("window", "lasts"):
        if getattr(stated, field) is None:
            raise Invalid("is missing", field=field, mend="a new alert needs it")
    if stated.below is None and stated.above is None:
        raise Invalid("is missing", field="below", mend="write the level that it must not be below, or above")
    threshold = _with(kpi, _blank(name, kpi, stated), stated, currency)
    if stated.sure is None:
        threshold = replace(threshold, sure=Watched(kpi, threshold, currency).has_interval)
    if stated.title is None:
        threshold = replace(threshold, title=_title(Watched(kpi, threshold, currency)))
    if stated.advice is None and threshold.side is not kpi.alerts[0].side:
        threshold = replace(threshold, advice=LOOK)
    return checked(Watched(kpi, threshold, currency))


def _title(watched: Watched) -> Text:
    """The KPI's, with the level, so that two alerts on one KPI are told apart."""
    threshold = watched.threshold
    level, side = level_text(watched.quantity, threshold.level, Words("", watched.currency)), SIDES[threshold.side]
    title = watched.kpi.title
    return Text(en=f"{title.en} {side.en} {level.en}", fr=f"{title.fr} {side.fr} {level.fr}")


LOOK = Text(
    en="See which part of it this comes from, and what the number is made of.",
    fr="Voir de quelle partie cela vient, et de quoi ce chiffre est fait.",
)
"""What may be done where nothing better is known: the KPI's own advice is for the other side."""


def _blank(name: str, kpi: Kpi, stated: Stated) -> Threshold:
    """A new threshold before what is stated: of enough, worded by the KPI."""
    of = _one_of(Of, stated.of or Of.VALUE, "of")
    is_sum = kpi.unit in SUMS
    return Threshold(
        name=name,
        window=WindowName.MONTH,
        side=Side.BELOW,
        level=0.0,
        clear=0.0,
        of=of,
        least=LEAST_OF_SUMS if is_sum else LEAST_OF_RATES,
        lasts=read_lasts("1h", "lasts"),
        title=kpi.title,
        advice=kpi.alerts[0].advice,
    )


def _with(kpi: Kpi, before: Threshold, stated: Stated, currency: str) -> Threshold:
    fields: dict[str, Any] = {}
    for name in ("metric", "share_of", "least_of", "by", "only", "team", "title", "advice"):
        if (given := getattr(stated, name)) is not None:
            fields[name] = given
    for name, kind in (("window", WindowName), ("of", Of), ("hours", Hours), ("severity", Severity)):
        if (given := getattr(stated, name)) is not None:
            fields[name] = _one_of(kind, given, name)
    if stated.least is not None:
        fields["least"] = read_number(stated.least, "least")
    if stated.sure is not None:
        fields["sure"] = _yes_or_no(stated.sure, "sure")
    if stated.lasts is not None:
        fields["lasts"] = read_lasts(stated.lasts, "lasts")
    draft = replace(before, **fields)
    check_names(kpi, draft)
    return _with_level(Watched(kpi, draft, currency), stated)


def _with_level(watched: Watched, stated: Stated) -> Threshold:
    before = watched.threshold
    if stated.below is not None and stated.above is not None:
        raise Invalid("stands beside below", field="above", mend="write one of the two, and two alerts for both")
    side, level = before.side, before.level
    for given, other in ((stated.below, Side.BELOW), (stated.above, Side.ABOVE)):
        if given is not None:
            side, level = other, read_level(given, watched.unit, str(other))
    clear = before.clear
    if stated.clear is not None:
        clear = read_level(stated.clear, watched.unit, "clear")
    elif (side, level) != (before.side, before.level):
        clear = level
    return replace(before, side=side, level=level, clear=clear)


def is_off(stated: Stated) -> bool:
    """Is it written, and to tell nobody?

    :raises Invalid: when it is neither yes nor no.
    """
    return stated.off is not None and _yes_or_no(stated.off, "off")


E = TypeVar("E", bound=StrEnum)


def _one_of(kind: type[E], text: str, field: str) -> E:
    try:
        return kind(text)
    except ValueError:
        raise Invalid(f"{text!r} is none", field=field, mend=f"write one of {', '.join(kind)}") from None


def _yes_or_no(text: str, field: str) -> bool:
    if text not in ("yes", "no", "true", "false"):
        raise Invalid(f"{text!r} is neither yes nor no", field=field, mend="write yes or no")
    return text in ("yes", "true")
