"""The services of the Compose file as processes of this machine, where no engine runs.

Each is run by its own command, with its own environment, secrets, files and health check, after what it depends on. In
the place of what an engine would give it, a host's name and port become an address of this machine, and a path of a
container one below a folder. Nothing is confined, and there is no Grafana.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.docker.lint.compose import Compose, Mount, Service, read_compose
from deploy.local.programs import kafka_jars

ROOT = Path(__file__).resolve().parents[2]
NOT_HERE = {"grafana"}
LOCAL = "127.0.0.1"
KAFKA_TOOLS = {
    "kafka-storage.sh": "kafka.tools.StorageTool",
    "kafka-run-class.sh": "",
}
"""Kafka's scripts by their classes: Maven brings the jars of the server alone."""
API_VERSIONS = f"""#!{sys.executable}
import sys
from kafka.admin import KafkaAdminClient
KafkaAdminClient(bootstrap_servers=sys.argv[2], bootstrap_timeout_ms=2000).close()
"""
"""In the place of `kafka-broker-api-versions.sh`, whose jar is not here: asks for the same."""
LISTEN = {"prometheus": 9090, "alertmanager": 9093}
"""Whose address is a flag, as there is one machine for all here."""
PORT_SETTINGS = {"worker": "WORKER_METRICS"}
PROGRAMS = {"prometheus": ["prometheus"], "alertmanager": ["prometheus-alertmanager"]}
"""What images begin with by themselves, by Debian's names."""
PATIENCE = 180.0
"""Seconds for a service to get well: Kafka and a dozen others share two cores."""


