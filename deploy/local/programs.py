"""The programs of the local stack, and the files that they are started with."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import NamedTuple

from services.common.errors import ConfigurationError
from services.common.settings import Port, Settings

DEPLOY = Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent
KAFKA_HEAP = "-Xms256m -Xmx512m"
KEPT_DAYS = 400
"""What Prometheus keeps: as much as `cadran backfill` writes."""


class Program(NamedTuple):
    """One process: how it is started, and in which order (lower first)."""

    name: str
    command: str
    priority: int
    autostart: bool = True
    stop_seconds: int = 15


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

    def make(self) -> None:
        for folder in (self.config, self.logs, *(self.data / name for name in ("kafka", "redis", "prometheus"))):
            folder.mkdir(parents=True, exist_ok=True)


def kafka_jars() -> Path:
    """The folder of Kafka's jars: shared by all instances of this checkout."""
    return ROOT / ".local" / "kafka-jars"


def java(*arguments: str) -> list[str]:
    """A command line for one of Kafka's own programs."""
    return [_program("java"), "-cp", f"{kafka_jars()}/*", *arguments]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(f"{name} is not installed", mend="run `make setup`, which installs what is missing")
    return found


def write_configs(settings: Settings, layout: Layout) -> None:
    """Fill in the servers' files."""
    _fill("kafka/server.properties", layout, port=settings.port(Port.KAFKA), data=layout.data / "kafka",
          controller_port=settings.port(Port.KAFKA_CONTROLLER))  # fmt: skip
    _fill("redis/redis.conf", layout, port=settings.port(Port.REDIS), data=layout.data / "redis")
    _fill("prometheus/prometheus.yml", layout, exporter_port=settings.port(Port.EXPORTER),
          ingest_port=settings.port(Port.INGEST), survey_port=settings.port(Port.SURVEY),
          pricing_port=settings.port(Port.PRICING), board_port=settings.port(Port.BOARD),
          worker_port=settings.port(Port.WORKER_METRICS), rules=DEPLOY / "prometheus" / "rules")  # fmt: skip


def _fill(source: str, layout: Layout, **values: object) -> None:
    text = Template((DEPLOY / source).read_text()).substitute({name: str(value) for name, value in values.items()})
    (layout.config / Path(source).name).write_text(text)


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
    """Kafka, Redis, Prometheus."""
    config = layout.config
    logging = f"-Dlog4j2.configurationFile={DEPLOY / 'kafka' / 'log4j2.yaml'}"
    kafka = " ".join(java(*KAFKA_HEAP.split(), logging, "kafka.Kafka", str(config / "server.properties")))
    prometheus = [
        f"{_program('prometheus')} --config.file={config / 'prometheus.yml'} --log.level=warn --web.enable-lifecycle",
        f"--storage.tsdb.path={layout.data / 'prometheus'} --storage.tsdb.retention.time={KEPT_DAYS}d",
        "--web.enable-admin-api",  # `cadran backfill` drops by it what it writes anew; it listens on this machine alone
        f"--web.listen-address=127.0.0.1:{settings.port(Port.PROMETHEUS)}",
    ]
    return [
        Program("kafka", kafka, 10, stop_seconds=30),
        Program("redis", f"{_program('redis-server')} {config / 'redis.conf'}", 10),
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
        Program("board", f"{python}.board.main", 70),
        Program("shop", f"{python}.simulator.shop.main", 80, autostart=False),
        Program("simulator", f"{python}.simulator.main", 90, autostart=False),
    ]
