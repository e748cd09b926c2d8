"""Keeps in force what the file of thresholds says: a change holds at once, and a file that is wrong changes nothing."""

import asyncio
import hashlib
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from services.common.errors import ConfigurationError, Conflict, Unavailable
from services.common.logging import get_logger
from services.common.settled import Settled
from services.common.whole_files import replace_file
from services.common.windows import Clock
from services.kpi_stream.alerting.history import BY_HAND, History, entries
from services.kpi_stream.alerting.metrics import AlertMetrics
from services.kpi_stream.alerting.servers import Servers
from services.kpi_stream.alerting.thresholds.editing import edited
from services.kpi_stream.alerting.thresholds.file import ThresholdReader, Thresholds

log = get_logger(__name__)

LOOK_SECONDS = 1.0
NOBODY = b"teams: {direction: {}, operations: {}}\n"
"""What holds before any file was good: the KPIs' own alerts, told to nobody."""


class InForce(NamedTuple):
    """What holds, and since when. `version`: of the file as it is now; `refused`: why that does not hold."""

    thresholds: Thresholds
    since: datetime
    version: str
    refused: str = ""


class Keeper:
    """Follows the file (`run`), and writes it (`change`)."""

    def __init__(
        self,
        path: Path,
        reader: ThresholdReader,
        servers: Servers,
        history: History,
        metrics: AlertMetrics,
        clock: Clock,
    ) -> None:
        self._path = path
        self._reader = reader
        self._servers = servers
        self.history = history
        self._metrics = metrics
        self._clock = clock
        self._settled = Settled()
        self._lock = asyncio.Lock()
        self.in_force = InForce(self._kept(), clock(), "")

    async def run(self) -> None:
        """Look at the file for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at the file once, and tell the servers what they were not told yet."""
        async with self._lock:
            await self._keep_up()

    async def change(self, name: str, fields: Mapping[str, str | None], version: str, by: str) -> None:
        """Write some fields of an alert into the file, and follow it. `by`: who wants it so.

        :raises Conflict: when the file is not the one that was looked at; what it says by now is in force then.
        :raises Invalid: naming the field of the alert that cannot be so.
        :raises ConfigurationError: when the file would be refused; it is as it was.
        :raises Unavailable: when it cannot be written.
        """
        async with self._lock:
            content = await asyncio.to_thread(_content, self._path)
            if version_of(content) != version:
                await self._catch_up(content)
                raise Conflict("somebody else has changed the thresholds", field="version", mend="look at them again")
            changed = await asyncio.to_thread(edited, content, name, fields)
            await asyncio.to_thread(self._reader.check, name, changed)
            thresholds = await asyncio.to_thread(self._reader.read, self._path.name, changed)
            await asyncio.to_thread(_write, self._path, changed)
            try:
                await self._follow(changed, thresholds, by)
            except (ConfigurationError, Unavailable):
                await asyncio.to_thread(_write, self._path, content)
                raise

    def _kept(self) -> Thresholds:
        """What the servers' files were made of last: where the file is wrong by now, it still holds."""
        try:
            return self._reader.read("what holds", self._servers.kept() or NOBODY)
        except ConfigurationError as error:
            log.warning("what held before cannot be read by this release", error=str(error))
            return self._reader.read("what holds", NOBODY)

    async def _keep_up(self) -> None:
        try:
            await self._follow_file()
            await self._servers.tell()
        except ConfigurationError as error:
            self.in_force = self.in_force._replace(thresholds=await asyncio.to_thread(self._kept))
            self._say(str(error))
            self._metrics.refused.set(1)
        except Unavailable as error:
            self._settled.followed = None
            self._say(str(error))

    async def _catch_up(self, content: bytes) -> None:
        """Follow what somebody has just written by hand: who is refused for it must be told it, not what it was."""
        if content != self._settled.followed:
            await self._keep_up()
        if content != self._settled.followed:
            await asyncio.sleep(LOOK_SECONDS)
            await self._keep_up()

    async def _follow_file(self) -> None:
        """Follow what has settled."""
        content = await asyncio.to_thread(_content, self._path)
        if not self._settled.is_new(content):
            return
        try:
            await self._follow(content, await asyncio.to_thread(self._reader.read, self._path.name, content), BY_HAND)
        except (ConfigurationError, Unavailable):
            self._settled.followed = content  # it is wrong until it changes
            self.in_force = self.in_force._replace(version=version_of(content))
            raise

    async def _follow(self, content: bytes, thresholds: Thresholds, by: str) -> None:
        await asyncio.to_thread(self._servers.write, thresholds, content)
        await self._servers.tell()
        self._settled.followed = content
        before, now = self.in_force.thresholds, self._clock()
        self.in_force = InForce(thresholds, now, version_of(content))
        await asyncio.to_thread(self.history.add, entries(before, thresholds, by, now))
        self._metrics.refused.set(0)
        self._metrics.alerts.set(len(thresholds.alerts))
        log.info("thresholds hold", alerts=len(thresholds.alerts), off=len(thresholds.off))

    def _say(self, why: str) -> None:
        """Why what the file says does not hold."""
        if why != self.in_force.refused:
            log.warning("what the file of thresholds says does not hold", error=why)
        self.in_force = self.in_force._replace(refused=why)


def version_of(content: bytes) -> str:
    """What tells one text of the file from another."""
    return hashlib.sha256(content).hexdigest()[:16]


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise Unavailable(f"{path} is no file", mend="put the file of thresholds there")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}", mend="mend its path or rights") from None


def _write(path: Path, content: bytes) -> None:
    _check_ours(path)
    try:
        replace_file(path, content, stat.S_IMODE(path.stat().st_mode))
    except OSError as error:
        mend = "give the alerts process the right to write in its folder"
        raise Unavailable(f"{path} cannot be written: {error.strerror}", mend=mend) from None


def _check_ours(path: Path) -> None:
    """A new file takes the old one's place, and would do so too where somebody does not want it changed."""
    if path.is_symlink():
        mend = "name the file that it leads to in CADRAN_ALERTS_THRESHOLDS, or change that by hand"
        raise Unavailable(f"{path} is a link, and is not written through", mend=mend)
    if not path.stat().st_mode & 0o222:
        raise Unavailable(f"{path} is read-only", mend="give its owner the right to write it, or change it by hand")
