"""The programs of the local stack, and the files that they are started with."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import NamedTuple

from deploy.local.certificates import SERVERS
from deploy.local.secret_folder import SecretFolder
from services.common.errors import ConfigurationError
from services.common.settings import Port, Settings
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.config import FILE, RETENTION, write_alertmanager
from services.kpi_stream.alerting.telling.receivers import Version

DEPLOY = Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent
KAFKA_HEAP = "-Xms256m -Xmx512m"
KEPT_DAYS = 400
"""What Prometheus keeps: as much as `cadran backfill` writes."""


SCRAPED: Mapping[str, Port] = {
    **{port.value: port for port in (Port.EXPORTER, Port.INGEST, Port.SURVEY, Port.PRICING, Port.BOARD, Port.ALERTS)},
    "worker": Port.WORKER_METRICS,
    **{port.value: port for port in (Port.PROMETHEUS, Port.ALERTMANAGER)},
}
"""Whom Prometheus asks, by the names that its file has for their addresses."""


class Program(NamedTuple):
    """One process: how it is started, and in which order (lower first)."""

    name: str
    command: str
    priority: int
    autostart: bool = True
    stop_seconds: int = 15
    environment: Mapping[str, str] = MappingProxyType({})
    """Settings that it alone is given."""


class Layout:
    """Where the local stack keeps things."""

    def __init__(self, local_dir: Path) -> None:
        self.root = local_dir.resolve()
        self.config = self.root / "config"
        self.data = self.root / "data"
        self.logs = self.root / "logs"
        self.supervisor_config = self.config / "supervisord.conf"
        self.supervisor_socket = self.root / "supervisor.sock"
        self.supervisor_pid = self.root / "supervisord.pid"
        self.port_offset = self.root / "port_offset"
        self.dev_key = self.root / "dev.key"
        self.board_key = self.root / "board.key"
        self.board_users = self.root / "board-users.json"
        self.director_password = self.root / "director.password"
        self.secrets = self.root / "secrets"
        self.kafka_format = self.data / "kafka" / "meta.properties"

    def make(self) -> None:
        data = (self.data / name for name in ("kafka", "redis", "prometheus", "alertmanager"))
        for folder in (self.config, self.logs, *data):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.data, self.logs):  # customers' data among it, whatever the rights within
            folder.chmod(0o700)


def kafka_jars() -> Path:
    """The folder of Kafka's jars: shared by all instances of this checkout."""
    return ROOT / ".local" / "kafka-jars"


def java(*arguments: str) -> list[str]:
    """A command line for one of Kafka's own programs."""
    return [_program("java"), "-cp", f"{kafka_jars()}/*", *arguments]


def _program(*names: str) -> str:
    """A program by the first of its names that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise ConfigurationError(
            f"{names[0]} is not installed", mend="run `make setup`, which installs what is missing"
        )
    return found


def _alertmanager() -> str:
    return _program("prometheus-alertmanager", "alertmanager")  # Debian's name, and its own


def alertmanager_version() -> Version:
    """Of the Alertmanager that is installed."""
    told = subprocess.run([_alertmanager(), "--version"], capture_output=True, text=True, check=False)
    return Version.read(told.stdout + told.stderr)


def write_configs(settings: Settings, layout: Layout) -> None:
    """Fill in the servers' files."""
    form = "secure" if settings.local_secure else "plain"
    kept = SecretFolder(layout.secrets)
    secret = {"secrets": kept.folder, "servers": kept.servers, "ca": kept.ca, "redis_users": kept.redis_users}
    _fill(("kafka/server.properties", f"kafka/{form}.properties"), layout, port=settings.port(Port.KAFKA),
          data=layout.data / "kafka", controller_port=settings.port(Port.KAFKA_CONTROLLER), name=SERVERS,
          **secret)  # fmt: skip
    _fill(("redis/redis.conf", f"redis/{form}.conf"), layout, port=settings.port(Port.REDIS),
          data=layout.data / "redis", **secret)  # fmt: skip
    scraped = {name: f"127.0.0.1:{settings.port(port)}" for name, port in SCRAPED.items()}
    _fill(("prometheus/prometheus.yml",), layout, rules=alerts_folder(layout) / "rules", **scraped)


