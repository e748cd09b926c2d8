"""Which windows pages offer by name. Pure."""

from collections.abc import Collection

WINDOWS = ("today", "7d", "30d", "mtd", "qtd", "ytd")
"""Those over which all KPIs are told, side by side."""
USUAL_WINDOW = "mtd"


def window_of(asked: str, offered: Collection[str]) -> str:
    """The window that is asked for; the usual one where that is not offered."""
    return asked if asked in offered else USUAL_WINDOW
