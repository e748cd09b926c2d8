"""A whole stack for a test: real Kafka, Redis, Prometheus and every service, on free ports, in a folder of its own."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import redis
from rich.console import Console

from deploy.local.forms import form_of
from deploy.local.programs import ROOT, Layout
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from services.board.users import Role, Users
from services.common.redis_clients import blocking_redis
from services.common.settings import Port, Settings
from services.common.watched_file import RECHECK_SECONDS
from services.operations.access.rights import OPERATOR

COMMAND = (sys.executable, "-m", "deploy.local.stack")
PATIENCE = 60.0
PASSWORD = "four words put together"
"""Of people whom a test adds."""
OFFSETS = range(1000, 1900, 20)
"""Of stacks that run side by side. They span less than 900: a rebuild's worker listens so far above the others."""
CLAIMED_PORT = 8019
"""The last of the ports of services, which none listens on."""
TRUST = ssl.create_default_context()
"""Made once: a client that makes its own reads every certificate of the machine, which takes longer than it asks."""


class RunningStack:
    """A running stack and the ways into it."""

    def __init__(self, environment: dict[str, str]) -> None:
        given = settings_of(environment)
        self.layout = Layout(given.local_dir)
        self.form = form_of(given, self.layout)
        self.settings = self.form.settings
        """Those of the operator, as is the environment."""
        self.environment = {**environment, **self.form.settings_of(OPERATOR)}
        self.supervisor = Supervisor(self.layout)

    def url(self, port: Port) -> str:
        return f"http://127.0.0.1:{self.settings.port(port)}"

    @property
    def key(self) -> str:
        return self.layout.dev_key.read_text().strip()

    @property
    def password(self) -> str:
        """Of the `director`, who may sign in to the board."""
        return self.layout.director_password.read_text().strip()

    def http(self, port: Port, key: str | None = None) -> httpx.Client:
        """A client of a service, with the development key or another."""
        return httpx.Client(
            base_url=self.url(port), headers={"Authorization": f"Bearer {key or self.key}"}, timeout=30, verify=TRUST
        )

    @contextmanager
    def board(self, name: str = "director", password: str = "") -> Iterator[httpx.Client]:
        """A client of the board, signed in."""
        with httpx.Client(base_url=self.url(Port.BOARD), timeout=30, verify=TRUST) as client:
            answer = client.post("/sign-in", data={"name": name, "password": password or self.password})
            assert answer.status_code == 303, answer.text
            yield client

    @property
    def people(self) -> Users:
        """Who may sign in to the board."""
        return Users(self.layout.board_users)

    def add_person(self, name: str, role: Role, rep: str | None = None, password: str | None = PASSWORD) -> None:
        """Somebody more, known to the board when this returns: a try to sign in that comes too early would count."""
        self.people.add(name, role, rep, password)
        time.sleep(RECHECK_SECONDS)

    def environment_of(self, user: str, **settings: str) -> dict[str, str]:
        """What a process is given that is some user, with some settings of its own."""
        return {**self.environment, **self.form.settings_of(user), **settings}

    def redis(self) -> redis.Redis:
        return blocking_redis(self.settings.redis_access)

    def send(self, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Send a batch that the gateway must take whole."""
        with self.http(Port.INGEST) as client:
            response = client.post("/v1/events/batch", json=list(events))
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        assert answer["rejected"] == 0, answer
        return answer

    def kpi(self, kpi: str, **query: str) -> dict[str, Any]:
        """A KPI from the read API; `from_` stands for `from`."""
        parameters = {name.rstrip("_"): value for name, value in query.items()}
        with self.http(Port.EXPORTER) as client:
            response = client.get(f"/v1/kpis/{kpi}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    def applied(self) -> bool:
        """Has everything that Kafka holds been applied?"""
        with self.http(Port.EXPORTER) as client:
            response = client.get("/v1/freshness")
        if response.status_code != 200:
            return False
        partitions = response.json()["partitions"]
        return all(partition["lag"] == 0 for partition in partitions)

    def wait_applied(self) -> None:
        """Wait until all that was acknowledged is in the numbers, and stays so."""
        time.sleep(0.6)  # the ends of the logs are looked at twice a second
        wait_for(self.applied, "everything is applied")

    def cadran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `cadran` program against this stack."""
        command = [sys.executable, "-m", "services.common.cli", *arguments]
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=280)

    def pid(self, program: str) -> int:
        """The process of a program, once it runs: while it does not, the supervisor says 0, which is our own group."""
        found: list[int] = []

        def runs() -> bool:
            state = self.supervisor.state(program)
            found.append(state.pid)
            return state.state == "RUNNING"

        wait_for(runs, f"{program} runs")
        return found[-1]

    def kill(self, program: str) -> None:
        """kill -9, seen to be dead; the supervisor starts it again."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.supervisor.state(program).pid != pid, f"{program} is dead")

    def signal(self, program: str, number: int) -> None:
        os.kill(self.pid(program), number)


def wait_for(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until a condition holds; an error counts as not yet."""
    deadline = time.monotonic() + patience
    fault: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
            fault = None
        except Exception as error:
            fault = error
        time.sleep(0.05)
    raise AssertionError(f"not within {patience:.0f} s: {what}" + (f" ({fault!r})" if fault else ""))


