"""`python -m deploy.local.stack up|demo|down|status`: the local stack of one instance.

`demo` is `up` with a simulated company: 400 past days, or as many as DEMO_DAYS says, and its life from now on.

Everything lives in the local folder (`.local`, or CADRAN_LOCAL_DIR) and survives `down` and `up`. CADRAN_PORT_OFFSET
moves every port, so that one instance can run beside another.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

import redis
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.local.first import development_key, first_board_key, first_director
from deploy.local.programs import (
    ROOT,
    Layout,
    Program,
    environment_of,
    java,
    servers,
    services,
    write_configs,
    write_first_alertmanager,
)
from deploy.local.supervisor import Supervisor, environment
from services.common.errors import CadranError, ConfigurationError, Unavailable
from services.common.settings import Port, Settings
from services.common.topic_admin import admin_client, create_topics, require_topics

READY_SECONDS = 90.0
BACKFILLED_DAYS = 35
"""As many as a panel of a month shows: each takes a second or two."""
POLL_SECONDS = 0.2
NAME_WIDTH = 14
"""Of a program, beside what is said of it."""


class Stack:
    """One instance: its servers, its services, its keys."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self.layout = Layout(settings.local_dir)
        self.supervisor = Supervisor(self.layout)

    def up(self) -> None:
        """Start what does not run yet, in order, and return when all of it answers."""
        self.start_servers()
        self.make_keys()
        first_director(self.layout)
        for program in self._services():
            if program.autostart:
                self.supervisor.start(program.name)
        for program in self._services():
            if program.autostart:
                self._wait(program.name, self._service_check(program.name))

    def demo(self, days: int) -> None:
        """Start everything, load a simulated past, and keep its life going."""
        self.up()
        self._cadran("simulate", "--no-live", "--days", str(days))
        self._catch_up()
        self.supervisor.start("shop")
        self._wait("shop", self._service_check("shop"))
        self.supervisor.start("simulator")
        self._wait("KPIs", self._kpis_are_in_prometheus)
        self._cadran("backfill", "--days", str(min(days, BACKFILLED_DAYS)))

    def _cadran(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "services.common.cli", *arguments]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            raise ConfigurationError(f"`cadran {' '.join(arguments)}` failed", mend="see the message above")

    def start_servers(self) -> None:
        """Kafka, Redis, Prometheus and Alertmanager, and the topics."""
        self.layout.make()
        if self.supervisor.is_running():
            self._require_same_ports()
        else:
            self._require_free_ports()
            self.layout.port_offset.write_text(f"{self._settings.port_offset}\n")
        write_configs(self._settings, self.layout)
        write_first_alertmanager(self.layout)
        self._format_kafka()
        programs = [*servers(self._settings, self.layout), *self._services()]
        self.supervisor.write(programs, environment_of(self._settings, self.layout, environment()))
        self.supervisor.start_daemon()
        checks = {
            "kafka": self._kafka_answers,
            "redis": self._redis_answers,
            "alertmanager": self._alertmanager_answers,
            "prometheus": self._prometheus_answers,
        }
        for name in checks:
            self.supervisor.start(name)
        for name, check in checks.items():
            self._wait(name, check)
        created = create_topics(self._settings)
        require_topics(self._settings)
        self._say("topics", f"{len(created)} created" if created else "as they must be")

    def down(self) -> None:
        """Stop everything; the data stays."""
        if not self.supervisor.is_running():
            self._console.print("nothing runs")
            return
        self.supervisor.stop_daemon()
        self._wait_until(lambda: not self.supervisor.is_running(), "supervisord stops")
        self._console.print("stopped; the data is kept in", str(self.layout.root))

    def status(self) -> bool:
        """Print what runs; true when everything that should does."""
        if not self.supervisor.is_running():
            self._console.print("nothing runs: `make up` starts it")
            return False
        self._require_same_ports()
        wanted = {program.name for program in self._services() if not program.autostart}
        good = True
        for state in self.supervisor.states():
            running = state.state == "RUNNING"
            good = good and (running or state.name in wanted)
            colour = "green" if running else "yellow" if state.name in wanted else "red"
            self._console.print(f"[{colour}]{state.name:<{NAME_WIDTH}}{state.state:<10}[/] {state.description}")
        self.print_addresses()
        return good

    def print_addresses(self) -> None:
        for label, port, path in _ADDRESSES:
            self._console.print(f"{label:<24} http://127.0.0.1:{self._settings.port(port)}{path}", highlight=False)
        self._console.print(f"{'Key with every scope':<24} {self.layout.dev_key}", highlight=False)
        self._console.print(
            f"{'To sign in to the board':<24} director, password in {self.layout.director_password}",
            highlight=False,
            soft_wrap=True,
        )

    def _services(self) -> list[Program]:
        return services()

    def _format_kafka(self) -> None:
        if (self.layout.data / "kafka" / "meta.properties").exists():
            return
        cluster = secrets.token_urlsafe(16)
        config = str(self.layout.config / "server.properties")
        tool = java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", config)
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ConfigurationError(f"Kafka cannot be formatted: {done.stderr.strip() or done.stdout.strip()}")

    def _require_free_ports(self) -> None:
        for port in Port:
            number = self._settings.port(port)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", number))
                except OSError:
                    mend = f"stop it, or set CADRAN_PORT_{port.upper()} or CADRAN_PORT_OFFSET"
                    raise ConfigurationError(
                        f"port {number} ({port}) is in use by another program", mend=mend
                    ) from None

    def _require_same_ports(self) -> None:
        """What runs was started with an offset: with another one, every address would be wrong."""
        offset = self.layout.port_offset.read_text().strip() if self.layout.port_offset.exists() else "0"
        if offset != str(self._settings.port_offset):
            raise ConfigurationError(
                f"what runs here was started with {offset}, and this is {self._settings.port_offset}",
                field="CADRAN_PORT_OFFSET",
                mend=f"export CADRAN_PORT_OFFSET={offset}, or stop it with `make down`",
            )

    def make_keys(self) -> None:
        """Keys for a developer and for the board."""
        development_key(self._settings, self.layout)
        first_board_key(self._settings, self.layout)

    def _kafka_answers(self) -> None:
        # The admin client waits seconds between its attempts; a refused connection is known at once.
        socket.create_connection(("127.0.0.1", self._settings.port(Port.KAFKA)), timeout=1).close()
        with admin_client(self._settings.kafka_access) as client:
            client.list_topics()

    def _redis_answers(self) -> None:
        with redis.Redis.from_url(self._settings.redis_url, socket_timeout=2) as client:
            client.ping()

    def _prometheus_answers(self) -> None:
        _get(f"http://127.0.0.1:{self._settings.port(Port.PROMETHEUS)}/-/ready")

    def _alertmanager_answers(self) -> None:
        _get(f"http://127.0.0.1:{self._settings.port(Port.ALERTMANAGER)}/-/ready")

    def _service_check(self, name: str) -> Callable[[], None]:
        if name == "worker":
            return self._worker_is_ready
        port = self._settings.port(Port(name))
        return lambda: _ignore(_get(f"http://127.0.0.1:{port}/readyz"))

    def _worker_is_ready(self) -> None:
        text = _get(f"http://127.0.0.1:{self._settings.port(Port.WORKER_METRICS)}/metrics")
        if "cadran_worker_ready 1.0" not in text:
            raise Unavailable("no partitions yet")

    def _catch_up(self) -> None:
        """Show how many records are still to be applied, until none is."""
        self._say("events", "sent; the worker applies them, which takes a minute or two")
        with Progress(
            TextColumn("applying"), BarColumn(), MofNCompleteColumn(), console=self._console, transient=True
        ) as bar:
            most = self._lag()
            task = bar.add_task("", total=most)
            while lag := self._lag():
                most = max(most, lag)
                bar.update(task, total=most, completed=most - lag)
                time.sleep(0.5)
        self._say("events", "all applied")

    def _lag(self) -> int:
        """Records that no worker has applied yet; not known counts as many."""
        url = f"http://127.0.0.1:{self._settings.port(Port.EXPORTER)}/v1/freshness"
        key = self.layout.dev_key.read_text().strip()
        partitions = json.loads(_get(url, {"Authorization": f"Bearer {key}"}))["partitions"]
        return sum(1 if partition["lag"] is None else partition["lag"] for partition in partitions)

    def _kpis_are_in_prometheus(self) -> None:
        query = urllib.parse.quote('{__name__=~"cadran_net_sales_.+",window="mtd"}')
        answer = json.loads(_get(f"http://127.0.0.1:{self._settings.port(Port.PROMETHEUS)}/api/v1/query?query={query}"))
        if not answer["data"]["result"]:
            raise Unavailable("Prometheus has not scraped them yet")

    def _wait(self, name: str, check: Callable[[], object]) -> None:
        """Wait until a program answers; tell where its log is if it does not."""
        start = time.monotonic()
        fault: Exception | None = None
        while time.monotonic() - start < READY_SECONDS:
            try:
                check()
            except Exception as error:
                fault = error
                if self._has_failed(name):
                    break
                time.sleep(POLL_SECONDS)
                continue
            self._say(name, f"ready ({time.monotonic() - start:.1f} s)")
            return
        raise ConfigurationError(f"{name} does not get ready: {fault}", mend=f"see {self.layout.logs / name}.log")

    def _has_failed(self, name: str) -> bool:
        return any(state.name == name and state.state == "FATAL" for state in self.supervisor.states())

    def _wait_until(self, done: Callable[[], bool], what: str) -> None:
        start = time.monotonic()
        while not done():
            if time.monotonic() - start > READY_SECONDS:
                raise Unavailable(f"{what}: not within {READY_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def _say(self, name: str, text: str) -> None:
        self._console.print(f"  {name:<{NAME_WIDTH}}{text}", highlight=False)


_ADDRESSES = (
    ("Board", Port.BOARD, "/"),
    ("Read API", Port.EXPORTER, "/v1/kpis"),
    ("Events in", Port.INGEST, "/v1/events"),
    ("Surveys", Port.SURVEY, "/docs"),
    ("Competitors' prices", Port.PRICING, "/docs"),
    ("Documentation of the API", Port.INGEST, "/docs"),
    ("Prometheus", Port.PROMETHEUS, "/"),
    ("Alertmanager", Port.ALERTMANAGER, "/"),
)


def _get(url: str, headers: dict[str, str] | None = None) -> str:
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 - always http to this machine
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        raise Unavailable(f"{url} answers {error.code}: {error.read().decode()[:500]}") from None


def _ignore(_: object) -> None:
    return None


def main() -> None:
    console = Console()
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        stack = Stack(Settings.load(), console)
        if command == "up":
            stack.up()
            stack.print_addresses()
        elif command == "demo":
            stack.demo(int(os.environ.get("DEMO_DAYS") or 400))
            stack.print_addresses()
        elif command == "down":
            stack.down()
        elif command == "status":
            sys.exit(0 if stack.status() else 1)
        else:
            sys.exit(__doc__)
    except CadranError as error:
        sys.exit(f"{command}: {error}")


if __name__ == "__main__":
    main()