class Composed:
    """The services of a file with a folder to live in. What `start` starts, `stop` ends."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.compose: Compose = read_compose(ROOT / "docker-compose.yml", environ)
        self.secrets = folder / "secrets"
        self._environ = environ
        self._ports: dict[tuple[str, int], int] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._done: set[str] = set()
        subprocess.run([ROOT / "deploy" / "docker" / "make-secrets.sh", self.secrets], check=True, capture_output=True)
        self._tools = self._kafka_tools()

    def start(self, *names: str) -> None:
        """Start services, and before each what it waits for."""
        for name in names:
            if name in self._running or name in self._done:
                continue
            service = self.compose.services[name]
            needed = [other for other, need in service.needs.items() if need.get("required", True)]
            self.start(*(other for other in needed if other not in NOT_HERE))
            if service.runs_once:
                done = self.run(name)
                assert done.returncode == 0, done.stdout + done.stderr
                self._done.add(name)
            else:
                self._begin(service)

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends, as `docker compose run --rm` does; arguments replace its command's."""
        service = self.compose.services[name]
        command = [*service.entrypoint, *(arguments or service.command)]
        return subprocess.run(
            self._words(service, command), env=self._environment(service), cwd=ROOT, capture_output=True, text=True
        )

    def check(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a service's health check."""
        service = self.compose.services[name]
        command = self._words(service, service.check)
        return subprocess.run(command, env=self._environment(service), cwd=ROOT, capture_output=True, text=True)

    def url(self, name: str, port: int) -> str:
        """Where a service's port is here."""
        return f"http://127.0.0.1:{self._port(name, port)}"

    def stop(self, name: str) -> int:
        """End a service by SIGTERM, in the time that it is given; returns its status."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        grace = float(self.compose.services[name].section["stop_grace_period"].removesuffix("s"))
        return process.wait(grace)

    def stop_all(self) -> None:
        for name in reversed(list(self._running)):
            process = self._running.pop(name)
            process.kill()
            process.wait()

    def _begin(self, service: Service) -> None:
        command = [*service.entrypoint, *PROGRAMS.get(service.name, ()), *service.command]
        if service.name in LISTEN:
            command.append(f"--web.listen-address=127.0.0.1:{LISTEN[service.name]}")
        log = self.log(service.name)
        with log.open("wb") as file:
            self._running[service.name] = subprocess.Popen(
                self._words(service, command), env=self._environment(service), cwd=ROOT, stdout=file, stderr=file
            )
        if service.check:
            self._wait_until_healthy(service)

    def _wait_until_healthy(self, service: Service) -> None:
        deadline, told = time.monotonic() + PATIENCE, ""
        while time.monotonic() < deadline and self._running[service.name].poll() is None:
            checked = self.check(service.name)
            if checked.returncode == 0:
                return
            told = checked.stdout + checked.stderr
            time.sleep(0.5)
        raise AssertionError(f"{service.name} is not healthy: {told}\n{self.log(service.name).read_text()[-4000:]}")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _words(self, service: Service, command: Sequence[str]) -> list[str]:
        words = [self.here(service, word) for word in command]
        words = words[2:] if words[:2] == ["tini", "--"] else words
        own = {"python": [sys.executable], "cadran": [sys.executable, "-m", "services.common.cli"]}
        return [*own.get(words[0], words[:1]), *words[1:]]

    def _environment(self, service: Service) -> dict[str, str]:
        given = {name: value for name, value in self._environ.items() if name.startswith("CADRAN_")}
        values = {name: self.here(service, value) for name, value in {**given, **service.environment}.items()}
        if service.is_ours:
            values["CADRAN_HOST"] = "127.0.0.1"
            setting = PORT_SETTINGS.get(service.name, service.name.upper())
            values |= {f"CADRAN_PORT_{setting}": str(self._port(service.name, port)) for port in _listens_on(service)}
        return {"PATH": f"{self._tools}:{os.environ['PATH']}", "KAFKA_BIN": str(self._tools), **values}

    def here(self, service: Service, text: str) -> str:
        """A text of a service's with the hosts and paths of containers replaced."""
        for target, path in self._places(service).items():
            text = re.sub(rf"(?<![\w./-]){re.escape(target)}(?![\w-])", str(path), text)
        text = text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - what files say; nothing here listens on it
        hosts = "|".join([*self.compose.services, re.escape(LOCAL)])
        return re.sub(rf"(?<![\w.-])({hosts}):(\d+)", lambda found: self._address(service, *found.groups()), text)

    def _address(self, service: Service, host: str, port: str) -> str:
        return f"127.0.0.1:{self._port(service.name if host == LOCAL else host, int(port))}"

    def _port(self, name: str, port: int) -> int:
        if (name, port) not in self._ports:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self._ports[name, port] = probe.getsockname()[1]
        return self._ports[name, port]

    def _places(self, service: Service) -> dict[str, Path]:
        """The paths of a container and where they are here; its secrets in a folder that holds no others."""
        places = {"/run/secrets": self._secrets_of(service), "/opt/kafka/bin": self._tools}
        for mount in service.mounts:
            places[mount.target] = self._place(service, mount)
        return places

    def _place(self, service: Service, mount: Mount) -> Path:
        if not mount.is_path:
            return self.volume(mount.source)
        source = ROOT / mount.source
        return source if source.is_dir() else self._copied(service, mount.source)

    def volume(self, name: str) -> Path:
        """Where a volume is here."""
        path = self.folder / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _secrets_of(self, service: Service) -> Path:
        folder = self.folder / "given" / service.name
        folder.mkdir(parents=True, exist_ok=True)
        for secret in service.secrets:
            if not (folder / secret.target).exists():
                (folder / secret.target).symlink_to(self.secrets / secret.name)
        return folder

    def _copied(self, service: Service, source: str) -> Path:
        """A file that is mounted, with its hosts and paths replaced."""
        path = self.folder / "files" / service.name / Path(source).name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            volumes = Service(service.name, {**service.section, "volumes": _volumes_of(service)})
            text = self.here(volumes, (ROOT / source).read_text())
            own = re.compile(r"^(port )(\d+)$", re.MULTILINE)  # as Redis writes it
            path.write_text(own.sub(lambda found: f"{found[1]}{self._port(service.name, int(found[2]))}", text))
        return path

    def _kafka_tools(self) -> Path:
        folder = self.folder / "kafka-bin"
        folder.mkdir(parents=True)
        for name, main in KAFKA_TOOLS.items():
            line = f"exec java $KAFKA_HEAP_OPTS $KAFKA_LOG4J_OPTS -cp {shlex.quote(f'{kafka_jars()}/*')} {main}"
            (folder / name).write_text(f'#!/bin/sh\n{line} "$@"\n')
        (folder / "kafka-broker-api-versions.sh").write_text(API_VERSIONS)
        for path in folder.iterdir():
            path.chmod(0o755)
        return folder


@contextmanager
def composed(folder: Path, **environ: str) -> Iterator[Composed]:
    """Services of the Compose file; whatever was started is stopped."""
    services = Composed(folder, environ)
    try:
        yield services
    finally:
        services.stop_all()


def _volumes_of(service: Service) -> list[str]:
    return [f"{mount.source}:{mount.target}" for mount in service.mounts if not mount.is_path]


def _listens_on(service: Service) -> set[int]:
    return {int(port) for word in service.check for port in re.findall(r"127\.0\.0\.1:(\d+)", word)}
