"""Making a backup while everything runs: files, databases, records, and last the manifest."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.common.topic_admin import admin_client, topic_ids
from services.common.whole_files import OURS_ALONE
from services.common.windows import utc_now
from services.kpi_stream.declared import declared_by
from services.kpi_stream.state_version import digest
from services.operations.backup.databases import OwnDatabase
from services.operations.backup.kafka import all_partitions, consumer, ends_of, records_up_to
from services.operations.backup.manifest import (
    NAME,
    KeptDatabase,
    KeptFile,
    KeptRecords,
    Manifest,
    kept,
    new_id,
    read_manifest,
    write_manifest,
)
from services.operations.backup.partition_log import ANOTHER_FOLDER, RECORDS, PartitionLog
from services.operations.backup.places import Installation
from services.operations.erasing.swapping import topics_of_erasing

OWNER_ALONE = 0o700
SNAPSHOTS = "snapshots"
OURS = {NAME, SNAPSHOTS, RECORDS}
"""Some of it stands in the folder of a backup, whole or broken off."""


class Progress(Protocol):
    """Told how many records are kept, of how many."""

    def __call__(self, done: int, total: int) -> None: ...


def make_folder(folder: Path) -> None:
    """Make a backup's folder, for its owner alone.

    :raises ConfigurationError: when it cannot be used, or is another's: its rights would be taken from whoever has it.
    """
    try:
        there = {each.name for each in folder.iterdir()} if folder.is_dir() else set()
        if there and not there & OURS:
            raise ConfigurationError(
                f"{folder} holds what is no backup", mend="name an empty folder, or a new one in it"
            )
        folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ALONE)
        folder.chmod(OWNER_ALONE)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be used: {error.strerror}", mend="mend its rights") from None


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """A folder used by one backup or restore at a time.

    :raises ConfigurationError: when another one uses it, it is not there, or the disk takes no more.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError(f"{folder} is in use by another backup or restore", mend="wait for it") from None
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be used: {error.strerror}", mend="name another") from None
    try:
        yield
    except OSError as error:
        mend = "make room, or mend its rights, and run this again"
        raise ConfigurationError(f"{error.filename or folder}: {error.strerror or error}", mend=mend) from None
    finally:
        os.close(handle)


def keep_snapshot(folder: Path, installation: Installation) -> tuple[str, dict[str, KeptFile], dict[str, KeptDatabase]]:
    """Copy files and databases into a folder of their own; returns its id and what is in it."""
    snapshot = new_id()
    own = folder / SNAPSHOTS / snapshot
    own.mkdir(parents=True, mode=OWNER_ALONE)
    files = {}
    for number, (name, path) in enumerate(sorted(installation.files().items())):
        if path.is_file():
            files[name] = _keep_file(folder, own / f"{number:02}-{path.name}", path)
    return snapshot, files, {name: _keep_database(folder, own, name, one) for name, one in _databases(installation)}


def _databases(installation: Installation) -> Iterator[tuple[str, OwnDatabase]]:
    """Those that there are: a service that never ran has none."""
    for name, database in installation.databases().items():
        if database.is_there():
            yield name, database


def _keep_file(folder: Path, target: Path, path: Path) -> KeptFile:
    try:
        target.touch(mode=OURS_ALONE)
        shutil.copyfile(path, target)
        return KeptFile(kept(folder, target), path.stat().st_mode & 0o777)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be copied: {error.strerror}", mend="mend its rights") from None


def _keep_database(folder: Path, own: Path, name: str, database: OwnDatabase) -> KeptDatabase:
    target = own / f"{name}.{database.kind}"
    database.copy(target)
    return KeptDatabase(kept(folder, target), database.kind)


async def keep_records(folder: Path, settings: Settings, before: KeptRecords | None, progress: Progress) -> KeptRecords:
    """Append to the folder what Kafka holds at this moment and the folder does not.

    :raises ConfigurationError: when the folder is of another Kafka, or damaged.
    """
    _require_no_erasing(settings)
    cluster, ids = topic_ids(settings.kafka_access)
    if before is not None and before.topics != ids:
        raise ConfigurationError(f"{folder} holds records of another Kafka", mend=ANOTHER_FOLDER)
    earlier = {(own.topic, own.partition): own for own in before.partitions} if before else {}
    async with consumer(settings) as reading:
        ends = await ends_of(reading, all_partitions(settings))
        logs = {tp: PartitionLog(folder, tp.topic, ids[tp.topic], tp.partition, earlier.get(tp)) for tp in ends}
        for tp, log in logs.items():
            if log.next > ends[tp]:
                raise ConfigurationError(
                    f"{tp.topic} partition {tp.partition} ends at {ends[tp]}, and {folder} holds it up to {log.next}",
                    mend=f"Kafka has lost records: restore them, or {ANOTHER_FOLDER}",
                )
        done, total = sum(log.next for log in logs.values()), sum(ends.values())
        progress(done, total)
        async for tp, records in records_up_to(reading, {tp: log.next for tp, log in logs.items()}, ends):
            logs[tp].append(records)
            progress(done := done + len(records), total)
    _require_same_topics(settings, ids)
    return KeptRecords(cluster, ids, tuple(log.finish() for log in logs.values()))


def _require_no_erasing(settings: Settings) -> None:
    """Refuse while customers are erased: topics are made again then, and filled from copies.

    :raises ConfigurationError: saying so.
    """
    with admin_client(settings.kafka_access) as client:
        copies = topics_of_erasing(client.list_topics())
    if copies:
        raise ConfigurationError(
            f"customers are being erased ({', '.join(copies)})", mend="run `cadran erase-customer` to its end first"
        )


def _require_same_topics(settings: Settings, ids: Mapping[str, str]) -> None:
    if topic_ids(settings.kafka_access)[1] != ids:
        raise ConfigurationError("topics were made again meanwhile", mend=ANOTHER_FOLDER)


def finish(
    folder: Path,
    settings: Settings,
    snapshot: tuple[str, dict[str, KeptFile], dict[str, KeptDatabase]],
    records: KeptRecords | None,
) -> Manifest:
    """Write the manifest, and drop the snapshots that no manifest names any more."""
    name, files, copies = snapshot
    state = digest(settings, declared_by(settings))
    manifest = Manifest(name, utc_now(), version("cadran"), state, files, copies, records)
    os.sync()
    write_manifest(folder, manifest)
    os.sync()  # before what the manifest of before names is dropped
    for other in (folder / SNAPSHOTS).iterdir():
        if other.name != name:
            shutil.rmtree(other)
    return manifest


def last_records(folder: Path) -> KeptRecords | None:
    """What the last finished backup in a folder holds of Kafka."""
    before = read_manifest(folder)
    return before.records if before else None
