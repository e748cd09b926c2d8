"""Rules for each service by itself: confined, bounded, watched. Each yields what is wrong, and how to mend it."""

import re
from collections.abc import Callable, Iterator

from deploy.docker.lint.compose import Service

PINNED = re.compile(r"^[\w./-]+:v?\d+(\.\d+){2}[\w.-]*$")
PUBLISHED = {"ingest": 8001, "survey": 8002, "board": 8000, "grafana": 3000}
"""Whom people and vendors reach, and at which port of theirs."""
LOOPBACK = "127.0.0.1"
LIMITS = ("cpus", "memory", "pids")
HIDDEN = ("password", "secret", "token")
UNHEARD = {"simulator"}
"""Who answers nobody."""


def is_pinned(service: Service) -> Iterator[str]:
    if not PINNED.match(service.image):
        yield f"image {service.image!r}: pin it by a whole version, as name:1.2.3"


def is_confined(service: Service) -> Iterator[str]:
    section = service.section
    if section.get("read_only") is not True:
        yield "can write to its image: read_only: true"
    if section.get("cap_drop") != ["ALL"] or "cap_add" in section or section.get("privileged"):
        yield "has capabilities: cap_drop: [ALL], and no cap_add"
    if section.get("security_opt") != ["no-new-privileges:true"]:
        yield "may gain privileges: security_opt: [no-new-privileges:true]"
    user = str(section.get("user", ""))
    if not re.match(r"^[1-9]\d*:\d+$", user):
        yield f"user {user!r}: name one that is not root, by number, as 10001:10001"
    for mount in service.mounts:
        if "docker.sock" in mount.source:
            yield "holds the engine's socket: whoever breaks into it has the host"


def has_an_init(service: Service) -> Iterator[str]:
    """Ours has one in its image, as Kubernetes gives none."""
    if not service.is_ours and service.section.get("init") is not True:
        yield "has no init: init: true"


def is_bounded(service: Service) -> Iterator[str]:
    limits = ((service.section.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    for name in LIMITS:
        if name not in limits:
            yield f"has no limit of {name}"
    options = (service.section.get("logging") or {}).get("options") or {}
    if not {"max-size", "max-file"} <= set(options):
        yield "its log grows for ever: logging.options max-size and max-file"


def comes_back(service: Service) -> Iterator[str]:
    if service.section.get("restart") not in ("unless-stopped", "no"):
        yield "is not started again: restart: unless-stopped, or no where it runs once"


def is_watched(service: Service) -> Iterator[str]:
    if not service.runs_once and not service.check and service.name not in UNHEARD:
        yield "has no health check"


def is_published_where_it_must(service: Service) -> Iterator[str]:
    expected = PUBLISHED.get(service.name)
    for address, port in service.published:
        if port != expected:
            yield f"publishes {port}: only {', '.join(f'{n} {p}' for n, p in PUBLISHED.items())} may be reached"
        if address != LOOPBACK:
            yield f"is published on {address or 'every address'} unless told otherwise: begin with {LOOPBACK}"
    if expected and not service.published:
        yield f"is not published: its port is {expected}"
    if service.published and "outside" not in service.networks:
        yield "is published, and in no network that is reached from outside"


def hides_its_secrets(service: Service) -> Iterator[str]:
    for name in service.environment:
        if any(word in name.lower() for word in HIDDEN) and not name.endswith("_FILE"):
            yield f"{name}: who looks at the container sees it: name the file of a secret"


RULES: tuple[Callable[[Service], Iterator[str]], ...] = (
    is_pinned,
    is_confined,
    has_an_init,
    is_bounded,
    comes_back,
    is_watched,
    is_published_where_it_must,
    hides_its_secrets,
)
