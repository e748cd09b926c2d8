import os
import stat
from pathlib import Path

import pytest

from services.common.whole_files import OURS_ALONE, replace_file


def test_a_file_and_its_name_are_on_the_disk_when_it_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order: a power cut must leave neither an empty file under the name, nor the old one after the end."""
    path, sync = tmp_path / "audit.head", os.fsync
    path.write_bytes(b"old")
    synced: list[tuple[Path, bytes]] = []

    def watched(number: int) -> None:
        sync(number)
        it = Path(f"/proc/self/fd/{number}").readlink()
        synced.append((it, path.read_bytes() if it.is_dir() else it.read_bytes()))
        assert path.read_bytes() == (b"new" if it.is_dir() else b"old")

    monkeypatch.setattr(os, "fsync", watched)
    replace_file(path, b"new", OURS_ALONE)
    (draft, written), (folder, there) = synced
    assert (draft.parent, written) == (tmp_path, b"new")
    assert (folder, there) == (tmp_path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == OURS_ALONE
    assert list(tmp_path.iterdir()) == [path]
