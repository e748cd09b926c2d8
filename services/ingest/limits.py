"""How many events one key may send in a time."""

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.common.errors import ConfigurationError, TooManyRequests


class EventRate:
    """A sliding window per key, in the memory of this process."""

    def __init__(self, rate: str) -> None:
        try:
            self._item: RateLimitItem = parse(rate)
        except ValueError:
            mend = "set it as 100000/second or 2000000/minute"
            raise ConfigurationError(f"{rate!r} is no rate", field="CADRAN_INGEST_RATE_LIMIT", mend=mend) from None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def take(self, key_id: str, events: int) -> None:
        """Count events against a key.

        :raises TooManyRequests: when they are more than it may send now; says in how many seconds to try again.
        """
        if events <= 0 or await self._limiter.hit(self._item, key_id, cost=events):
            return
        seconds = max(1, self._item.get_expiry())
        raise TooManyRequests(
            f"this key may send {self._item}",
            retry_after=seconds,
            mend="send the rest after the seconds of Retry-After",
        )
