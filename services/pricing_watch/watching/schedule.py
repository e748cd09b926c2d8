"""When a page is read next. Pure."""

from datetime import datetime, timedelta
from hashlib import blake2b

from services.pricing_watch.judging.judgement import Belief, Verdict

CONFIRM_AFTER = timedelta(minutes=15)
"""A price that has just become doubtful is looked at again so soon, unless it is due before."""

GONE_INTERVAL = timedelta(weeks=1)
SPREAD = 0.1
"""The share of an interval that is added at most, so that pages that were read together drift apart."""

MOST_ATTEMPTS = 3
FIRST_PAUSE = timedelta(minutes=5)
PAUSE_GROWTH = 4
MOST_OF_INTERVAL = 0.25
"""The share of an interval that one pause before a further try takes at most."""


def next_reading(now: datetime, interval: timedelta, belief: Belief, seed: str) -> datetime:
    """When a page is read again, after a reading that counted.

    Never before its interval has passed, but once to confirm a price that has just become doubtful.
    """
    if belief.doubted == 1 and belief.missed == 0:
        return now + min(interval, CONFIRM_AFTER)
    if belief.verdict is Verdict.GONE:
        return now + max(interval, GONE_INTERVAL)
    return now + interval * (1 + SPREAD * _fraction(f"{seed}:{now.isoformat()}"))


def next_attempt(now: datetime, interval: timedelta, attempts: int, retry_after: timedelta) -> datetime | None:
    """When a page that did not answer is tried again, after so many attempts; none when the reading is missed."""
    if attempts >= MOST_ATTEMPTS:
        return None
    pause: timedelta = min(FIRST_PAUSE * PAUSE_GROWTH ** max(0, attempts - 1), interval * MOST_OF_INTERVAL)
    return now + max(pause, retry_after)


def _fraction(seed: str) -> float:
    """A number from 0 to 1 that a name alone decides."""
    return int.from_bytes(blake2b(seed.encode(), digest_size=8).digest()) / 2**64
