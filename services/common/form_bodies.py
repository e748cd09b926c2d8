"""Bodies that forms send: where from, and how much."""

from collections import Counter
from urllib.parse import parse_qsl

from fastapi import Request

from services.common.errors import Forbidden, Malformed, UnsupportedMedia
from services.common.http import read_body

FORM_MAX_BYTES = 128 * 1024
FIELDS_MAX = 20


async def same_site(request: Request) -> None:
    """A dependency: refuses a form that another site's page sends.

    A browser says where a form comes from by `Sec-Fetch-Site`, an older one by `Origin`; what says neither is no
    browser, and holds no one's session.

    :raises Forbidden: when it is another site.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_ours = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        is_ours = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not is_ours:
        raise Forbidden("this form was sent from another site", mend="open our own page and send it there")


async def read_fields(request: Request, most: int = FIELDS_MAX) -> dict[str, str]:
    """The fields of a form, at most so many, each of which comes once.

    :raises UnsupportedMedia: when it is no form.
    :raises TooLarge: when it is larger than any form of ours.
    :raises Malformed: when it cannot be read, or says something twice.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMedia(f"{kind or 'nothing'} is not taken here", mend="send the page's own form")
    body = await read_body(request, FORM_MAX_BYTES)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=most
        )
    except ValueError:  # what it says may hold what was written, and is not repeated
        raise Malformed("this is no form", mend="send the page's own form, in UTF-8") from None
    if any(times > 1 for times in Counter(name for name, _ in pairs).values()):
        raise Malformed("a field is there twice", mend="send the page's own form")
    return dict(pairs)
