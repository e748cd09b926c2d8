"""Bringing a backup back: all is looked at before anything is touched, and each step can be done twice.

`restoring.json` in the local folder says that a backup is being brought back. Where it is found, what lies in the way
is what a restore that was killed has left, and it is gone on with.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from services.common.errors import ConfigurationError
from services.common.settings import Port
from services.common.whole_files import OURS_ALONE, replace_file
from services.operations.backup import databases
from services.operations.backup.making import Progress
from services.operations.backup.manifest import Manifest, damage, read_manifest
from services.operations.backup.places import Installation

WRITERS = (Port.INGEST, Port.SURVEY, Port.PRICING, Port.BOARD, Port.ALERTS, Port.WORKER_METRICS)
MOST_TOLD = 20


class _Mark(msgspec.Struct):
    """Which backup is being brought back."""

    backup: str


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
    """Refuse while a service runs here that writes what is brought back.

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
    urls = installation.databases()
    for name, copied in manifest.databases.items():
        if copied.kind != databases.kind_of(urls[name]):
            raise ConfigurationError(
                f"the backup holds it as {copied.kind}, this names {databases.kind_of(urls[name])}",
                field=f"CADRAN_{name.upper()}_DATABASE",
                mend="set it to a database of that kind",
            )


def require_free(folder: Path, installation: Installation, manifest: Manifest) -> None:
    """Refuse to replace what is there and is not as in the backup, unless a restore of this backup has begun.

    :raises ConfigurationError: naming what is in the way.
    """
    if is_begun(installation, manifest):
        return
    in_the_way = list(_in_the_way(folder, installation, manifest))
    if in_the_way:
        raise ConfigurationError(
            f"in the way: {_some(in_the_way)}", mend="move it away, or replace it with --replace; nothing was touched"
        )


def _in_the_way(folder: Path, installation: Installation, manifest: Manifest) -> Iterator[str]:
    places, urls = installation.files(), installation.databases()
    for name, file in manifest.files.items():
        path = places.get(name, Path(name))
        if path.exists() and not _is_as_kept(path, folder / file.kept.path):
            yield str(path)
    for name in manifest.databases:
        if databases.is_there(urls[name]):
            yield f"the database of {name}"


def _is_as_kept(path: Path, kept: Path) -> bool:
    return path.is_file() and path.read_bytes() == kept.read_bytes()


def mark(installation: Installation) -> Path:
    return installation.common.local_dir / "restoring.json"


def is_begun(installation: Installation, manifest: Manifest) -> bool:
    """Was a restore of this very backup broken off?"""
    path = mark(installation)
    return path.exists() and msgspec.json.decode(path.read_bytes(), type=_Mark).backup == manifest.id


def begin(installation: Installation, manifest: Manifest) -> None:
    replace_file(mark(installation), msgspec.json.encode(_Mark(manifest.id)), OURS_ALONE)


def bring_back(folder: Path, installation: Installation, manifest: Manifest) -> Iterator[str]:
    """Bring back files and databases; tells of each that was."""
    places = installation.files()
    for name, file in manifest.files.items():
        path = places.get(name, Path(name))
        if not (path.exists() and _is_as_kept(path, folder / file.kept.path)):
            _bring_back_file(folder / file.kept.path, path, file.mode)
            yield str(path)
    urls = installation.databases()
    for name, copied in manifest.databases.items():
        databases.bring_back(folder / copied.kept.path, urls[name])
        yield f"the database of {name}"


def _bring_back_file(kept: Path, path: Path, mode: int) -> None:
    try:
        replace_file(path, kept.read_bytes(), mode)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}", mend="mend its rights") from None


def _some(told: list[str]) -> str:
    more = f", and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return ", ".join(told[:MOST_TOLD]) + more
