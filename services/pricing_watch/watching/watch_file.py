"""The file of the watch list, `watch.yml`: read whole, or refused with every fault and its line."""

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import yaml
from msgspec import Meta

from services.common.errors import ConfigurationError, Invalid
from services.common.events.explain import explain
from services.pricing_watch.watching.products import CompetitorPage, Product, check_product

MOST_TOLD = 20
FIELD = "CADRAN_PRICING_WATCH_LIST"
LOADER = yaml.CBaseLoader
"""Every scalar stays as it is written: 129.90 becomes no float, NO no Norway."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`defaults` are what holds for every competitor's page that does not say otherwise."""

    products: Annotated[list[dict[str, Any]], Meta(description="The products, a list; [] for none.")]
    defaults: Annotated[dict[str, str], Meta(description="What holds for every page.", examples=["interval: 6h"])] = {}


class _Fault(NamedTuple):
    line: int
    error: Invalid


def load_watch_file(path: Path) -> tuple[Product, ...]:
    """The products of a file.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", field=FIELD, mend="mend its path"
        ) from None
    return read_products(path.name, content)


def read_products(name: str, content: bytes) -> tuple[Product, ...]:
    """The products of what a file holds.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    try:
        products, faults = read_watch_file(content.decode())
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name} is not in UTF-8", field=FIELD, mend="save it in UTF-8") from None
    if faults:
        told = "\n  ".join(f"{name} line {line}: {error}" for line, error in faults[:MOST_TOLD])
        more = f"\n  and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
        raise ConfigurationError(f"the watch list cannot be used:\n  {told}{more}", field=FIELD)
    return products


def read_watch_file(text: str) -> tuple[tuple[Product, ...], list[_Fault]]:
    """The products of a file's text, and its faults."""
    try:
        root = yaml.compose(text, LOADER)
        content = None if root is None else LOADER("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return (), [_Fault(line, Invalid(f"is no YAML: {error.problem}", mend="mind the indentation and the quotes"))]
    except (yaml.YAMLError, RecursionError) as error:
        return (), [_Fault(1, Invalid(f"is no YAML: {error}", mend="see docs/pricing.md for an example"))]
    twice = list(_twice(root))
    try:
        file = msgspec.convert(content or {}, _File)
    except msgspec.ValidationError as error:
        return (), [*twice, _Fault(1, explain(error, _File, ""))]
    products, faults = _products(file, root)
    return products, [*twice, *faults]


def _twice(node: yaml.Node | None) -> Iterator[_Fault]:
    """Words that stand twice in one place: the last would win, and nobody would know."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield _Fault(
                    key.start_mark.line + 1, Invalid("stands twice", field=str(key.value), mend="leave one out")
                )
            seen.add(str(key.value))
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def _products(file: _File, root: yaml.Node | None) -> tuple[tuple[Product, ...], list[_Fault]]:
    products: dict[str, Product] = {}
    faults = [_Fault(_line(root, ("defaults",)), fault) for fault in _unknown_defaults(file.defaults)]
    for i, given in enumerate(file.products):
        try:
            product = _product(given, file.defaults, known=products)
            products[product.sku] = product
        except Invalid as error:
            place = f"products[{i}].{error.field}"
            told = Invalid(error.message, field=place, mend=error.mend)
            faults.append(_Fault(_line(root, _steps(place)), told))
    return tuple(products.values()), faults


def _unknown_defaults(defaults: Mapping[str, str]) -> Iterator[Invalid]:
    known = [name for name in CompetitorPage.__struct_fields__ if name not in ("competitor", "page")]
    for name in defaults:
        if name not in known:
            yield Invalid("is no field of a page", field=f"defaults.{name}", mend=f"the fields are {', '.join(known)}")


def _product(given: dict[str, Any], defaults: Mapping[str, str], known: Container[str]) -> Product:
    pages = given.get("competitors")
    if isinstance(pages, list):
        given = {**given, "competitors": [{**defaults, **p} if isinstance(p, dict) else p for p in pages]}
    product = read_product(given)
    if product.sku in known:
        raise Invalid(f"{product.sku!r} stands twice in the file", field="sku", mend="make one of the two")
    return product


def read_product(given: object) -> Product:
    """A product from texts, lists and mappings.

    :raises Invalid: naming the field, and the mend.
    """
    try:
        return check_product(msgspec.convert(given, Product, strict=False))
    except msgspec.ValidationError as error:
        raise explain(error, Product, "") from None


def _steps(place: str) -> Iterator[str | int]:
    for step in place.replace("[", ".[").split("."):
        if step.startswith("["):
            yield int(step[1:-1])
        elif step:
            yield step


def _line(node: yaml.Node | None, steps: Iterable[str | int]) -> int:
    """The line of a place in the file, or of the nearest one around it."""
    line = 1
    for step in steps:
        if node is None:
            break
        line = node.start_mark.line + 1
        node = _child(node, step)
    return node.start_mark.line + 1 if node is not None else line


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None
