"""Whether a threshold can be judged: its names are there, and Prometheus is told all that it needs."""

from datetime import timedelta

from services.common.errors import Invalid
from services.common.lengths import length_text
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.exporter.metrics import exported
from services.kpi_stream.kpis.kpi import SUMS, Kpi
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Hours, Of, Side, Threshold

MOST_WORDS = 500
"""Characters of a title, or of what may be done."""
MOST_WITHIN_HOURS = timedelta(hours=4)
"""For so long something can hold within one opening."""


def check_names(kpi: Kpi, threshold: Threshold) -> None:
    """That the cut and the numbers are the KPI's.

    :raises Invalid: naming the field, and the names that there are.
    """
    cut = kpi.cut(threshold.by)
    if cut is None:
        names = ", ".join(cut.name for cut in kpi.cuts)
        raise Invalid(f"{kpi.id} is not cut by {threshold.by!r}", field="by", mend=f"write one of {names}")
    if threshold.only and len(cut.fields) != 1:
        raise Invalid("needs a cut of one field", field="only", mend="name the cut in `by`, or leave it out")
    if not all(threshold.only):
        raise Invalid("holds an empty member", field="only", mend="leave it out of the list")
    for field in ("metric", "share_of", "least_of"):
        name = getattr(threshold, field)
        if name and name not in {metric.name for metric in kpi.metrics}:
            names = ", ".join(metric.name for metric in kpi.metrics)
            raise Invalid(f"{kpi.id} tells no {name!r}", field=field, mend=f"write one of {names}")
    _check_of(kpi, threshold)


def _check_of(kpi: Kpi, threshold: Threshold) -> None:
    if threshold.share_of and not threshold.metric:
        raise Invalid("divides a number that is not named", field="share_of", mend="name the number in `metric`")
    if threshold.of is Of.VALUE:
        return
    if threshold.metric not in ("", kpi.headline.name):
        raise Invalid(f"only {kpi.headline.name} has one", field="of", mend="write value, or leave `metric` out")
    if threshold.share_of:
        raise Invalid("is not told of a share", field="of", mend="write value")
    if threshold.of is Of.PACE and kpi.unit not in SUMS:
        raise Invalid("only counts and sums have a pace", field="of", mend="write target, change or value")
    if threshold.of is Of.TARGET and kpi.unit in SUMS:
        raise Invalid("counts and sums are judged by their pace", field="of", mend="write pace, change or value")


def checked(watched: Watched) -> Watched:
    """The same, where it can be judged.

    :raises Invalid: naming the field and the mend.
    """
    threshold = watched.threshold
    ends_beyond = (
        threshold.clear < threshold.level if threshold.side is Side.BELOW else threshold.clear > threshold.level
    )
    if ends_beyond:
        good = "at or above" if threshold.side is Side.BELOW else "at or below"
        raise Invalid("would end it while it still begins", field="clear", mend=f"write a level {good} the other")
    if threshold.hours is Hours.OPENING and threshold.lasts > MOST_WITHIN_HOURS:
        mend = f"write {length_text(MOST_WITHIN_HOURS)} at most, or `hours: always`"
        raise Invalid("begins anew at every opening, and so might never pass", field="lasts", mend=mend)
    _check_words(threshold)
    _check_told(watched)
    return watched


def _check_words(threshold: Threshold) -> None:
    """They become a part of Prometheus's templates."""
    for field in ("title", "advice"):
        text: Text = getattr(threshold, field)
        for word in (text.en, text.fr):
            if not 0 < len(word.strip()) <= MOST_WORDS:
                raise Invalid(f"has {len(word)} characters", field=field, mend=f"write 1 to {MOST_WORDS}")
            if "{{" in word or "}}" in word:
                raise Invalid("holds {{ or }}", field=field, mend="write it without")


def _check_told(watched: Watched) -> None:
    threshold = watched.threshold
    windows = [window for cut, window in exported(watched.kpi) if cut is watched.cut]
    if threshold.window not in windows:
        mend = f"write one of {', '.join(windows)}"
        raise Invalid(f"{threshold.window} is not told to Prometheus by {threshold.by}", field="window", mend=mend)
    missing = watched.missing()
    if any(name.endswith("_target") or "_pace_ratio" in name for name in missing):
        mend = "watch all, or by rep or team, this month, quarter or year"
        raise Invalid(
            f"{watched.kpi.id} has no target by {threshold.by} over {threshold.window}", field="of", mend=mend
        )
    if missing:
        raise Invalid(f"Prometheus is not told {missing[0]}", field="by", mend="watch another cut, or another window")
    if threshold.sure and not watched.has_interval:
        raise Invalid("no interval is told of it", field="sure", mend="write no, and give a `least` that is enough")
