"""A change of an alert that somebody makes on the board, as it is written into the file of thresholds."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from services.common.errors import Invalid
from services.common.lengths import length_text
from services.kpi_stream.alerting.rules.series import Watched, number
from services.kpi_stream.kpis.kpi import Unit
from services.kpi_stream.kpis.threshold import Hours, Severity

MOST_SECONDS = 999_999 * 86400
Level = Annotated[float, Meta(description="A number in the unit of what is judged; of percentages a ratio.")]
Answer = Annotated[bool, Meta(description="true or false.")]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be otherwise; what is left out stays.

    `version`: of the file that was looked at. `by`: who changes it, as the board signs them in; empty: by the API.
    """

    version: str
    by: Annotated[str, Meta(min_length=1, max_length=100, description="Who changes it, in 1 to 100 characters.")] = ""
    level: Level | None = None
    clear: Level | None = None
    least: Annotated[float, Meta(ge=0, description="A number that is not negative.")] | None = None
    lasts: str | None = None
    severity: Severity | None = None
    team: str | None = None
    hours: Hours | None = None
    sure: Answer | None = None
    off: Answer | None = None


def fields_of(watched: Watched, change: Change) -> dict[str, str | None]:
    """The fields of the file, as people write them; None where one is taken out.

    :raises Invalid: naming the field that cannot be written.
    """
    fields: dict[str, str | None] = {}
    level, clear = change.level, change.clear
    if level is not None:
        fields[str(watched.threshold.side)] = _written(level, watched.unit, "level")
        clear = watched.threshold.clear if clear is None else clear
    if clear is not None:
        fields["clear"] = _written(clear, watched.unit, "clear")
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
        str(threshold.side): _written(threshold.level, watched.unit, "level"),
        "clear": _written(threshold.clear, watched.unit, "clear"),
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


def _written(level: float, unit: Unit, field: str) -> str:
    if unit is Unit.RATIO:
        return f"{number(100 * level)} %"
    if unit is not Unit.SECONDS:
        return number(level)
    if not 0 <= level <= MOST_SECONDS or level % 1:
        raise Invalid(f"{level:g} is no length of time", field=field, mend=f"send whole seconds, up to {MOST_SECONDS}")
    return length_text(timedelta(seconds=level))
