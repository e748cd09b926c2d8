"""Files in YAML that people write: read whole, or refused with every fault and its line."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import yaml

from services.common.errors import ConfigurationError, Invalid
from services.common.events.explain import explain

MOST_TOLD = 20
MOST_NESTED = 20
MOST_BYTES = 5_000_000
LOADER = yaml.CBaseLoader
"""Every scalar stays as it is written: 129.90 becomes no float, NO no Norway."""

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")

T = TypeVar("T")
Model = TypeVar("Model", bound=msgspec.Struct)


class FileKind(NamedTuple):
    """A kind of file: what it is called, the setting that names it, and the page that explains it by an example."""

    what: str
    setting: str
    page: str


class Fault(NamedTuple):
    line: int
    error: Invalid


class _Shapeless(Exception):
    """A text that no person writes, and that would take a reader's memory, time or stack."""

    def __init__(self, event: yaml.Event, error: Invalid) -> None:
        super().__init__()
        self.fault = Fault(event.start_mark.line + 1 if event.start_mark else 1, error)


def _check_shape(text: str) -> None:
    """Before anything is made of it: what is nested without end, and what a few aliases make of a few lines.

    :raises _Shapeless: naming the line.
    """
    depth = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _Shapeless(event, Invalid(f"*{event.anchor} stands for something else", mend="write it out"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_NESTED:
            raise _Shapeless(event, Invalid("is nested too deep", mend="mind the brackets"))


def typed_content(text: str) -> object:
    """What a text in YAML holds, its scalars as what they read as: numbers, dates, yes and no.

    :raises yaml.YAMLError: when it is none, or one that no person writes: nested without end, a number of pages.
    """
    try:
        return yaml.safe_load(text)
    except (ValueError, RecursionError) as error:
        raise yaml.YAMLError(str(error)) from None


class Document:
    """A text in YAML, and the faults that were found in it so far."""

    def __init__(self, text: str, kind: FileKind) -> None:
        self.faults: list[Fault] = []
        self._root: yaml.Node | None = None
        self._content: object = None
        try:
            _check_shape(text)
            self._root = yaml.compose(text, LOADER)
            self._content = {} if self._root is None else LOADER("").construct_document(self._root)
        except _Shapeless as error:
            self.faults.append(error.fault)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            told = Invalid(f"is no YAML: {error.problem}", mend="mind the indentation and the quotes")
            self.faults.append(Fault(line, told))
        except (yaml.YAMLError, RecursionError) as error:
            self.faults.append(Fault(1, Invalid(f"is no YAML: {error}", mend=f"see {kind.page} for an example")))
        else:
            self.faults += _twice(self._root)

    def convert(self, model: type[Model]) -> Model | None:
        """What the text holds, as a model says; nothing, and a fault, where it does not fit."""
        if self._content is None:
            return None
        try:
            return msgspec.convert(self._content or {}, model)
        except msgspec.ValidationError as error:
            self.blame(self._explained(error, model))
            return None

    def blame(self, error: Invalid, place: Iterable[str | int] | None = None) -> None:
        """Something is wrong in a place: the words and numbers that lead there, those of the error's field if need be.

        A field is read as `products[0].sku`, so a word with a dot in it needs its place given.
        """
        self.faults.append(Fault(self._line(_steps(error.field) if place is None else place), error))

    def _explained(self, error: msgspec.ValidationError, model: type[Model]) -> Invalid:
        """What does not fit; of a word with nothing behind it YAML says that it is text."""
        told = explain(error, model, "")
        node = self._root
        for step in _steps(told.field):
            node = _child(node, step)[1]
        is_empty = isinstance(node, yaml.ScalarNode) and not node.style and not node.value
        return Invalid("is empty", field=told.field, mend=told.mend) if is_empty else told

    def _line(self, place: Iterable[str | int]) -> int:
        """The line of a place in the file, or of the nearest one around it."""
        node = self._root
        line = node.start_mark.line + 1 if node is not None else 1
        for step in place:
            mark, node = _child(node, step)
            if mark is None:
                break
            line = mark.line + 1
        return line


def load(path: Path, kind: FileKind, make: Callable[[Document], T]) -> T:
    """What is made of a file.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", field=kind.setting, mend=f"mend its path: see {kind.page}"
        ) from None
    return read(path.name, content, kind, make)


def read(name: str, content: bytes, kind: FileKind, make: Callable[[Document], T]) -> T:
    """What is made of what a file holds.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    if len(content) > MOST_BYTES:
        mend = f"keep it under {MOST_BYTES // 1_000_000} MB"
        raise ConfigurationError(f"{name} has {len(content)} bytes", field=kind.setting, mend=mend)
    try:
        document = Document(content.decode(), kind)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name} is not in UTF-8", field=kind.setting, mend="save it in UTF-8") from None
    made = make(document)
    if faults := document.faults:
        told = "\n  ".join(f"{name} line {line}: {error}" for line, error in faults[:MOST_TOLD])
        more = f"\n  and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
        raise ConfigurationError(f"{kind.what} cannot be used:\n  {told}{more}", field=kind.setting)
    return made


def _twice(node: yaml.Node | None) -> Iterator[Fault]:
    """Words that stand twice in one place: the last would win, and nobody would know."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                twice = Invalid("stands twice", field=str(key.value), mend="leave one out")
                yield Fault(key.start_mark.line + 1, twice)
            seen.add(str(key.value))
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def _steps(field: str) -> Iterator[str | int]:
    for number, word in _STEP.findall(field):
        yield int(number) if number else word


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Mark | None, yaml.Node | None]:
    """What a step leads to, and where that begins: with its word, if it has one."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == step), (None, None))
    return None, None
