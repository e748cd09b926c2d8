"""A file that several processes change."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from services.common.errors import ConfigurationError, Conflict
from services.common.watched_file import WatchedFile

TIMES = 200


def of(path: Path) -> WatchedFile[list[int]]:
    return WatchedFile(path, list[int], mend="restore it")


def added(number: int, known: list[int]) -> list[int]:
    return [*known, number]


def add_many(path: Path, first: int) -> None:
    file = of(path)
    for number in range(first, first + TIMES):
        file.update(partial(added, number))


def test_what_two_processes_add_at_once_is_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(add_many, path, first) for first in (0, TIMES)]:
            done.result()
    assert sorted(of(path).read()) == [*range(2 * TIMES)]


def test_a_change_that_is_refused_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = of(tmp_path / "file.json")
    file.update(lambda _: [1])

    def refuse(_: list[int]) -> list[int]:
        raise Conflict("no")

    with pytest.raises(Conflict):
        file.update(refuse)
    file.update(lambda known: [*known, 2])
    assert file.read() == [1, 2]


def test_what_cannot_be_read_or_written_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder belongs")
    with pytest.raises(ConfigurationError, match="cannot be written: .+") as told:
        of(tmp_path / "taken" / "file.json").update(lambda _: [1])
    assert told.value.mend
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory") as told:
        of(tmp_path / "folder.json").read()
    assert told.value.mend
