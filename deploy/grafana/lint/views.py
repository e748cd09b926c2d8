"""A board as rules see it: what they look at, and no more. Keys that are not here are for the round trip to judge."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

LABEL_VALUES = re.compile(r"label_values\((?P<series>.+),\s*(?P<label>\w+)\)")
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")


class _View(msgspec.Struct, rename="camel", frozen=True):
    """A part of a board."""


class Source(_View, frozen=True):
    uid: str = ""


class Place(_View, frozen=True):
    x: int
    y: int
    w: int
    h: int


class Target(_View, frozen=True):
    expr: str = ""
    ref_id: str = ""
    legend_format: str = ""
    instant: bool = False
    datasource: Source = Source()


class Link(_View, frozen=True):
    title: str = ""
    url: str = ""
    type: str = ""
    tags: tuple[str, ...] = ()
    include_vars: bool = False
    keep_time: bool = False


class Defaults(_View, frozen=True):
    unit: str = ""
    no_value: str = ""
    links: tuple[Link, ...] = ()


class FieldConfig(_View, frozen=True):
    defaults: Defaults = Defaults()


class Panel(_View, frozen=True):
    grid_pos: Place
    type: str
    id: int = 0
    title: str = ""
    description: str = ""
    targets: tuple[Target, ...] = ()
    datasource: Source = Source()
    field_config: FieldConfig = FieldConfig()
    options: dict[str, Any] = {}


class Variable(_View, frozen=True):
    name: str
    type: str
    query: Any = ""
    refresh: int = 0
    multi: bool = False
    include_all: bool = False
    datasource: Source = Source()

    @property
    def asked(self) -> str:
        """What a variable asks Prometheus for."""
        return str(self.query.get("query", "")) if isinstance(self.query, dict) else ""


class Annotation(_View, frozen=True):
    name: str = ""
    expr: str = ""
    datasource: Source = Source()


class _Templating(_View, frozen=True):
    list: tuple[Variable, ...] = ()


class _Annotations(_View, frozen=True):
    list: tuple[Annotation, ...] = ()


class Board(_View, frozen=True):
    uid: str
    title: str = ""
    tags: tuple[str, ...] = ()
    editable: bool = True
    refresh: str = ""
    panels: tuple[Panel, ...] = ()
    links: tuple[Link, ...] = ()
    templating: _Templating = _Templating()
    annotations: _Annotations = _Annotations()

    @property
    def figures(self) -> tuple[Panel, ...]:
        """The panels that show something."""
        return tuple(panel for panel in self.panels if panel.type != "row")


class Query(NamedTuple):
    """What a board asks Prometheus, and where it does: a panel, a variable or an annotation."""

    place: str
    expr: str


def variables_in(text: str) -> set[str]:
    """The board's variables that a text uses; those with two underscores are Grafana's own."""
    return {name for pair in VARIABLE.findall(text) for name in pair if name and not name.startswith("__")}


def series_asked(variable: Variable) -> re.Match[str] | None:
    """The series and the label whose values a variable offers."""
    return LABEL_VALUES.fullmatch(variable.asked)


def queries(board: Board) -> Iterator[Query]:
    """Every query of a board."""
    for panel in board.figures:
        for target in panel.targets:
            yield Query(f"panel {panel.title!r}", target.expr)
    for annotation in board.annotations.list:
        yield Query(f"annotation {annotation.name!r}", annotation.expr)
    for variable in board.templating.list:
        asked = series_asked(variable)
        if asked:
            yield Query(f"variable {variable.name!r}", asked["series"])
