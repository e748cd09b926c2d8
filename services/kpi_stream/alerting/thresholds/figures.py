"""Levels and durations as people write them in the file of thresholds: `-5 %`, `105`, `30m`, `14d`."""

import math
from datetime import timedelta

from services.common.errors import Invalid
from services.common.lengths import read_length
from services.kpi_stream.kpis.kpi import Unit

MOST_LASTS = timedelta(days=7)


def read_level(text: str, unit: Unit, field: str) -> float:
    """A level in the unit of what is judged: a percentage (or `pt`) of ratios, a duration of times, else a number.

    :raises Invalid: naming the field.
    """
    if unit is Unit.SECONDS:
        return read_length(text, field).total_seconds()
    text = text.strip()
    if unit in (Unit.RATIO, Unit.POINTS) and text.endswith("pt"):
        return _number(text.removesuffix("pt"), text, field) / (100 if unit is Unit.RATIO else 1)
    is_percentage = text.endswith("%")
    if is_percentage and unit is not Unit.RATIO:
        raise Invalid(f"{text!r} is a percentage, and this is none", field=field, mend="write a plain number")
    number = _number(text.removesuffix("%"), text, field)
    if not is_percentage and unit is Unit.RATIO and abs(number) > 1:
        mend = f"write {number:g} %, or a number from -1 to 1"
        raise Invalid(f"{text!r} is over 100 %", field=field, mend=mend)
    return number / 100 if is_percentage else number


def read_number(text: str, field: str) -> float:
    """A number that is not negative.

    :raises Invalid: naming the field.
    """
    number = _number(text, text, field)
    if number < 0:
        raise Invalid(f"{text!r} is negative", field=field, mend="write 0 or more")
    return number


def _number(text: str, whole: str, field: str) -> float:
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise Invalid(f"{whole!r} is no number", field=field, mend="write digits with a point, such as 0.9 or -5 %")
    return number


def read_lasts(text: str, field: str) -> timedelta:
    """For how long something must hold before anybody is told.

    :raises Invalid: naming the field.
    """
    length = read_length(text, field)
    if length > MOST_LASTS:
        raise Invalid(f"{text!r} is over {MOST_LASTS.days} days", field=field, mend="write a shorter time")
    return length
