"""Why a page was not had."""

from enum import StrEnum

from services.common.errors import CadranError


class Fault(StrEnum):
    """The kinds of it: what a metric is cut by, and what a scheduler decides by."""

    FORBIDDEN_BY_ROBOTS = "forbidden_by_robots"
    BLOCKED = "blocked"
    """The host refuses us: 401, 403, 429, another 4xx, or a page that asks for a proof of being a person."""
    GONE = "gone"
    """404 or 410."""
    SERVER = "server"
    """5xx, or an answer that breaks the protocol."""
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"
    """No such name, or no connection."""
    UNSAFE_ADDRESS = "unsafe_address"
    """An address that is not on the public internet, or a port that is not served to it."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    HOST_RESTING = "host_resting"
    """The host failed too often or asked us to wait; nothing was sent."""
    NOT_HTML = "not_html"
    """A content type in which no price is looked for."""
    NO_CONTACT = "no_contact"
    """Nobody is named to whom the owner of the shop could complain."""
    BAD_URL = "bad_url"
    TLS = "tls"
    BROWSER = "browser"
    """Chromium, which the page needs, is off, not installed, or failed."""


class FetchFault(CadranError):
    """A page was not had. `retry_after`: seconds in which asking again is of no use, where they are known; `host`: the
    one that rests.

    The message names the host and never the whole URL, which may hold a key.
    """

    status = 502
    code = "fetch"

    def __init__(
        self, kind: Fault, message: str, *, retry_after: float | None = None, mend: str = "", host: str = ""
    ) -> None:
        super().__init__(message, mend=mend)
        self.kind = kind
        self.retry_after = retry_after
        self.host = host
