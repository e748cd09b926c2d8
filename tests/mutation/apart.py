"""Work in a fork: whatever it loads and leaves behind, this process does not have."""

import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What some work gives that is done in a fork.

    :raises EOFError: when it failed there.
    """
    with tempfile.NamedTemporaryFile() as file:
        pid = os.fork()
        if not pid:
            try:
                Path(file.name).write_bytes(pickle.dumps(work()))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        return pickle.loads(Path(file.name).read_bytes())  # type: ignore[no-any-return]  # noqa: S301
