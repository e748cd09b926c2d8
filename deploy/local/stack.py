"""`python -m deploy.local.stack up|demo|servers|down|status`: the local stack of one instance.

`demo` is `up` with a simulated company: 400 past days, or as many as DEMO_DAYS says, and its life from now on.

Everything lives in the local folder (`.local`, or CADRAN_LOCAL_DIR) and survives `down` and `up`. CADRAN_PORT_OFFSET
moves every port, so that one instance can run beside another.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.local.checks import Checks
from deploy.local.first import development_key, first_board_key, first_director
from deploy.local.forms import form_of
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
from services.common.topic_admin import create_topics, require_topics
from services.operations.access.rights import OPERATOR

READY_SECONDS = 90.0
BACKFILLED_DAYS = 35
"""As many as a panel of a month shows: each takes a second or two."""
POLL_SECONDS = 0.2
NAME_WIDTH = 14
"""Of a program, beside what is said of it."""


class Stack:
    """One instance: its servers, its services, its keys."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self.layout = Layout(settings.local_dir)
        self._form = form_of(settings, self.layout)
        self._settings = self._form.settings
        self._console = console
        self._checks = Checks(self._settings, self.layout)
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
                self._wait(program.name, self._checks.service(program.name))

    def demo(self, days: int) -> None:
        """Start everything, load a simulated past, and keep its life going."""
        self.up()
        self._cadran("simulate", "--no-live", "--days", str(days))
        self._catch_up()
        self.supervisor.start("shop")
        self._wait("shop", self._checks.service("shop"))
        self.supervisor.start("simulator")
        self._wait("KPIs", self._checks.kpis_are_in_prometheus)
        self._cadran("backfill", "--days", str(min(days, BACKFILLED_DAYS)))

    def _cadran(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "services.common.cli", *arguments]
        environment = {**os.environ, **self._form.settings_of(OPERATOR)}
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            raise ConfigurationError(f"`cadran {' '.join(arguments)}` failed", mend="see the message above")

    def start_servers(self) -> None:
        """Kafka, Redis, Prometheus and Alertmanager, and the topics."""
        self.layout.make()
        if self.supervisor.is_running():
            self._require_same_ports()
        else:
            self._require_free_ports()
            self.layout.port_offset.write_text(f"{self._settings.port_offset}\n")
        self._form.prepare()
        write_configs(self._settings, self.layout)
        write_first_alertmanager(self.layout)
        self._format_kafka()
        programs = [*servers(self._settings, self.layout), *self._services()]
        self.supervisor.write(programs, environment_of(self._settings, self.layout, environment()))
        self.supervisor.start_daemon()
        checks = {
            "kafka": self._checks.kafka_answers,
            "redis": self._checks.redis_answers,
            "alertmanager": self._checks.alertmanager_answers,
            "prometheus": self._checks.prometheus_answers,
        }
        for name in checks:
            self.supervisor.start(name)
        for name, check in checks.items():
            self._wait(name, check)
        self._form.admit()
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
        for label, text in self._form.hints():
            self._console.print(f"{label:<24} {text}", highlight=False, soft_wrap=True)

    def _services(self) -> list[Program]:
        return self._form.programs(services())

    def _format_kafka(self) -> None:
        if self.layout.kafka_format.exists():
            return
        config = self.layout.config / "server.properties"
        arguments = [f"--cluster-id={secrets.token_urlsafe(16)}", f"--config={config}"]
        tool = java("kafka.tools.StorageTool", "format", *self._form.format_arguments(arguments))
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

    def _catch_up(self) -> None:
        """Show how many records are still to be applied, until none is."""
        self._say("events", "sent; the worker applies them, which takes a minute or two")
        with Progress(
            TextColumn("applying"), BarColumn(), MofNCompleteColumn(), console=self._console, transient=True
        ) as bar:
            most = self._checks.lag()
            task = bar.add_task("", total=most)
            while lag := self._checks.lag():
                most = max(most, lag)
                bar.update(task, total=most, completed=most - lag)
                time.sleep(0.5)
        self._say("events", "all applied")

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
        elif command == "servers":
            stack.start_servers()
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
