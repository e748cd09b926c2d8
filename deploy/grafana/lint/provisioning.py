"""The files that Grafana is provisioned with, strictly read: a key that Grafana does not know is a fault.

Fields as in Grafana's documentation of provisioning and `pkg/services/provisioning`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from deploy.grafana.lint.finding import Finding

SECRETS = ("password", "token", "credentials", "secret")
FROM_ELSEWHERE = ("$__file{", "${")
BOARDS_INSIDE = "/var/lib/dashboards/cadran"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _SourceOptions(_File):
    http_method: Literal["POST"]
    time_interval: str


class _Source(_File):
    name: str
    uid: str
    type: Literal["prometheus"]
    access: Literal["proxy"]
    org_id: int
    url: str
    is_default: bool
    editable: Literal[False]
    json_data: _SourceOptions


class SourcesFile(_File):
    api_version: Literal[1]
    prune: bool
    datasources: list[_Source] = Field(min_length=1)


class _ProviderOptions(_File):
    path: str


class _Provider(_File):
    name: str
    org_id: int
    folder: str
    folder_uid: str
    type: Literal["file"]
    disable_deletion: bool
    allow_ui_updates: Literal[False]
    update_interval_seconds: int
    options: _ProviderOptions


class ProvidersFile(_File):
    api_version: Literal[1]
    providers: list[_Provider] = Field(min_length=1)


class _Receiver(_File):
    uid: str
    type: Literal["webhook", "email"]
    settings: dict[str, Any]
    disable_resolve_message: bool


class _ContactPoint(_File):
    org_id: int
    name: str
    receivers: list[_Receiver] = Field(min_length=1)


class ContactPointsFile(_File):
    api_version: Literal[1]
    contact_points: list[_ContactPoint] = Field(min_length=1)


FILES: dict[str, type[_File]] = {
    "datasources": SourcesFile,
    "dashboards": ProvidersFile,
    "alerting": ContactPointsFile,
}
"""By the folder that they are in."""
Model = TypeVar("Model", bound=_File)


def findings(folder: Path, scrape_interval: str) -> Iterator[Finding]:
    """What is wrong with the files below a folder."""
    for path in sorted(folder.rglob("*.y*ml")):
        name = str(path.relative_to(folder))
        try:
            read = FILES[path.parent.name].model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            for fault in error.errors():
                yield Finding(name, ".".join(map(str, fault["loc"])), fault["msg"])
            continue
        yield from (Finding(name, "", text) for text in _faults(read, scrape_interval))


def _faults(read: _File, scrape_interval: str) -> Iterator[str]:
    if isinstance(read, SourcesFile):
        for source in read.datasources:
            if source.json_data.time_interval != scrape_interval:
                yield f"timeInterval is not the scrape interval, {scrape_interval}: Grafana would thin the data out"
    elif isinstance(read, ProvidersFile):
        for provider in read.providers:
            if provider.options.path != BOARDS_INSIDE:
                yield f"reads boards from {provider.options.path}, and they are mounted at {BOARDS_INSIDE}"
    elif isinstance(read, ContactPointsFile):
        for point in read.contact_points:
            for receiver in point.receivers:
                yield from _open_secrets(receiver)


def _open_secrets(receiver: _Receiver) -> Iterator[str]:
    for name, value in receiver.settings.items():
        if any(secret in name.lower() for secret in SECRETS) and not str(value).startswith(FROM_ELSEWHERE):
            yield f"{receiver.uid}: {name} stands in clear: read it from a file, $__file{{/run/secrets/…}}"
