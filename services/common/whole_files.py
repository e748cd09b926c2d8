"""Files that are replaced whole: who reads meanwhile reads the old one or the new one, never half of either."""

import os
from pathlib import Path

OURS_ALONE, OUR_GROUPS = 0o600, 0o640


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Have a file hold something else; its folder is made where it is missing.

    :raises OSError: when it cannot be written; then it is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.touch(mode=mode)
    draft.write_bytes(content)
    draft.chmod(mode)
    draft.replace(path)
