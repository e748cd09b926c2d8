"""Lengths of time as people write them: 90s, 30m, 6h, 2d."""

import re
from datetime import timedelta

from services.common.errors import Invalid

LENGTH = r"(\d{1,6})(s|m|h|d)"
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def read_length(text: str, field: str) -> timedelta:
    """A length of time.

    :raises Invalid: naming the field.
    """
    found = re.fullmatch(LENGTH, text.strip())
    if found is None:
        raise Invalid(f"{text!r} is no length of time", field=field, mend="write 90s, 30m, 6h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def length_text(length: timedelta) -> str:
    """As `read_length` reads it: 90s, 30m, 6h, 2d."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
