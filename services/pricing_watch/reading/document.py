"""A page parsed once: its tree, and what it says of itself in its head."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from services.pricing_watch.reading.charset import decode
from services.pricing_watch.records import Page

MAX_BYTES = 10_000_000
MAX_ELEMENTS = 300_000
MAX_DEPTH = 500
MAX_ATTRIBUTES = 1_000
"""Of one element. libxml2 takes time with their square, and with the depth's."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class Unreadable(Exception):
    """A page that is not parsed, and why."""


class _Bounds:
    """A parser's target that keeps nothing, and gives up where a page is not made for people."""

    def __init__(self) -> None:
        self._depth = self._elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if len(attributes) > MAX_ATTRIBUTES:
            raise Unreadable(f"an element has over {MAX_ATTRIBUTES} attributes")
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"its elements are nested over {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(f"it has over {MAX_ELEMENTS} elements")

    def end(self, tag: str) -> None:
        self._depth -= 1

    def data(self, text: str) -> None:
        """Text is bounded by the page's size."""

    def close(self) -> None:
        """Nothing was kept."""


class Document:
    """A page's tree. Nothing is fetched: no network, no DTD, no entities but HTML's own.

    :raises Unreadable: when the page is empty or past one of the bounds above.
    """

    def __init__(self, page: Page) -> None:
        if len(page.body) > MAX_BYTES:
            raise Unreadable(f"it has over {MAX_BYTES} bytes")
        text = _NOT_XML.sub(" ", decode(page))
        if not text.strip():
            raise Unreadable("it is empty")
        self.url = page.url
        self.content_language = page.language.split(",")[0].strip()
        self.source = text.encode()
        _check_bounds(self.source)
        self.root = _parse(self.source)

    @cached_property
    def language(self) -> str:
        """What `html lang` says, as it is written: `fr`, `de-CH`."""
        return next((value for value in (self.root.get("lang"), self.root.get("xml:lang")) if value), "").strip()

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """The contents of `meta` by lower-cased `property`, `name` or `itemprop`, in the order of the page."""
        found: dict[str, list[str]] = {}
        for meta in self.root.iter("meta"):
            content = (meta.get("content") or meta.get("value") or "").strip()
            for key in {meta.get("property"), meta.get("name")} - {None, ""}:
                if content:
                    found.setdefault(str(key).strip().lower(), []).append(content)
        return found

    def meta(self, *names: str) -> str | None:
        """The first content of the first of these names that is there."""
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    @cached_property
    def canonical(self) -> str | None:
        """The address that the page calls its own, if it does."""
        for link in self.root.iter("link"):
            if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
                return self.absolute(link.get("href") or "")
        own = self.meta("og:url")
        return self.absolute(own) if own else None

    @cached_property
    def title(self) -> str:
        """What `title` says."""
        return squeezed(next((element.text or "" for element in self.root.iter("title")), ""))

    def absolute(self, address: str) -> str:
        """An address as seen from this page; the address itself where it cannot be read."""
        try:
            return urljoin(self.url, address.strip())
        except ValueError:
            return address

    @cached_property
    def host(self) -> str:
        """The host's name, in lower case; empty for a file."""
        try:
            return urlsplit(self.canonical or self.url).hostname or urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


def squeezed(text: str) -> str:
    """Text with its white space as a browser shows it."""
    return " ".join(text.split())


def _check_bounds(source: bytes) -> None:
    target: Any = _Bounds()  # the stubs ask a target for methods that lxml does not call
    try:
        etree.fromstring(source, parser=etree.HTMLParser(encoding="utf-8", huge_tree=True, target=target))
    except etree.ParseError as error:
        raise Unreadable("it holds no HTML") from error


def _parse(source: bytes) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, collect_ids=True)
    try:
        root = etree.fromstring(source, parser=parser)
    except etree.ParseError as error:
        raise Unreadable("it holds no HTML") from error
    if root is None or not isinstance(root.tag, str):
        raise Unreadable("it holds no HTML")
    return root
