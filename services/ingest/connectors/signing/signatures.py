"""What signatures of vendors have alike: compared in constant time, by each secret that is live, against a clock."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from services.common.errors import Unauthenticated

MEND = "compare the secret in `secret_file` with the vendor's"


def require_one(
    given: str | None, header: str, expected: Callable[[str], str], secrets: Sequence[str], mend: str = MEND
) -> None:
    """That what was given in a header is what one of the secrets makes it.

    :raises Unauthenticated: when it is missing, or of none of them.
    """
    if not given:
        raise Unauthenticated("is missing", field=header, mend="have the vendor sign what it sends")
    # All are tried, so that the time tells nothing.
    matches = [hmac.compare_digest(given.encode(), expected(secret).encode()) for secret in secrets]
    if not any(matches):
        raise Unauthenticated("is not that of this body", field=header, mend=mend)


def require_recent(sent: datetime | None, header: str, received_at: datetime, tolerance: timedelta) -> None:
    """That it was sent just now: what was overheard must not be sent again later.

    :raises Unauthenticated: when it was not, or does not say.
    """
    if sent is None or abs(received_at - sent) > tolerance:
        mend = f"it must be sent within {tolerance.total_seconds():.0f} s: set the clock of this machine"
        raise Unauthenticated("is not of now", field=header, mend=mend)


def epoch(text: str | None, *, per_second: int = 1) -> datetime | None:
    """An instant from the seconds since 1970, or parts of them; none where it is no number."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 15:
        return None
    try:
        return datetime.fromtimestamp(int(text) / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def sha256_base64(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def sha256_hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
