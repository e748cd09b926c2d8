"""The Compose file as rules look at it: variables filled in, short forms written out."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from services.common.errors import ConfigurationError

VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\})")


class Mount(NamedTuple):
    """A volume, or a file or folder of the host, in a container."""

    source: str
    target: str
    read_only: bool

    @property
    def is_path(self) -> bool:
        return self.source.startswith(("./", "/"))


class Secret(NamedTuple):
    """A secret by its name, and the file that a container finds it in."""

    name: str
    target: str

    @property
    def path(self) -> str:
        return f"/run/secrets/{self.target}"


class Published(NamedTuple):
    """A port that is reached from outside: on which address of the host, and whose it is inside."""

    address: str
    port: int


class Service(NamedTuple):
    """A service: what rules ask of it, and its section as it stands."""

    name: str
    section: Mapping[str, Any]

    @property
    def image(self) -> str:
        return str(self.section.get("image", ""))

    @property
    def is_ours(self) -> bool:
        """Does it run Cadran's own image?"""
        return "build" in self.section

    @property
    def runs_once(self) -> bool:
        return self.section.get("restart") == "no"

    @property
    def command(self) -> Sequence[str]:
        return _words(self.section.get("command"))

    @property
    def entrypoint(self) -> Sequence[str]:
        return _words(self.section.get("entrypoint"))

    @property
    def environment(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in (self.section.get("environment") or {}).items()}

    @property
    def profiles(self) -> frozenset[str]:
        return frozenset(self.section.get("profiles", ()))

    @property
    def networks(self) -> frozenset[str]:
        return frozenset(self.section.get("networks", ()))

    @property
    def check(self) -> Sequence[str]:
        """The command of its health check; none: it has no check."""
        test = _words((self.section.get("healthcheck") or {}).get("test"))
        return ["sh", "-c", *test[1:]] if test[:1] == ["CMD-SHELL"] else test[1:]

    @property
    def needs(self) -> Mapping[str, Mapping[str, Any]]:
        """What must be so before it starts: the condition by the name of another."""
        return self.section.get("depends_on") or {}

    @property
    def mounts(self) -> Sequence[Mount]:
        parts = (str(volume).split(":") for volume in self.section.get("volumes", ()))
        return [Mount(source, target, "ro" in rest) for source, target, *rest in parts]

    @property
    def secrets(self) -> Sequence[Secret]:
        return [
            Secret(each, each) if isinstance(each, str) else Secret(each["source"], each["target"])
            for each in self.section.get("secrets", ())
        ]

    @property
    def published(self) -> Sequence[Published]:
        parts = (str(port).rpartition(":") for port in self.section.get("ports", ()))
        return [Published(outside.rpartition(":")[0], int(inside)) for outside, _, inside in parts]


class Compose(NamedTuple):
    """The file, and the folder that its paths begin at."""

    root: Path
    whole: Mapping[str, Any]
    services: Mapping[str, Service]


def read_compose(path: Path, environ: Mapping[str, str]) -> Compose:
    """The file as Compose would read it with these variables.

    :raises ConfigurationError: when it is no YAML, or asks for variables in a way that rules do not know.
    """
    try:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is no YAML: {error}") from None
    return compose_of(whole, path.parent, environ)


def compose_of(whole: Mapping[str, Any], root: Path, environ: Mapping[str, str]) -> Compose:
    """The same of what was read.

    :raises ConfigurationError: when it asks for variables in a way that rules do not know.
    """
    filled = _filled_in(whole, environ)
    services = {name: Service(name, section) for name, section in filled["services"].items()}
    return Compose(root, filled, services)


def _filled_in(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled_in(part, environ) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled_in(part, environ) for part in value]
    return interpolated(value, environ) if isinstance(value, str) else value


def interpolated(text: str, environ: Mapping[str, str]) -> str:
    """A text with `${NAME}` and `${NAME:-default}` filled in, and `$$` as the dollar that it stands for.

    :raises ConfigurationError: for any other dollar.
    """
    if "$" in VARIABLE.sub("", text):
        raise ConfigurationError(f"{text!r}: a lone dollar", mend="write ${NAME:-default}, or $$ for a dollar")

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        return "$" if name is None else environ.get(name) or found["default"] or ""

    return VARIABLE.sub(value, text)


def _words(command: Any) -> Sequence[str]:
    return [str(word) for word in command] if isinstance(command, list) else []
