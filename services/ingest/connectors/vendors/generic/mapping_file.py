"""Mapping files of the generic connector: read whole, or refused with every fault and its line."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from services.common import yaml_files
from services.common.errors import ConfigurationError, Invalid
from services.common.events import EVENT_TYPES
from services.common.events.fields import Data
from services.common.logging import get_logger
from services.common.yaml_files import Document, FileKind
from services.ingest.connectors.vendors.generic.expressions import Expression, compiled
from services.ingest.connectors.vendors.generic.words import (
    EMAIL,
    LINES,
    TYPES,
    EventMapping,
    Field,
    MappingFile,
    Moment,
    Rule,
    Rules,
    Source,
)

log = get_logger(__name__)

MAPPING = FileKind("the mapping", "mapping", "docs/connectors/mapping.md")


class _Followed(NamedTuple):
    stamp: tuple[int, ...]
    rules: Rules


_followed: Final[dict[Path, _Followed]] = {}
"""By file, as it was last without a fault: as many as there are accounts."""


def load_mapping_file(path: Path) -> Rules:
    """A mapping.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    return yaml_files.load(path, MAPPING, rules_of)


def current_mapping(path: Path) -> Rules:
    """A mapping as its file is now, read again only where it has changed; a fault in it changes nothing.

    :raises ConfigurationError: as `load_mapping_file`, where it never was without a fault.
    """
    stamp, kept = _stamp(path), _followed.get(path)
    if kept is not None and kept.stamp == stamp:
        return kept.rules
    try:
        rules = load_mapping_file(path)
    except ConfigurationError as error:
        if kept is None:
            raise
        log.warning("the mapping stays as it was", error=str(error))
        rules = kept.rules
    _followed[path] = _Followed(stamp, rules)
    return rules


def _stamp(path: Path) -> tuple[int, ...]:
    """What differs when a file has changed."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def rules_of(document: Document) -> Rules:
    """The rules of a document that can be read; the faults of others are noted in it."""
    file = document.convert(MappingFile)
    if file is None:
        return Rules()
    reader = _Reader(document)
    zone = reader.zone(file.time_zone)
    topic = reader.expression(file.topic, ("topic",))
    events = tuple(reader.rule(event, ("events", i)) for i, event in enumerate(file.events))
    return Rules(events, topic, file.money == "minor", zone)


Place = tuple[str | int, ...]


class _Reader:
    """Compiles the words of a document, and blames in it what cannot be."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def zone(self, name: str | None) -> ZoneInfo | None:
        if name is not None and name not in available_timezones():
            self._blame("no time zone is called so", "an example is Europe/Paris", ("time_zone",))
            return None
        return None if name is None else ZoneInfo(name)

    def expression(self, text: str | None, place: Place) -> Expression | None:
        if text is None:
            return None
        try:
            return compiled(text)
        except Invalid as error:
            self._blame(error.message, error.mend, place)
            return None

    def rule(self, event: EventMapping, place: Place) -> Rule:
        self._check(event, place)
        lines = event.lines
        return Rule(
            type=event.type,
            subject=self.source(event.subject, (*place, "subject")),
            time=self.source(event.time, (*place, "time")),
            when=self.expression(event.when, (*place, "when")),
            each=self.expression(event.each, (*place, "each")),
            revision=None if event.revision is None else self.source(event.revision, (*place, "revision")),
            data=self._sources(event.data, (*place, "data")),
            each_line=self.expression(event.each_line, (*place, "each_line")),
            lines=None if lines is None else self._sources(lines, (*place, "lines")),
        )

    def source(self, word: Field | Moment | str, place: Place) -> Source:
        """A text alone is a path."""
        if isinstance(word, str):
            return Source(self.expression(word, place))
        if isinstance(word, Moment):
            self._require_one([word.path, word.root], place)
            text = word.path if word.root is None else word.root
            return Source(self.expression(text, place), word.root is not None, format=word.format)
        self._check_field(word, place)
        text = word.path if word.root is None else word.root
        return Source(
            place=self.expression(text, place),
            is_root=word.root is not None,
            value=word.value,
            translate=word.translate,
            pattern=self._pattern(word.pattern, (*place, "pattern")),
            negate=word.negate == "true",
        )

    def _sources(self, words: Mapping[str, Field | str], place: Place) -> Mapping[str, Source]:
        return {name: self.source(word, (*place, name)) for name, word in words.items()}

    def _pattern(self, text: str | None, place: Place) -> re.Pattern[str] | None:
        try:
            return None if text is None else re.compile(text)
        except re.error as error:
            self._blame(f"is no regular expression: {error}", "escape what is meant as it stands by \\", place)
            return None

    def _check(self, event: EventMapping, place: Place) -> None:
        if event.type not in TYPES:
            self._blame("is no event that can be made", f"use one of {', '.join(TYPES)}", (*place, "type"))
            return
        data = EVENT_TYPES[event.type].data
        for name in _unknown(event.data, data, {"lines", "revision"}):
            self._blame("is no field of this event", _near(name, data), (*place, "data", name))
        line = LINES.get(event.type)
        if (event.lines is None) != (event.each_line is None):
            self._blame("needs `lines` and `each_line`", "give both, or neither", place)
        elif event.lines is not None and line is None:
            self._blame("has no lines", "leave `lines` and `each_line` out", (*place, "lines"))
        elif event.lines is not None and line is not None:
            for name in _unknown(event.lines, line, set()):
                self._blame("is no field of a line", _near(name, line), (*place, "lines", name))
        elif event.type == "order.placed":
            self._blame("has no lines", "give `each_line` and `lines`: an order has at least one", place)
        self._check_reason(event.data.get("reason"), (*place, "data", "reason"))

    def _check_reason(self, word: Field | str | None, place: Place) -> None:
        """A reason is what people write, so only known ones are let through."""
        if word is not None and (isinstance(word, str) or (word.value is None and word.translate is None)):
            self._blame("is a text that may name people", "list the reasons in `translate`, or leave it out", place)

    def _check_field(self, field: Field, place: Place) -> None:
        self._require_one([field.path, field.root, field.value], place)
        if field.value is not None and (field.translate or field.pattern or field.negate == "true"):
            self._blame("only what is read can be changed", "write the value as it is meant", place)

    def _require_one(self, words: list[str | None], place: Place) -> None:
        if sum(word is not None for word in words) != 1:
            self._blame("says where it comes from not at all, or twice", "give `path`, `root` or `value`", place)

    def _blame(self, message: str, mend: str, place: Place) -> None:
        self._document.blame(Invalid(message, field=_written(place), mend=mend), place)


def _unknown(words: Mapping[str, Any], data: type[Data], made: set[str]) -> Iterator[str]:
    """Names that are no fields, or are made of other words."""
    known = {field.encode_name for field in msgspec.structs.fields(data)} - made | {EMAIL}
    return (name for name in words if name not in known)


def _near(name: str, data: type[Data]) -> str:
    if name == "revision":
        return "it is a word beside `data`"
    known = [field.encode_name for field in msgspec.structs.fields(data)]
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the fields are {', '.join(known)}"


def _written(place: Place) -> str:
    """A place as it is told: `events[0].data.channel`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
