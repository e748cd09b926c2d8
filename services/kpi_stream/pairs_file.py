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
from services.common.events.plain import is_plain
from services.common.yaml_files import Document, FileKind

MOST_OFFERED = 100
MOST_PAIRS = 10_000
"""Each pair is a member of a cut, and an order is looked at for each of its base's."""

PAIRS = FileKind("the file of pairs", "CADRAN_PAIRS", "docs/offers.md")
Pairs = Mapping[str, tuple[str, ...]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pairs: Annotated[
        dict[str, Any],
        Meta(description="By base sku a list of those that go with it; {} for none.", examples=["DESK-01: [LAMP-01]"]),
    ]


class _Pair(msgspec.Struct, frozen=True):
    base: Id
    offered: Annotated[
        tuple[Id, ...],
        Meta(
            min_length=1,
            max_length=MOST_OFFERED,
            description=f"A list of at most {MOST_OFFERED} skus.",
            examples=["[LAMP-01]"],
        ),
    ]


def load_pairs(path: Path) -> Pairs:
    """The pairs of a file, in an order that says nothing.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    return yaml_files.load(path, PAIRS, pairs_of)


def pairs_of(document: Document) -> Pairs:
    """The pairs of a document that can be read; its faults are noted in it."""
    file = document.convert(_File)
    stated = file.pairs if file else {}
    count = sum(max(1, len(offered)) if isinstance(offered, list) else 1 for offered in stated.values())
    if count > MOST_PAIRS:
        document.blame(Invalid(f"holds {count} pairs", field="pairs", mend=f"declare at most {MOST_PAIRS}"))
        return {}
    found = {}
    for base, offered in stated.items():
        if pair := _pair_of(document, base, offered):
            found[base] = tuple(sorted(pair.offered))
    return dict(sorted(found.items()))


def _pair_of(document: Document, base: str, offered: Any) -> _Pair | None:
    """A base and what is offered with it; none, and a fault, where it does not fit."""
    if offered == "":
        mend = "send a list of skus, or leave it out"
        document.blame(Invalid("is empty", field=f"pairs.{base}", mend=mend), ("pairs", base))
        return None
    try:
        pair = msgspec.convert({"base": base, "offered": offered}, _Pair)
    except msgspec.ValidationError as error:
        told = explain(error, _Pair, "")
        document.blame(Invalid(told.message, field=f"pairs.{base}", mend=told.mend), ("pairs", base))
        return None
    for place, fault in _faults(pair):
        document.blame(fault, ("pairs", base, *place))
    return pair


def _faults(pair: _Pair) -> Iterator[tuple[tuple[int, ...], Invalid]]:
    """What skus hold, and say together, that cannot be, each with its place."""
    if not is_plain(pair.base):
        yield (), _not_plain(pair.base)
    seen: set[str] = set()
    for i, sku in enumerate(pair.offered):
        if not is_plain(sku):
            yield (i,), _not_plain(sku)
        elif sku == pair.base:
            yield (i,), Invalid("goes with itself", field=f"pairs.{sku}", mend="leave it out, or name another sku")
        elif sku in seen:
            yield (i,), Invalid(f"has {sku!r} twice", field=f"pairs.{pair.base}", mend="leave one out")
        seen.add(sku)


def _not_plain(sku: str) -> Invalid:
    return Invalid(f"{sku!r} holds a control character", field="pairs", mend="write it without line breaks or tabs")
