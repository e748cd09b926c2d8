"""A change of an alert that somebody makes on the board, as it is written into the file of thresholds."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from services.kpi_stream.alerting.rules.series import Watched, number
from services.kpi_stream.alerting.thresholds.figures import length_text
from services.kpi_stream.kpis.kpi import Unit
from services.kpi_stream.kpis.threshold import Hours, Severity


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be otherwise; what is left out stays.

    `version`: of the file that was looked at. `by`: who changes it, as the board signs them in; empty: by the API.
    """

    version: str
    by: Annotated[str, Meta(min_length=1, max_length=100, description="Who changes it, in 1 to 100 characters.")] = ""
    level: float | None = None
    clear: float | None = None
    least: Annotated[float, Meta(ge=0)] | None = None
    lasts: str | None = None
    severity: Severity | None = None
    team: str | None = None
    hours: Hours | None = None
    sure: bool | None = None
    off: bool | None = None


def fields_of(watched: Watched, change: Change) -> dict[str, str | None]:
    """The fields of the file, as people write them; None where one is taken out."""
    fields: dict[str, str | None] = {}
    if change.level is not None:
        fields[str(watched.threshold.side)] = _written(change.level, watched.unit)
        fields["clear"] = _written(watched.threshold.clear if change.clear is None else change.clear, watched.unit)
    elif change.clear is not None:
        fields["clear"] = _written(change.clear, watched.unit)
    for name in ("lasts", "severity", "team", "hours"):
        given = getattr(change, name)
        if given is not None:
            fields[name] = str(given)
    if change.least is not None:
        fields["least"] = number(change.least)
    if change.sure is not None:
        fields["sure"] = "yes" if change.sure else "no"
    if change.off is not None:
        fields["off"] = "yes" if change.off else None
    return fields


def written_of(watched: Watched) -> dict[str, str]:
    """All that is asked of a number, as people write it; what is empty is not."""
    threshold = watched.threshold
    fields = {
        str(threshold.side): _written(threshold.level, watched.unit),
        "clear": _written(threshold.clear, watched.unit),
        "least": number(threshold.least),
        "lasts": length_text(threshold.lasts),
        "sure": "yes" if threshold.sure else "no",
        "only": ", ".join(threshold.only),
        "title": f"{threshold.title.en} / {threshold.title.fr}",
        "advice": f"{threshold.advice.en} / {threshold.advice.fr}",
    }
    as_it_is = ("severity", "team", "hours", "window", "of", "by", "metric", "share_of", "least_of")
    fields |= {name: str(getattr(threshold, name)) for name in as_it_is}
    return {name: text for name, text in fields.items() if text}


def _written(level: float, unit: Unit) -> str:
    if unit is Unit.RATIO:
        return f"{number(100 * level)} %"
    return length_text(timedelta(seconds=level)) if unit is Unit.SECONDS else number(level)
