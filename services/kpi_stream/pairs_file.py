"""The file of declared pairs, `pairs.yml`: which products go together, by base sku those that are offered with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.common import yaml_files
from services.common.errors import Invalid
from services.common.events.explain import explain
from services.common.events.fields import Id
from services.common.yaml_files import Document, FileKind

PAIRS = FileKind("the file of pairs", "CADRAN_PAIRS", "docs/offers.md")
Pairs = Mapping[str, tuple[str, ...]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pairs: Annotated[
        dict[str, Any],
        Meta(description="By base sku a list of those that go with it; {} for none.", examples=["DESK-01: [LAMP-01]"]),
    ]


class _Pair(msgspec.Struct, frozen=True):
    base: Id
    offered: Annotated[tuple[Id, ...], Meta(min_length=1, description="A list of skus.", examples=["[LAMP-01]"])]


def load_pairs(path: Path) -> Pairs:
    """The pairs of a file, in an order that says nothing.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    return yaml_files.load(path, PAIRS, pairs_of)


def pairs_of(document: Document) -> Pairs:
    """The pairs of a document that can be read; its faults are noted in it."""
    file = document.convert(_File)
    found = {}
    for base, offered in file.pairs.items() if file else ():
        try:
            pair = msgspec.convert({"base": base, "offered": offered}, _Pair)
        except msgspec.ValidationError as error:
            told = explain(error, _Pair, "")
            document.blame(Invalid(told.message, field=f"pairs.{base}", mend=told.mend), ("pairs", base))
            continue
        for i, fault in _faults(pair):
            document.blame(fault, ("pairs", base, i))
        found[base] = tuple(sorted(pair.offered))
    return dict(sorted(found.items()))


def _faults(pair: _Pair) -> Iterator[tuple[int, Invalid]]:
    """What skus say together that cannot be, each with its place."""
    for i, sku in enumerate(pair.offered):
        if sku == pair.base:
            yield i, Invalid("goes with itself", field=f"pairs.{sku}", mend="leave it out, or name another sku")
        elif sku in pair.offered[:i]:
            yield i, Invalid(f"has {sku!r} twice", field=f"pairs.{pair.base}", mend="leave one out")
