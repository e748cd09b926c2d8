"""What the units of values have in common. Pure."""

RATES = ("ratio", "points", "score", "index", "seconds")
"""Units of which a value of a day stands beside that of a month; all others are sums."""


def base_of(unit: str) -> float:
    """Where the bars and lines of a unit begin: at parity of an index, else at 0."""
    return 100.0 if unit == "index" else 0.0
