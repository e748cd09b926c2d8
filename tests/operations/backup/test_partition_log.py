"""A partition's files through several backups, some of them broken off."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.errors import ConfigurationError
from services.operations.backup import partition_log
from services.operations.backup.manifest import KeptPartition, damage
from services.operations.backup.partition_log import PartitionLog
from services.operations.backup.record_file import Record
from services.operations.backup.records_back import blocks_of

TOPIC = "cadran.orders"


def log_in(folder: Path, before: KeptPartition | None = None, topic_id: str = "id") -> PartitionLog:
    return PartitionLog(folder, TOPIC, topic_id, 3, before)


def records(first: int, end: int) -> list[Record]:
    return [Record(offset, offset * 10, b"key", os.urandom(40)) for offset in range(first, end)]


def read(folder: Path, kept: KeptPartition) -> list[Record]:
    assert [damage(folder, file) for file in kept.files] == [""] * len(kept.files)
    return [record for block in blocks_of(folder, kept) for record in block]


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_log, "FULL", 1500)


steps = st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["finished", "broken off"]), st.integers(0, 300)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps)
def test_whatever_is_broken_off_each_backup_holds_all_records_and_the_last_finished_one_stays_whole(
    tmp_path_factory: pytest.TempPathFactory, taken: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("backup")
    kafka = records(0, 1 + sum(count for count, _, _ in taken))
    kept: KeptPartition | None = None
    end = 0
    for count, how, torn in taken:
        log = log_in(folder, kept)
        end += count
        for first in range(log.next, end, 7):
            log.append(kafka[first : min(first + 7, end)])
        if how == "finished":
            kept = log.finish()
        else:
            _tear(folder, kept, torn)
        assert kept is None or read(folder, kept) == kafka[: kept.next]
    log = log_in(folder, kept)
    log.append(kafka[log.next :])
    assert read(folder, log.finish()) == kafka


def _tear(folder: Path, kept: KeptPartition | None, size: int) -> None:
    """Take the end off the newest file, as after a power cut, but nothing of what a manifest names."""
    newest = max(folder.rglob("*.records"))
    named = {folder / file.path: file.bytes for file in kept.files} if kept else {}
    os.truncate(newest, max(newest.stat().st_size - size, named.get(newest, 0)))


def test_files_that_are_full_are_not_touched_again(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for first in range(0, 100, 10):
        log.append(records(first, first + 10))
    before = log.finish()
    full = [(tmp_path / file.path).stat().st_mtime_ns for file in before.files[:-1]]

    log = log_in(tmp_path, before)
    log.append(records(100, 110))
    after = log.finish()

    assert len(full) > 1
    assert after.files[: len(full)] == before.files[:-1]
    assert [(tmp_path / file.path).stat().st_mtime_ns for file in after.files[: len(full)]] == full


def test_what_is_of_another_kafka_is_refused(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append(records(0, 3))

    with pytest.raises(ConfigurationError, match="records of another Kafka - take another folder"):
        log_in(tmp_path, log.finish(), topic_id="made again")


def test_a_file_that_was_damaged_since_is_told_by_name(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append(records(0, 3))
    kept = log.finish()
    path = tmp_path / kept.files[0].path
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=f"{path} is damaged"):
        log_in(tmp_path, kept)


def test_records_that_kafka_no_longer_has_are_missed(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append(records(0, 3))

    with pytest.raises(ConfigurationError, match="goes on at offset 5, and not at 3"):
        log.append(records(5, 6))
