"""A candidate with the price that its text states."""

import msgspec

from services.pricing_watch.reading.placeholders import placeholder
from services.pricing_watch.reading.price_text import Price
from services.pricing_watch.records import Candidate

MAX_TEXT = 100
"""Characters of the text that are kept as evidence."""


def priced(base: Candidate, text: str, price: Price, barred: str | None = None) -> Candidate:
    """The candidate with this price; refused where it is barred, cannot be read or stands for none."""
    return msgspec.structs.replace(
        base,
        text=text[:MAX_TEXT],
        price_minor=price.minor,
        currency=price.currency,
        or_minor=price.or_minor,
        doubt=price.doubt,
        refused=barred or price.refused or placeholder(price.minor, price.currency),
    )
