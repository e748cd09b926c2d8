"""Is a price believed? A pure function of what was believed before and of what was seen now.

A price that halves or doubles, changes its currency, or comes from a weaker method than before is quarantined until a
second reading confirms it: the same price, within 5 %, by a method that is no weaker. After three missed readings a
pair is stale, after six weeks it is gone. A wrong price is worse than none: what is not trusted counts nowhere.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from services.pricing_watch.records import Method, Stock

MISSED_UNTIL_STALE = 3
GONE_AFTER = timedelta(weeks=6)
JUMP = 2
"""A price that is at most 1/JUMP of the one before, or at least JUMP times it, is doubted."""

FAR_FROM_OURS = 5
"""So is a first price that is so many times ours, or so small a part: there is nothing else to hold it against."""

NEAR = 20
"""Two prices are the same to a confirmation when they differ by at most 1/NEAR of the first."""

GIVEN_APART = timedelta(minutes=10)
"""A price that is told twice within so long was sent twice, not looked at twice."""

STRENGTH = {method: rank for rank, method in enumerate(reversed(Method))}
"""How far a method is trusted: the greater, the further."""


class Verdict(StrEnum):
    """What is said of a pair: the words of the event contract."""

    TRUSTED = "trusted"
    QUARANTINED = "quarantined"
    STALE = "stale"
    GONE = "gone"


class Price(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price above 0, comparable with ours, and where it comes from."""

    price_minor: int
    currency: str
    at: datetime
    method: Method
    list_price_minor: int | None = None
    stock: Stock | None = None


class Belief(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is believed of a pair. `suspect` is a price that waits to be confirmed, `doubted` how many readings in a row
    were doubted."""

    verdict: Verdict | None = None
    trusted: Price | None = None
    suspect: Price | None = None
    doubted: int = 0
    missed: int = 0
    missed_since: datetime | None = None


class Judged(msgspec.Struct, frozen=True):
    """What is believed now, why, and the price that is told with the verdict, where there is one.

    `told`: the verdict to be published; a missed reading tells nothing until it is one too many.
    """

    belief: Belief
    reason: str
    told: Verdict | None
    price: Price | None = None


def judge_price(before: Belief, seen: Price, own_minor: int | None, own_currency: str | None) -> Judged:
    """A price was read."""
    doubt = _doubt(before, seen, own_minor, own_currency)
    if doubt is None:
        return _trust(seen, _how_it_moved(before.trusted, seen) if before.trusted else "the first one")
    if before.suspect is not None and _confirms(before.suspect, seen):
        return _trust(seen, f"confirmed by a second reading; {doubt}")
    belief = msgspec.structs.replace(
        before, verdict=Verdict.QUARANTINED, suspect=seen, doubted=before.doubted + 1, missed=0, missed_since=None
    )
    other = ", and it is not the one that waited" if before.suspect is not None else ""
    return Judged(belief, f"{doubt}{other}: waits for a second reading", Verdict.QUARANTINED, seen)


def judge_confirmed(seen: Price) -> Judged:
    """A price was given by someone who says that they looked twice."""
    return _trust(seen, "given as confirmed")


def judge_missed(before: Belief, why: str, now: datetime) -> Judged:
    """Nothing was read at the time when something should have been."""
    since = before.missed_since or now
    missed = before.missed + 1
    verdict = before.verdict
    if now - since >= GONE_AFTER:
        verdict = Verdict.GONE
    elif missed >= MISSED_UNTIL_STALE and verdict is not Verdict.GONE:
        verdict = Verdict.STALE
    belief = msgspec.structs.replace(before, verdict=verdict, missed=missed, missed_since=since)
    if verdict in (Verdict.STALE, Verdict.GONE):  # what waited to be confirmed has waited too long
        belief = msgspec.structs.replace(belief, suspect=None, doubted=0)
    times = "once" if missed == 1 else f"{missed} times in a row"
    return Judged(belief, f"missed {times}: {why}", None if verdict is before.verdict else verdict)


def _trust(seen: Price, reason: str) -> Judged:
    return Judged(Belief(verdict=Verdict.TRUSTED, trusted=seen), reason, Verdict.TRUSTED, seen)


def _doubt(before: Belief, seen: Price, own_minor: int | None, own_currency: str | None) -> str | None:
    """Why a price is not taken at its word, if so."""
    if before.trusted is not None:
        return _jump(before.trusted, seen) or _weaker(before.trusted, seen)
    if seen.method is Method.TEXT:
        return "the first one, and guessed from the page's text"
    if own_minor and own_minor > 0 and own_currency == seen.currency:
        ratio = max(seen.price_minor / own_minor, own_minor / seen.price_minor)
        if ratio >= FAR_FROM_OURS:
            return f"the first one, and {ratio:.0f} times away from ours"
    return None


def _how_it_moved(before: Price, seen: Price) -> str:
    change = seen.price_minor / before.price_minor - 1
    if change == 0:
        return "the same as before"
    return f"{'fell' if change < 0 else 'rose'} by {abs(change):.1%}, less than to a half or double: believed at once"


def _confirms(suspect: Price, seen: Price) -> bool:
    """Is it the same price once more?"""
    is_near = abs(seen.price_minor - suspect.price_minor) * NEAR <= suspect.price_minor
    is_sent_again = seen.method is Method.GIVEN and seen.at - suspect.at < GIVEN_APART
    is_as_good = STRENGTH[seen.method] >= STRENGTH[suspect.method] and not is_sent_again
    return is_near and is_as_good and seen.currency == suspect.currency


def _jump(before: Price, seen: Price) -> str | None:
    if seen.currency != before.currency:
        return f"the currency changed from {before.currency} to {seen.currency}"
    if seen.price_minor * JUMP <= before.price_minor:
        return f"fell to {seen.price_minor / before.price_minor:.0%} of the one before"
    if seen.price_minor >= before.price_minor * JUMP:
        return f"rose to {seen.price_minor / before.price_minor:.0%} of the one before"
    return None


def _weaker(before: Price, seen: Price) -> str | None:
    """A weaker method that reads the very price of the stronger one confirms it."""
    if STRENGTH[seen.method] >= STRENGTH[before.method] or seen.price_minor == before.price_minor:
        return None
    return f"read by {seen.method}, and the one before by {before.method}"
