"""The text of a page's bytes: the charset that a byte order mark, the header or the page itself names, else a guess."""

import codecs
import re

from charset_normalizer import from_bytes

from services.pricing_watch.records import Page

HEAD = 4096
"""Bytes in which a page must name its charset (HTML asks for 1024), and from which one is guessed."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"}
"""What Python calls an encoding of text, and no page is written in."""


def decode(page: Page) -> str:
    """The body as text. What is not valid in its charset becomes U+FFFD."""
    for mark, name in _MARKS:
        if page.body.startswith(mark):
            return page.body[len(mark) :].decode(name, "replace")
    for name in _named(page):
        text = _decoded(page.body, name)
        if text is not None:
            return text
    try:
        return page.body.decode("utf-8")
    except UnicodeDecodeError:
        return page.body.decode(_guessed(page.body), "replace")


def _named(page: Page) -> list[str]:
    names = [match[1] for match in [_HEADER.search(page.content_type)] if match]
    head = page.body[:HEAD]
    names += [match[1].decode("ascii", "replace") for match in [_XML.search(head), _META.search(head)] if match]
    return names


def _decoded(body: bytes, name: str) -> str | None:
    """The body in a charset; none where the page cannot be written in it, or nobody knows it.

    HTML reads latin-1 as Windows-1252, and a page that bears its charset in ASCII letters is not in UTF-16.
    """
    try:
        codec = codecs.lookup(name).name
        if codec in {"iso8859-1", "ascii"}:
            codec = "cp1252"
        if codec in _NO_CHARSETS:
            return None
        if codec.startswith(("utf-16", "utf-32", "utf-7")) and b"\0" not in body[:HEAD]:
            return None
        return body.decode(codec, "strict" if codec == "utf-8" else "replace")
    except (LookupError, UnicodeError, ValueError):
        return None


def _guessed(body: bytes) -> str:
    sample = re.sub(rb"[\x00-\x7f]{64,}", b" ", body)[: 16 * HEAD]
    best = from_bytes(
        sample or b" ", cp_isolation=["utf_8", "cp1252", "cp1250", "cp1251", "shift_jis", "euc_jp"]
    ).best()
    return "cp1252" if best is None or best.encoding == "utf_8" else best.encoding
