"""What the status and the headers of an answer mean."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from services.common.windows import utc_now
from services.pricing_watch.fetching.faults import Fault, FetchFault

GONE = frozenset({404, 410})
FULL = frozenset({200, 203})
MEDIA = frozenset({"text/html", "application/xhtml+xml", "application/json", "application/xml", "text/xml"})


def check_answer(response: httpx.Response) -> None:
    """Is there a page in it?

    :raises FetchFault: `gone`, `blocked`, `server` or `not_html`.
    """
    status, host = response.status_code, response.url.host
    if status in FULL:
        _check_media(response)
        return
    wait = retry_after(response.headers)
    if status in GONE:
        raise FetchFault(Fault.GONE, f"{host} has no such page ({status})")
    if 400 <= status < 500 or response.headers.get("cf-mitigated") == "challenge":
        raise FetchFault(Fault.BLOCKED, f"{host} does not let us have the page ({status})", retry_after=wait)
    raise FetchFault(Fault.SERVER, f"{host} answers {status}", retry_after=wait)


def _check_media(response: httpx.Response) -> None:
    media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media not in MEDIA and not media.endswith("+json"):
        raise FetchFault(
            Fault.NOT_HTML, f"{response.url.host} sends {media[:50] or 'no content type'!r}", mend="watch an HTML page"
        )


def next_hop(url: httpx.URL, response: httpx.Response) -> str | None:
    """Where an answer sends us on to, not checked yet.

    :raises FetchFault: `bad_url` when that cannot be read.
    """
    if not response.has_redirect_location:
        return None
    try:
        return str(url.join(response.headers["Location"]))
    except (httpx.InvalidURL, ValueError):
        raise FetchFault(Fault.BAD_URL, f"{url.host} redirects to what is no URL") from None


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that the host asks us to wait (RFC 9110, 10.2.3). A date is read by the host's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text[:9])
    until = _date(text)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("Date", "")) or utc_now())).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
