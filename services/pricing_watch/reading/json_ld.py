"""JSON-LD: the scripts in which a page tells programs what it sells."""

from typing import Any

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.loose_json import read_json
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.schema_offers import Context, candidates
from services.pricing_watch.reading.schema_org import Graph
from services.pricing_watch.records import Candidate, Method


def json_ld_values(document: Document) -> list[Any]:
    """What the page's JSON-LD scripts hold."""
    values: list[Any] = []
    for script in document.root.iter("script"):
        if "ld+json" in (script.get("type") or "").casefold():
            values.extend(read_json(script.text or ""))
    return values


def read_json_ld(document: Document, style: NumberStyle) -> list[Candidate]:
    """The candidates of a page's JSON-LD."""
    return candidates(Graph(json_ld_values(document)), Context(method=Method.JSON_LD, style=style))
