"""What the commands print."""

import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from services.common.money import to_major

WIDE = 200

console = Console(width=None if sys.stdout.isatty() else WIDE)
"""What is read by a program is not cut to the width of a screen."""


def say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def amount(minor: int | None, currency: str | None) -> str:
    """In major units with the currency; empty where nothing is known."""
    if minor is None:
        return ""
    return f"{to_major(minor, currency)} {currency}" if currency else f"{minor} minor units"


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """By the clock on the wall."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"
