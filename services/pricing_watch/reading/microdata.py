"""Microdata: `itemscope`, `itemtype`, `itemprop`, `itemref`, as objects in the form of JSON-LD.

Own code, as it must know where on the page an item stands - one in a strip of recommendations is not the product - and
take time in proportion to the page's size, however its items are nested. See https://html.spec.whatwg.org/#microdata.
"""

from typing import Any

from lxml import etree

from services.pricing_watch.reading.document import Document, squeezed
from services.pricing_watch.reading.lines import Part, State, Writer
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.schema_offers import Context, candidates
from services.pricing_watch.reading.schema_org import Graph, Node, Shown
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.records import Candidate, Method

MAX_ITEMS = 5_000
MAX_TEXT = 300
"""Characters of a property's text."""

_NOT_SAID = {"del", "s", "strike", "script", "style", "template"}
_STATE = State(Part.BODY, None)
_LINKS = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src", "source": "src",
          "iframe": "src", "embed": "src", "object": "data"}  # fmt: skip


def read_microdata(document: Document, visible: Visible, style: NumberStyle) -> list[Candidate]:
    """The candidates of a page's microdata; those that stand among other products are marked as related."""
    return candidates(Graph(items(document, visible)), Context(method=Method.MICRODATA, style=style))


def items(document: Document, visible: Visible) -> list[Node]:
    """The items of a page that are no property of another one."""
    nodes: dict[etree._Element, Node] = {}
    owners: dict[etree._Element, etree._Element] = {}
    for element in document.root.iter():
        parent = element.getparent()
        owner = parent if parent in nodes else owners.get(parent) if parent is not None else None
        if owner is not None:
            owners[element] = owner
        if isinstance(element.tag, str) and element.get("itemscope") is not None and len(nodes) < MAX_ITEMS:
            nodes[element] = _node(element)
    referring = _referring(nodes)
    for element in document.root.iter(etree.Element):
        names = [name for name in (element.get("itemprop") or "").split()[:10] if not name.startswith("@")]
        if names:
            value: Any = nodes[element] if element in nodes else _value(document, element)
            for owner in _owners(element, owners, referring):
                for name in names:
                    nodes[owner].setdefault(name, []).append(value)
    return [
        {"@type": "Thing", "isRelatedTo": [node]} if visible.part(element) is Part.OTHERS else node
        for element, node in nodes.items()
        if element.get("itemprop") is None or not _owners(element, owners, referring)
    ]


def _node(element: etree._Element) -> Node:
    node: Node = {"@type": (element.get("itemtype") or "").split()[:10]}
    if element.get("itemid"):
        node["@id"] = element.get("itemid")
    return node


def _referring(nodes: dict[etree._Element, Node]) -> dict[str, list[etree._Element]]:
    """The items that refer to an id by `itemref`."""
    found: dict[str, list[etree._Element]] = {}
    for element in nodes:
        for name in (element.get("itemref") or "").split()[:50]:
            found.setdefault(name, []).append(element)
    return found


def _owners(
    element: etree._Element,
    owners: dict[etree._Element, etree._Element],
    referring: dict[str, list[etree._Element]],
) -> list[etree._Element]:
    """The items that an element is a property of: by nesting, or because one refers to it or to what it stands in."""
    owner = owners.get(element)
    if owner is not None or not referring:
        return [owner] if owner is not None else []
    ids = [one.get("id") for one in (element, *element.iterancestors())]
    return [one for name in ids if name in referring for one in referring[name] if one is not element][:10]


def _value(document: Document, element: etree._Element) -> str:
    """What a property says: to programs by an attribute, else to visitors."""
    if element.get("content") is not None:
        return squeezed(element.get("content") or "")
    tag = str(element.tag)
    if tag in _LINKS:
        address = element.get(_LINKS[tag])
        return document.absolute(address) if address and tag != "link" else squeezed(address or _text(element))
    if tag in {"data", "meter"} and element.get("value") is not None:
        return squeezed(element.get("value") or "")
    if tag == "time" and element.get("datetime") is not None:
        return squeezed(element.get("datetime") or "")
    return Shown(_text(element))


def _text(element: etree._Element) -> str:
    """The beginning of an element's text without what is struck through, marked where digits of two elements meet."""
    writer = Writer()
    stack: list[tuple[etree._Element, bool]] = [(element, False)]
    while stack and writer.length < MAX_TEXT:
        inner, has_ended = stack.pop()
        if not has_ended and isinstance(inner.tag, str) and inner.tag not in _NOT_SAID:
            writer.cents(inner) if inner.tag == "sup" else writer.joint()
            writer.write(inner.text or "", inner, _STATE)
            stack.append((inner, True))
            stack.extend((child, False) for child in reversed(inner))
        elif inner is not element:
            writer.joint()
            writer.write(inner.tail or "", inner, _STATE)
    return squeezed(" ".join(line.text for line in writer.finished()))