@contextmanager
def free_offset() -> Iterator[int]:
    """An offset at which every port is free, kept from other tests by a port of it that is bound."""
    for offset in OFFSETS:
        with socket.socket() as claim:
            if _binds(claim, CLAIMED_PORT + offset) and _are_free(offset):
                yield offset
                return
    raise AssertionError("no free ports")


def _are_free(offset: int) -> bool:
    settings = Settings(port_offset=offset)
    return all(_is_free(settings.port(port) + extra) for port in Port for extra in range(3))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return _binds(probe, port)


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


@contextmanager
def running_stack(**settings: str) -> Iterator[RunningStack]:
    """A stack, with some settings (`CADRAN_TIME_ZONE="Europe/London"`); if it does not start, its logs are shown."""
    with _instance(settings) as stack:
        up = subprocess.run(
            [*COMMAND, "up"], env=stack.environment, cwd=ROOT, capture_output=True, text=True, timeout=180
        )
        assert up.returncode == 0, up.stdout + up.stderr + _logs(stack.layout.root)
        yield stack


@contextmanager
def running_servers(**settings: str) -> Iterator[RunningStack]:
    """Kafka, with the topics, and Redis; none of the services."""
    with _instance(settings) as stack:
        Stack(stack.settings, Console(quiet=True)).start_servers()
        for name in ("prometheus", "alertmanager"):
            stack.supervisor.stop(name)
        yield stack


@contextmanager
def _instance(settings: dict[str, str]) -> Iterator[RunningStack]:
    """A folder and free ports; whatever is started on them is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="cadran-"))
    with free_offset() as offset:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CADRAN_")},
            "CADRAN_LOCAL_DIR": str(folder),
            "CADRAN_PORT_OFFSET": str(offset),
            **settings,
        }
        stack = RunningStack(environment)
        try:
            yield stack
        finally:
            Stack(stack.settings, Console(quiet=True)).down()
            shutil.rmtree(folder, ignore_errors=True)


def settings_of(environment: dict[str, str]) -> Settings:
    """The settings that the stack's processes read."""
    given = {name.removeprefix("CADRAN_").lower(): value for name, value in environment.items()}
    return Settings.model_validate({n: _value(v) for n, v in given.items() if n in Settings.model_fields})


def _value(text: str) -> Any:
    """A setting's value, JSON where it is some."""
    return json.loads(text) if text[:1] in ("[", "{") else text


def _logs(folder: Path) -> str:
    return "".join(f"\n--- {path.name}\n{path.read_text()[-2000:]}" for path in sorted((folder / "logs").glob("*.log")))
