"""Files that are replaced whole: who reads meanwhile, or after a power cut, reads the old or the new, never half."""

import os
from pathlib import Path

OURS_ALONE, OUR_GROUPS = 0o600, 0o640


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Have a file hold something else, on the disk when this returns; its folder is made where it is missing.

    :raises OSError: when it cannot be written; then it is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.touch(mode=mode)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(mode)
    draft.replace(path)
    _keep_names(path.parent)


def _keep_names(folder: Path) -> None:
    """Have on the disk which file bears which name."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
