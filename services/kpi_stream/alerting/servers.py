"""Prometheus and Alertmanager: the files that they read, and that they read them again."""

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from services.common.errors import ConfigurationError, Unavailable
from services.common.logging import get_logger
from services.common.whole_files import OUR_GROUPS, replace_file
from services.kpi_stream.alerting.thresholds.file import Thresholds

log = get_logger(__name__)

KEPT = "in-force.yml"
"""The thresholds that the other files were made of."""

Make = Callable[[Thresholds], Mapping[str, str]]
"""From thresholds to the files by their names."""


class Files:
    """What the servers read, in one folder: for its owner and their group, as addresses of people stand in it."""

    def __init__(self, folder: Path, make: Make) -> None:
        self._folder = folder
        self._make = make
        self._before: Mapping[str, bytes | None] = {}

    def kept(self) -> bytes:
        """The thresholds that they were last made of; nothing before the first time."""
        return self._read(KEPT) or b""

    def write(self, thresholds: Thresholds, content: bytes) -> None:
        """Write all of them, each whole.

        :raises ConfigurationError: when they cannot be made.
        :raises Unavailable: when they cannot be written.
        """
        texts = {name: text.encode() for name, text in self._make(thresholds).items()} | {KEPT: content}
        self._before = {name: self._read(name) for name in texts}
        try:
            for name, text in texts.items():
                replace_file(self._folder / name, text, OUR_GROUPS)
        except OSError as error:
            mend = "give the alerts process the right to write there, and room on the disk"
            raise Unavailable(f"{self._folder} cannot be written: {error.strerror}", mend=mend) from None

    def restore(self) -> None:
        """Put back what was there before they were last written."""
        for name, text in self._before.items():
            if text is None:
                (self._folder / name).unlink(missing_ok=True)
            else:
                replace_file(self._folder / name, text, OUR_GROUPS)

    def _read(self, name: str) -> bytes | None:
        path = self._folder / name
        return path.read_bytes() if path.exists() else None


class Servers:
    """The servers, by name and address."""

    def __init__(self, files: Files, addresses: Mapping[str, str], http: httpx.AsyncClient) -> None:
        self._files = files
        self._addresses = addresses
        self._http = http
        self._untold = set(addresses)

    def kept(self) -> bytes:
        """The thresholds that their files were last made of."""
        return self._files.kept()

    def write(self, thresholds: Thresholds, content: bytes) -> None:
        """Write their files; they are to be told.

        :raises ConfigurationError: when these cannot be made.
        """
        self._files.write(thresholds, content)
        self._untold = set(self._addresses)

    async def tell(self) -> None:
        """Have each that was not told yet read its files again. One that does not answer is told the next time.

        :raises ConfigurationError: when one refuses what it reads; the files are as they were before.
        """
        for name in sorted(self._untold):
            try:
                answer = await self._http.post(f"{self._addresses[name]}/-/reload")
            except httpx.TransportError as error:
                log.warning("not told of the thresholds yet", server=name, error=repr(error))
                continue
            if not answer.is_success:
                self._files.restore()
                self._untold = set(self._addresses) - {name}
                raise ConfigurationError(f"{name} refuses what was made of the thresholds: {answer.text[:500].strip()}")
            self._untold.discard(name)
