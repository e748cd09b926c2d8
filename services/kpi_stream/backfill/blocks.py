"""Blocks of Prometheus, made by its own promtool and put into a folder whole."""

import asyncio
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory

from services.common.errors import ConfigurationError

LONGEST = "54h"
"""Of the lengths that Prometheus knows (2 h times powers of 3), one that holds a day: it seldom makes two blocks."""


class BlockFolder:
    """A folder that Prometheus reads, or will."""

    def __init__(self, folder: Path) -> None:
        """:raises ConfigurationError: without promtool, or where the folder is not here or cannot be written."""
        promtool = shutil.which("promtool")
        if promtool is None:
            mend = "install Prometheus, which brings it, on this machine"
            raise ConfigurationError("promtool is not installed, which makes the blocks", mend=mend)
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise _unwritable(folder, "no folder here that this user may write to")
        self._promtool = promtool
        self._folder = folder

    async def add(self, text: Iterable[str]) -> None:
        """Make blocks of OpenMetrics text.

        Until a block is whole it lies where Prometheus does not look. The newest is put there first: where the oldest
        is, all are.

        :raises ConfigurationError: when promtool refuses, or the folder cannot be written.
        """
        try:
            with TemporaryDirectory(prefix="backfill-", dir=self._folder) as work:
                written, made = Path(work) / "samples", Path(work) / "blocks"
                with written.open("w", encoding="utf-8") as file:
                    file.writelines(text)
                await self._run(written, made)
                for block in sorted(made.iterdir(), reverse=True):
                    block.rename(self._folder / block.name)
        except OSError as error:
            raise _unwritable(self._folder, error.strerror or str(error)) from None

    async def _run(self, written: Path, made: Path) -> None:
        command = [self._promtool, "tsdb", "create-blocks-from", f"--max-block-duration={LONGEST}", "--quiet"]
        process = await asyncio.create_subprocess_exec(
            *command, "openmetrics", str(written), str(made), stdout=DEVNULL, stderr=PIPE
        )
        _, told = await process.communicate()
        if process.returncode != 0:
            raise ConfigurationError(f"promtool makes no blocks: {told.decode().strip()}", mend="see its message")


def _unwritable(folder: Path, reason: str) -> ConfigurationError:
    mend = "name a folder with --out, or run this where Prometheus runs, as its user"
    return ConfigurationError(f"{folder} cannot be written: {reason}", mend=mend)