def alerts_folder(layout: Layout) -> Path:
    """Where rules and Alertmanager's file are written."""
    return AlertSettings.load().folder_in(layout.root).resolve()


def write_first_alertmanager(layout: Layout) -> None:
    """What Alertmanager begins with, where nothing is in force yet: it tells nobody."""
    folder = alerts_folder(layout)
    if not (folder / FILE).exists():
        write_alertmanager((), AlertSettings.load(), alertmanager_version(), folder)


def _fill(parts: Sequence[str], layout: Layout, **values: object) -> None:
    """Fill in a file, called like the first of its parts."""
    (layout.config / Path(parts[0]).name).write_text(filled(parts, **values))


def filled(parts: Sequence[str], **values: object) -> str:
    """Files below `deploy`, one after another, with their names with a dollar sign filled in."""
    text = Template("".join((DEPLOY / part).read_text() for part in parts))
    return text.substitute({name: str(value) for name, value in values.items()})


def environment_of(settings: Settings, layout: Layout, given: Mapping[str, str]) -> dict[str, str]:
    """The settings of every program: those that were given, and before them where prices are watched here.

    That is the file in the repository, and the demo's shop, which is on this machine.
    """
    prices = {
        "CADRAN_PRICING_WATCH_LIST": str(DEPLOY / "pricing" / "watch.yml"),
        "CADRAN_PRICING_ALLOWED_HOSTS": json.dumps([f"127.0.0.1:{settings.port(Port.SHOP)}"]),
    }
    return {**prices, **given, "CADRAN_LOCAL_DIR": str(layout.root)}


def servers(settings: Settings, layout: Layout) -> list[Program]:
    """Kafka, Redis, Prometheus, Alertmanager."""
    config = layout.config
    logging = f"-Dlog4j2.configurationFile={DEPLOY / 'kafka' / 'log4j2.yaml'}"
    kafka = " ".join(java(*KAFKA_HEAP.split(), logging, "kafka.Kafka", str(config / "server.properties")))
    prometheus = [
        f"{_program('prometheus')} --config.file={config / 'prometheus.yml'} --log.level=warn --web.enable-lifecycle",
        f"--storage.tsdb.path={layout.data / 'prometheus'} --storage.tsdb.retention.time={KEPT_DAYS}d",
        "--web.enable-admin-api",  # `cadran backfill` drops by it what it writes anew; it listens on this machine alone
        # By default what was to last less than ten minutes is forgotten at a restart: told to be over, then anew.
        "--rules.alert.for-grace-period=10s",
        f"--web.listen-address=127.0.0.1:{settings.port(Port.PROMETHEUS)}",
    ]
    alertmanager = [
        f"{_program('env')} TZ={settings.time_zone}",  # in which messages tell the time
        f"{_alertmanager()} --config.file={alerts_folder(layout) / FILE} --log.level=warn",
        f"--storage.path={layout.data / 'alertmanager'} --data.retention={RETENTION}",
        "--data.maintenance-interval=30s",  # so much of what was told is forgotten at a kill -9, and told again
        f"--web.listen-address=127.0.0.1:{settings.port(Port.ALERTMANAGER)} --cluster.listen-address=",
    ]
    return [
        Program("kafka", kafka, 10, stop_seconds=30),
        Program("redis", f"{_program('redis-server')} {config / 'redis.conf'}", 10),
        Program("alertmanager", " ".join(alertmanager), 20),
        Program("prometheus", " ".join(prometheus), 20),
    ]


def services() -> list[Program]:
    """Cadran's own processes."""
    python = f"{sys.executable} -m services"
    return [
        Program("ingest", f"{python}.ingest.main", 50),
        Program("survey", f"{python}.survey.main", 50),
        Program("pricing", f"{python}.pricing_watch.main", 50),
        Program("worker", f"{python}.kpi_stream.main", 50, stop_seconds=20),
        Program("exporter", f"{python}.kpi_stream.exporter.main", 60),
        Program("alerts", f"{python}.kpi_stream.alerting.main", 60),
        Program("board", f"{python}.board.main", 70),
        Program("shop", f"{python}.simulator.shop.main", 80, autostart=False),
        Program("simulator", f"{python}.simulator.main", 90, autostart=False),
    ]
