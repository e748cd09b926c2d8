"""How often something may be done in a time: counted in the memory of a process, and forgotten with the time."""

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from services.common.errors import TooManyRequests


class Rate:
    """A sliding window for each of whoever does it.

    `rate`: as `Often` of the settings; `what`: what they may do so often: `this key may send`.
    """

    def __init__(self, rate: str, what: str, mend: str) -> None:
        self._item = parse(rate)
        self._what = what
        self._mend = mend
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, *who: str, times: int = 1) -> None:
        """Count something against somebody.

        :raises TooManyRequests: when it is more than they may do now; says in how many seconds to try again.
        """
        if times > 0 and not self._limiter.hit(self._item, *who, cost=times):
            self._refuse()

    def check(self, *who: str) -> None:
        """:raises TooManyRequests: when they may do it no more."""
        if not self._limiter.test(self._item, *who):
            self._refuse()

    def note(self, *who: str) -> None:
        """Count something that was done."""
        self._limiter.hit(self._item, *who)

    def _refuse(self) -> None:
        seconds = max(1, self._item.get_expiry())
        raise TooManyRequests(f"{self._what} {self._item}", retry_after=seconds, mend=self._mend)
