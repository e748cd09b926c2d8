"""This machine and what is on it: clock, disk, secrets, keys, packages, servers' releases."""

import re
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from services.board.settings import BoardSettings
from services.common.auth import KeyRing, Scope
from services.common.errors import CadranError, Unavailable
from services.common.redis_clients import servers
from services.common.secret_files import read_secret
from services.common.settings import ROOT, CadranSettings, Port
from services.operations.doctor.findings import Finding, Severity
from services.operations.doctor.installation import NO_REDIS, SERVICES, Installation

REQUIREMENTS = ROOT / "requirements.txt"
SECRETS = ("*.key", "*.secret", "*.password", "keys.json", "board-users.json", "secrets/*")
"""In the local folder."""
CERTIFICATES = "_ca_file"
"""The end of the names of settings whose files anybody may read."""
GIVEN = (Path("/run/secrets"), Path("/var/run/secrets"))
"""Where Docker and Kubernetes put secrets, with rights of their own."""
BOARD_SCOPES = (Scope.READ_KPIS, Scope.EXPLAIN, Scope.READ_ALERTS)
LEAST_RELEASES = {"Redis": (7, 0), "Prometheus": (2, 42), "Alertmanager": (0, 25)}
"""The oldest that Cadran is tested with."""


def clock(installation: Installation) -> Iterator[Finding]:
    """Against every other clock that can be asked; what does not answer is told by its own check."""
    for name, difference in (*_redis_clock(installation), *_http_clocks(installation)):
        seconds = abs(difference.total_seconds())
        if seconds > installation.limits.clock_seconds:
            way = "ahead of" if difference > timedelta(0) else "behind"
            yield Finding(
                f"this machine's clock is {seconds:,.0f} s {way} that of {name}",
                "set the one that is wrong by NTP: `timedatectl set-ntp true`",
            )


def _redis_clock(installation: Installation) -> Iterator[tuple[str, timedelta]]:
    try:
        with installation.redis() as redis:
            for server in servers(redis):
                before = installation.clock()
                seconds, micros = server.time()
                told = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
                yield "Redis", ahead(before, told, installation.clock())
    except NO_REDIS:
        return


def _http_clocks(installation: Installation) -> Iterator[tuple[str, timedelta]]:
    for server in (Port.PROMETHEUS, *SERVICES):
        try:
            before = installation.clock()
            told = parsedate_to_datetime(installation.get(server, "/healthz").headers["Date"])
            yield server, ahead(before, told, installation.clock())
        except (CadranError, KeyError, ValueError):
            continue


def ahead(before: datetime, told: datetime, after: datetime) -> timedelta:
    """How far our clock is ahead of one that told its time between two looks at ours: nothing where it may be the same,
    however long it took to tell."""
    return before - told if told < before else min(after - told, timedelta(0))


def disk(installation: Installation) -> Iterator[Finding]:
    """Every file system that something is kept on in the local folder."""
    root = installation.settings.local_dir
    folders = [folder for folder in (root, *root.glob("*"), *root.glob("data/*")) if folder.is_dir()]
    for folder in {folder.stat().st_dev: folder for folder in reversed(folders)}.values():
        usage = shutil.disk_usage(folder)
        yield from too_little(str(folder), usage.free, usage.total, installation.limits.free_percent)


def kafka_disk(installation: Installation) -> Iterator[Finding]:
    """The disks of the brokers, as these tell them."""
    with installation.kafka() as kafka:
        told = kafka.describe_log_dirs()
    for broker in told:
        for folder in broker["log_dirs"]:
            free, total = folder.get("usable_bytes", -1), folder.get("total_bytes", -1)
            if total > 0:
                name = f"broker {broker['broker']}: {folder['log_dir']}"
                yield from too_little(name, free, total, installation.limits.free_percent)


def too_little(name: str, free: int, total: int, limit_percent: float) -> Iterator[Finding]:
    """Where a disk is nearly full."""
    percent = 100 * free / total
    if percent < limit_percent:
        mend = "make room, or give it a larger disk: what cannot be written stops, Kafka first of all"
        yield Finding(f"{name} has {percent:.0f} % of its disk left ({free / 1e9:,.1f} GB)", mend)


def secrets(installation: Installation, settings: tuple[type[CadranSettings], ...]) -> Iterator[Finding]:
    """Files of secrets that others than their owner and group may read, or that others may write."""
    root = installation.settings.local_dir
    files = {path for pattern in SECRETS for path in root.glob(pattern)}
    for kind in settings:
        named = {name: path for name, path in kind.load() if name.endswith("_file") and isinstance(path, Path)}
        files |= {path for name, path in named.items() if not name.endswith(CERTIFICATES)}
    for path in sorted(files):
        if path.is_file() and not path.is_relative_to(GIVEN[0]) and not path.is_relative_to(GIVEN[1]):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & (stat.S_IRWXO | stat.S_IWGRP):
                yield Finding(f"{path} is open to others (mode {mode:o})", f"chmod 600 {path}")


def keys(installation: Installation) -> Iterator[Finding]:
    path = installation.settings.api_keys_file
    if not KeyRing(path).all():
        yield Finding(
            f"{path} holds no API key: nobody can send events", "`cadran keys create NAME --scope events:write`"
        )


def board_key(installation: Installation) -> Iterator[Finding]:
    path = BoardSettings.load().key_file or installation.settings.local_dir / "board.key"
    scopes = " ".join(f"--scope {scope}" for scope in BOARD_SCOPES)
    mend = f"`cadran keys create board {scopes}` makes one; put it into {path}, mode 600, and start the board again"
    try:
        token = read_secret(path)
        for scope in BOARD_SCOPES:
            KeyRing(installation.settings.api_keys_file).check(token, scope)
    except CadranError as error:
        yield Finding(f"the board cannot read numbers: {error.message}", mend)


def packages(_: Installation) -> Iterator[Finding]:
    """Python packages other than those that Cadran is tested with; in a checkout, which says which these are."""
    if REQUIREMENTS.exists():
        yield from other_packages(REQUIREMENTS.read_text())


def other_packages(requirements: str) -> Iterator[Finding]:
    """Those that are not as they are pinned."""
    for name, pinned in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", requirements, re.MULTILINE):
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        if found != pinned:
            yield Finding(f"{name} is {found}, Cadran is tested with {pinned}", "`make setup`", Severity.WARNING)


def releases(installation: Installation) -> Iterator[Finding]:
    """Servers that are older than any that Cadran is tested with; what does not answer is told by its own check."""
    for server, told in _releases(installation):
        yield from too_old(server, told)


def _releases(installation: Installation) -> Iterator[tuple[str, str]]:
    try:
        with installation.redis() as redis:
            yield from (("Redis", str(server.info("server")["redis_version"])) for server in servers(redis))
    except NO_REDIS:
        pass
    for name, server in (("Prometheus", Port.PROMETHEUS), ("Alertmanager", Port.ALERTMANAGER)):
        try:
            yield name, installation.release(server)
        except Unavailable:
            continue


def too_old(server: str, told: str) -> Iterator[Finding]:
    """A release that is older than the oldest that will do; one that cannot be read is passed over."""
    number = re.match(r"v?(\d+)\.(\d+)", told)
    least = LEAST_RELEASES[server]
    if number and (int(number[1]), int(number[2])) < least:
        yield Finding(f"{server} is {told}", f"install {least[0]}.{least[1]} or later")
