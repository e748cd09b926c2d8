"""RDFa, by extruct. It is given a tree without anything to fetch: no vocabulary is expanded, no profile looked up."""

from typing import Any

from lxml import etree

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.schema_offers import Context, candidates
from services.pricing_watch.reading.schema_org import Graph
from services.pricing_watch.records import Candidate, Method

MAX_BYTES = 2_000_000
MAX_RESOURCES = 300
"""Of a page whose RDFa is read: pyRdfa takes its time, and a page with more of them is a list."""


def read_rdfa(document: Document, style: NumberStyle) -> list[Candidate]:
    """The candidates of a page's RDFa."""
    if not _has_products(document):
        return []
    return candidates(Graph(_values(document)), Context(method=Method.RDFA, style=style))


def _has_products(document: Document) -> bool:
    """Is there a type of schema.org's in it? Most pages have none, and are spared the work."""
    if len(document.source) > MAX_BYTES:
        return False
    typed = [element.get("typeof") or "" for element in document.root.iter(etree.Element) if element.get("typeof")]
    return len(typed) <= MAX_RESOURCES and any("Product" in kind or "Offer" in kind for kind in typed)


def _values(document: Document) -> list[Any]:
    # Loading it takes as long as all else of the reader together, and few pages need it.
    from extruct.rdfa import RDFaExtractor
    from extruct.utils import parse_xmldom_html

    tree = parse_xmldom_html(document.source, encoding="utf-8")
    try:
        values: list[Any] = RDFaExtractor().extract_items(tree, base_url=document.url, expanded=True)
    except Exception:
        return []
    return values
