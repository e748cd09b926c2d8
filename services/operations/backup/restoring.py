"""Bringing a backup back: all is looked at before anything is touched, and each step can be done twice.

`restoring.json` in the local folder says that a backup is being brought back. Where it is found, what lies in the way
is what a restore that was killed has left, and it is gone on with.
"""

import os
import socket
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from services.common.errors import ConfigurationError
from services.common.settings import ROOT, Port, Settings
from services.common.whole_files import OURS_ALONE, replace_file
from services.operations.backup.making import Progress
from services.operations.backup.manifest import Manifest, damage, read_manifest
from services.operations.backup.places import NOT_KEPT, Installation

WRITERS = (Port.INGEST, Port.SURVEY, Port.PRICING, Port.BOARD, Port.ALERTS, Port.WORKER_METRICS)
MOST_TOLD = 20


class Existing(StrEnum):
    """What is done about what is there and is not as in the backup."""

    REFUSE = "refuse"
    KEEP = "keep"
    REPLACE = "replace"


class Plan(msgspec.Struct, frozen=True):
    """What is brought back of a backup: names of files and of databases."""

    backup: str
    files: list[str]
    databases: list[str]

    @property
    def names(self) -> list[str]:
        return [*self.files, *(f"the database of {name}" for name in self.databases)]


def whole_backup(folder: Path, progress: Progress) -> Manifest:
    """The finished backup in a folder, every sum checked. Progress is in bytes.

    :raises ConfigurationError: when there is none, or naming every file that is damaged.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise ConfigurationError(
            f"{folder} holds no finished backup", mend="run `cadran backup` to the end, or name another folder"
        )
    total = sum(wanted.bytes for wanted in manifest.all_kept())
    done = 0
    damaged: list[str] = []
    for wanted in manifest.all_kept():
        damaged += filter(None, [damage(folder, wanted)])
        progress(done := done + wanted.bytes, total)
    if damaged:
        raise ConfigurationError(
            f"the backup is damaged: {_some(damaged)}", mend="take another copy of it; nothing was touched"
        )
    return manifest


def require_stopped(installation: Installation) -> None:
    """Refuse while a service runs here that writes what is brought back; from a container none is seen.

    :raises ConfigurationError: naming those that run.
    """
    settings = installation.common
    running = [port for port in WRITERS if _listens(settings.port(port))]
    if running:
        raise ConfigurationError(
            f"{', '.join(running)} {'runs' if len(running) == 1 else 'run'}",
            mend="stop every service, on every machine; Kafka, Redis and databases stay",
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def require_kinds(installation: Installation, manifest: Manifest) -> None:
    """Refuse a copy of SQLite for PostgreSQL, and the other way round.

    :raises ConfigurationError: naming the setting.
    """
    databases = installation.databases()
    for name, copied in manifest.databases.items():
        if copied.kind != (kind := databases[name].kind):
            raise ConfigurationError(
                f"the backup holds it as {copied.kind}, this names {kind}",
                field=f"CADRAN_{name.upper()}_DATABASE",
                mend="set it to a database of that kind",
            )


def plan(folder: Path, installation: Installation, manifest: Manifest, existing: Existing) -> Plan:
    """What to bring back: of a restore that was broken off, what it was to bring back.

    :raises ConfigurationError: naming what is in the way, where that is refused.
    """
    begun = unfinished(installation.common)
    if begun is not None and begun.backup == manifest.id:
        return begun
    missing, in_the_way = _sorted_out(folder, installation, manifest)
    if in_the_way.names and existing is Existing.REFUSE:
        raise ConfigurationError(
            f"in the way: {_some(in_the_way.names)}",
            mend="--missing brings back what is missing alone, --replace all of it; nothing was touched",
        )
    if existing is Existing.REPLACE:
        return Plan(manifest.id, missing.files + in_the_way.files, missing.databases + in_the_way.databases)
    return missing


def _sorted_out(folder: Path, installation: Installation, manifest: Manifest) -> tuple[Plan, Plan]:
    """What is missing, and what is there and not as in the backup."""
    missing, in_the_way = Plan(manifest.id, [], []), Plan(manifest.id, [], [])
    for name, file in manifest.files.items():
        if name in NOT_KEPT:  # by an earlier release it was
            continue
        path = _place(installation, name)
        if not path.exists():
            missing.files.append(name)
        elif not path.is_file() or path.read_bytes() != (folder / file.kept.path).read_bytes():
            in_the_way.files.append(name)
    databases = installation.databases()
    for name in manifest.databases:
        (in_the_way if databases[name].is_there() else missing).databases.append(name)
    return missing, in_the_way


def mark(settings: Settings) -> Path:
    """The file that says what is being brought back."""
    return settings.local_dir / "restoring.json"


def unfinished(settings: Settings) -> Plan | None:
    """What a restore that was broken off, or is at work, was to bring back."""
    path = mark(settings)
    return msgspec.json.decode(path.read_bytes(), type=Plan) if path.exists() else None


def begin(installation: Installation, planned: Plan) -> None:
    """Say what is brought back, on the disk, before anything is touched."""
    replace_file(mark(installation.common), msgspec.json.encode(planned), OURS_ALONE)
    os.sync()


def end(installation: Installation) -> None:
    """Say that all is back, once all of it is on the disk: a power cut must not leave half of it and no mark."""
    os.sync()
    mark(installation.common).unlink()
    os.sync()


def bring_back(folder: Path, installation: Installation, manifest: Manifest, planned: Plan) -> Iterator[str]:
    """Bring back files and databases; tells of each that was."""
    for name in planned.files:
        path, file = _place(installation, name), manifest.files[name]
        _bring_back_file(folder / file.kept.path, path, file.mode)
        yield str(path)
    databases = installation.databases()
    for name in planned.databases:
        databases[name].bring_back(folder / manifest.databases[name].kept.path)
        yield f"the database of {name}"


def _place(installation: Installation, name: str) -> Path:
    """Where a file belongs here; one that no setting names any more, where it was named."""
    return installation.files().get(name, ROOT / name)


def _bring_back_file(kept: Path, path: Path, mode: int) -> None:
    try:
        replace_file(path, kept.read_bytes(), mode)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}", mend="mend its rights") from None


def _some(told: list[str]) -> str:
    more = f", and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return ", ".join(told[:MOST_TOLD]) + more
