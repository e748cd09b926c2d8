"""Every command that does something is recorded in the audit log, whichever service brings it."""

import inspect
import os
import pwd
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple, get_args

from typer.core import TyperCommand, TyperGroup

from services.common.audit import AuditLog

LOOKING = frozenset((
    "alerts check", "alerts explain", "alerts list", "audit", "campaigns list", "campaigns show",
    "connectors check", "connectors deliveries", "connectors list", "connectors redactions", "connectors vendors",
    "dead list", "dead show", "doctor", "keys list", "prices check", "prices explain", "prices status",
    "prices watch list", "prices watch validate", "survey pulse rounds", "topics check", "users list",
))  # fmt: skip
"""The commands that only look. Any other is recorded, so that a new one is not forgotten; an export is too, as it takes
data out."""


class Told(NamedTuple):
    """Marks, in an argument's `Annotated`, that the audit log may hold it: it is neither secret nor a person's.

    `form`: how it reads. Where something else was typed, a whole key for its id, that is not told.
    """

    form: str


def audited(program: TyperGroup, log: Callable[[], AuditLog]) -> TyperGroup:
    """The program, whose commands are recorded from now on; `log` is made when the first of them begins."""
    for path, command in _commands(program, ()):
        what = " ".join(path)
        if what not in LOOKING and command.callback is not None:
            command.callback = _recorded(what, command.callback, log)
    return program


def operator() -> str:
    """Who runs this process: the system's word for it, as an environment says what one likes."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # in a container
        name = str(number)
    behind = os.environ.get("SUDO_USER", "") if number == 0 else ""
    return f"os:{name} for {behind}" if behind else f"os:{name}"


def _commands(group: TyperGroup, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, inner in group.commands.items():
        if isinstance(inner, TyperGroup):
            yield from _commands(inner, (*path, name))
        elif isinstance(inner, TyperCommand):
            yield (*path, name), inner


def _recorded(what: str, callback: Callable[..., Any], log: Callable[[], AuditLog]) -> Callable[..., Any]:
    parameters = inspect.signature(callback).parameters.items()
    told = {name: mark.form for name, parameter in parameters for mark in _marks(parameter)}

    @wraps(callback)
    def recorded(**values: Any) -> Any:
        named = {name: _text(values[name], form) for name, form in told.items() if values[name] is not None}
        subject = " ".join(f"{name}={text}" for name, text in named.items())
        with log().acting(operator(), what, subject):
            return callback(**values)

    return recorded


def _marks(parameter: inspect.Parameter) -> list[Told]:
    return [each for each in get_args(parameter.annotation)[1:] if isinstance(each, Told)]


def _text(value: Any, form: str) -> str:
    texts = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
    return ",".join(text if re.fullmatch(form, text) else "?" for text in texts)
