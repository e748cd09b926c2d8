"""The picture of docs/architecture.md: the packages of services/, and an arrow for each that imports another.

Where a package stands is said here; which arrows there are is read from the code, so the picture cannot tell of a
structure that is not there.
"""

from html import escape
from typing import NamedTuple

import grimp

WIDTH, HEIGHT = 128, 40
ACROSS, DOWN = 150, 74
MARGIN = 16
PLACES: dict[str, tuple[float, float]] = {
    "operations": (0.6, 0),
    "ingest": (0, 1),
    "survey": (0, 2),
    "pricing_watch": (0, 3),
    "board": (0, 4),
    "simulator": (0, 5),
    "rebuild": (1.3, 1),
    "backfill": (2.5, 2),
    "alerting": (3.7, 2),
    "grafana": (4.9, 2),
    "exporter": (2.9, 3),
    "worker": (1.5, 4),
    "kpis": (3.9, 5),
    "entities": (2.9, 6),
    "measures": (1.9, 7),
    "common": (1, 8),
}
"""Column and row of each package."""
OF_KPI_STREAM = {
    **dict.fromkeys(("commands", "rebuild", "comparison"), "rebuild"),
    "clients": "exporter",
    **dict.fromkeys(("measures", "declared", "pairs_file"), "measures"),
    **{name: name for name in ("alerting", "backfill", "grafana", "exporter", "kpis", "entities")},
}
"""Parts of kpi_stream; its other modules are the worker."""
COMMON = "common"


class Arrow(NamedTuple):
    """One package imports another."""

    importer: str
    imported: str


def arrows() -> set[Arrow]:
    """What the code says.

    :raises KeyError: when a package has no place in the picture.
    """
    graph = grimp.build_graph("services")
    found = {
        Arrow(package_of(module), package_of(imported))
        for module in graph.modules - {"services"}
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {arrow for arrow in found if arrow.importer != arrow.imported}


def package_of(module: str) -> str:
    """The package of the picture that a module is in."""
    package, *deeper = module.split(".")[1:]
    if package == "kpi_stream":
        return OF_KPI_STREAM.get("".join(deeper[:1]), "worker")
    if package not in PLACES:
        raise KeyError(f"{package} has no place in docs/imports_picture.py: give it one")
    return package


def svg() -> str:
    """The picture. All import `common`; it is said in words rather than by as many arrows."""
    found = arrows()
    without = sorted(set(PLACES) - {COMMON} - {arrow.importer for arrow in found if arrow.imported == COMMON})
    drawn = sorted(arrow for arrow in found if arrow.imported != COMMON)
    width = 2 * MARGIN + ACROSS * max(column for column, _ in PLACES.values()) + WIDTH
    height = 2 * MARGIN + DOWN * max(row for _, row in PLACES.values()) + HEIGHT + 20
    told = "imported by all above" + (f" but {', '.join(without)}" if without else "")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-family="sans-serif" '
        'font-size="12" role="img" aria-label="Packages of services/ and who imports whom">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#456"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
        *(_line(arrow) for arrow in drawn),
        *(_box(package) for package in PLACES),
        f'<text x="{_centre(COMMON)[0]:g}" y="{height - MARGIN:g}" text-anchor="middle" fill="#456">'
        f"{escape(told)}</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _corner(package: str) -> tuple[float, float]:
    column, row = PLACES[package]
    return MARGIN + ACROSS * column, MARGIN + DOWN * row


def _box(package: str) -> str:
    x, y = _corner(package)
    fill = "#e2f0ee" if package == "worker" or package in OF_KPI_STREAM.values() else "#f1efe6"
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}" stroke="#456"/>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 4:g}" text-anchor="middle">{escape(package)}</text>'
    )


def _line(arrow: Arrow) -> str:
    """From the edge of one box to the edge of the other; one that goes up, dashed."""
    (x1, y1), (x2, y2) = _centre(arrow.importer), _centre(arrow.imported)
    ax, ay = _edge(x1, y1, x2, y2)
    bx, by = _edge(x2, y2, x1, y1)
    dash = ' stroke-dasharray="4 3"' if y2 < y1 else ""
    return f'<path d="M{ax:.0f} {ay:.0f} {bx:.0f} {by:.0f}" stroke="#456" marker-end="url(#tip)"{dash}/>'


def _centre(package: str) -> tuple[float, float]:
    x, y = _corner(package)
    return x + WIDTH / 2, y + HEIGHT / 2


def _edge(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float]:
    """Where the line from the middle of a box to another leaves it."""
    dx, dy = x2 - x1, y2 - y1
    share = min(WIDTH / 2 / abs(dx) if dx else 9.0, HEIGHT / 2 / abs(dy) if dy else 9.0)
    return x1 + dx * share, y1 + dy * share
