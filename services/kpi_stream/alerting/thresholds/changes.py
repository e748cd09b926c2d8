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
    """What is to be otherwise; what is left out stays. `version`: of the file that was looked at."""

    version: str
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


def _written(level: float, unit: Unit) -> str:
    if unit is Unit.RATIO:
        return f"{number(100 * level)} %"
    return length_text(timedelta(seconds=level)) if unit is Unit.SECONDS else number(level)
