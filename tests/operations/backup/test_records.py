"""Kafka's records, kept and restored to their offsets, by commands that are killed on their way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka.admin import NewTopic

from deploy.local.programs import ROOT
from services.common.settings import Settings
from services.common.topic_admin import admin_client, create_topics
from services.common.topics import Topic
from services.operations.backup.kafka import all_partitions, consumer, ends_of, producer, records_up_to
from services.operations.backup.manifest import read_manifest
from services.operations.backup.record_file import Record
from tests.operations.backup.installation import Installed
from tests.support.stack import RunningStack, running_servers, wait_for

pytestmark = pytest.mark.timeout(900)  # of two cores that others use as well
MANY = 40_000
Held = dict[tuple[str, int], list[Record]]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_servers() as running:
        yield running


@pytest.fixture
def installed(stack: RunningStack, tmp_path: Path) -> Installed:
    made = Installed(tmp_path / "local", CADRAN_KAFKA=stack.settings.kafka_servers)
    made.make()
    return made


def fill(settings: Settings, count: int) -> None:
    """Records as no service writes them: without key, value or headers, or with some, of many sizes and times."""
    asyncio.run(_fill(settings, count))


async def _fill(settings: Settings, count: int) -> None:
    partitions = all_partitions(settings)
    async with producer(settings) as writing:
        for i in range(count):
            tp = partitions[i % len(partitions)]
            sent = await writing.send(
                tp.topic,
                None if i % 7 == 0 else os.urandom(i % 400),
                key=None if i % 5 == 0 and i % 7 else b"key %d" % i,
                partition=tp.partition,
                timestamp_ms=1_600_000_000_000 + i,
                headers=[("reason", b"r"), ("empty", b"")] if i % 3 == 0 else [],
            )
        await writing.flush()
        await sent


def held(settings: Settings) -> Held:
    """All that Kafka holds."""
    return asyncio.run(_held(settings))


async def _held(settings: Settings) -> Held:
    found: Held = {(tp.topic, tp.partition): [] for tp in all_partitions(settings)}
    async with consumer(settings) as reading:
        ends = await ends_of(reading, all_partitions(settings))
        async for tp, records in records_up_to(reading, dict.fromkeys(ends, 0), ends):
            found[tp.topic, tp.partition] += records
    return found


def total(settings: Settings) -> int:
    return sum(map(len, held(settings).values()))


def holds_any(settings: Settings) -> bool:
    """Is anything in Kafka? Asked of its ends, as what is read takes longer than a restore."""

    async def ends() -> bool:
        async with consumer(settings) as reading:
            return any((await ends_of(reading, all_partitions(settings))).values())

    return asyncio.run(ends())


def killed(installed: Installed, arguments: Sequence[str], on_its_way: Path | None, settings: Settings) -> None:
    """Run a command, and kill -9 it once its first records are in the folder, or in Kafka."""
    command = [sys.executable, "-m", "services.common.cli", *arguments]
    with subprocess.Popen(command, env=installed.environment, cwd=ROOT, stdout=subprocess.DEVNULL) as running:
        wait_for(lambda: list(on_its_way.rglob("*.records")) if on_its_way else holds_any(settings), "it is on its way")
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL


def lose_topics(settings: Settings) -> None:
    with admin_client(settings.kafka_access) as client:
        client.delete_topics([topic.value for topic in Topic])
        wait_for(lambda: not {topic.value for topic in Topic} & set(client.list_topics()), "the topics are gone")


@contextmanager
def erasing(settings: Settings) -> Iterator[None]:
    """The topic is there by which `cadran erase-customer` says that copies count."""
    with admin_client(settings.kafka_access) as client:
        client.create_topics([NewTopic("cadran.erasing", 1, 1)])
        wait_for(lambda: "cadran.erasing" in client.list_topics(), "the topic is known")
        yield
        client.delete_topics(["cadran.erasing"])
        wait_for(lambda: "cadran.erasing" not in client.list_topics(), "the topic is gone")


def test_records_come_back_to_their_offsets_though_backup_and_restore_are_killed(
    stack: RunningStack, installed: Installed, tmp_path: Path
) -> None:
    settings, folder = stack.settings, tmp_path / "backup"
    fill(settings, MANY)
    killed(installed, ["backup", str(folder)], folder, settings)
    assert read_manifest(folder) is None
    with erasing(settings):
        assert "customers are being erased (cadran.erasing)" in installed.refused("backup", str(folder))
    assert f"{MANY:,} records" in installed.done("backup", str(folder))
    fill(settings, 1000)
    assert f"{MANY + 1000:,} records" in installed.done("backup", str(folder))
    expected = held(settings)

    lose_topics(settings)
    killed(installed, ["restore", str(folder), "--missing"], None, settings)
    there = total(settings)
    told = installed.done("restore", str(folder))

    assert 0 < there < MANY + 1000
    assert held(settings) == expected
    assert f"{MANY + 1000 - there:,} records restored to Kafka; 0 are there that came later" in told
    assert "0 records restored to Kafka" in installed.done("restore", str(folder), "--missing")
    assert "holds records of another Kafka - take another folder" in installed.refused("backup", str(folder))


def test_a_kafka_with_a_life_of_its_own_is_never_overwritten(
    stack: RunningStack, installed: Installed, tmp_path: Path
) -> None:
    settings, folder = stack.settings, tmp_path / "backup"
    installed.done("backup", str(folder))
    fill(settings, 200)
    assert "200 are there that came later" in installed.done("restore", str(folder), "--missing")

    lose_topics(settings)
    create_topics(settings)
    fill(settings, 200)
    before = held(settings)
    assert "is another record in the backup" in installed.refused("restore", str(folder), "--missing")
    assert held(settings) == before
