"""supervisord: its file, its start, and what it says of its programs."""

import configparser
import io
import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.programs import ROOT, Layout, Program
from services.common.errors import ConfigurationError
from services.common.whole_files import OURS_ALONE, replace_file

SOCKET_PATH_MAX = 100


class State(NamedTuple):
    """What a program is doing."""

    name: str
    state: str
    description: str
    pid: int


class Supervisor:
    """The process runner of one instance."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        if len(str(layout.supervisor_socket)) > SOCKET_PATH_MAX:
            mend = f"set CADRAN_LOCAL_DIR to a path of fewer than {SOCKET_PATH_MAX - 20} characters"
            raise ConfigurationError(f"{layout.root} is too long a path for a socket", mend=mend)

    def write(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Write supervisord's file. It holds the settings, and some hold passwords."""
        layout = self._layout
        config = configparser.RawConfigParser()
        config["unix_http_server"] = {"file": str(layout.supervisor_socket), "chmod": "0700"}
        config["supervisord"] = {
            "logfile": str(layout.logs / "supervisord.log"),
            "pidfile": str(layout.supervisor_pid),
            "childlogdir": str(layout.logs),
            "directory": str(ROOT),
        }
        config["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        for program in programs:
            config[f"program:{program.name}"] = self._section(program, environment)
        text = io.StringIO()
        config.write(text)
        replace_file(layout.supervisor_config, text.getvalue().encode(), OURS_ALONE)

    def _section(self, program: Program, environment: Mapping[str, str]) -> dict[str, str]:
        settings = sorted({**environment, **program.environment}.items())
        return {
            "command": _escaped(program.command),
            "directory": str(ROOT),
            "environment": ",".join(_quoted(name, value) for name, value in settings),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "20",
            "priority": str(program.priority),
            "stopwaitsecs": str(program.stop_seconds),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(self._layout.logs / f"{program.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }

    def start_daemon(self) -> None:
        """Start supervisord, or have the running one read its file again."""
        if self.is_running():
            added, changed, removed = self._call("reloadConfig")[0]
            for name in [*changed, *removed]:
                self._call("stopProcessGroup", name)
                self._call("removeProcessGroup", name)
            for name in [*added, *changed]:
                self._call("addProcessGroup", name)
            return
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._layout.supervisor_config)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        if done.returncode != 0:
            raise ConfigurationError(f"supervisord does not start: {done.stderr.strip() or done.stdout.strip()}")

    def stop_daemon(self) -> None:
        """Stop all programs, then supervisord."""
        self._call("stopAllProcesses")
        self._call("shutdown")

    def is_running(self) -> bool:
        try:
            self._call("getState")
        except OSError:
            return False
        return True

    def start(self, name: str) -> None:
        """Start a program that is not running."""
        if self.state(name).state not in ("RUNNING", "STARTING"):
            self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        if self.state(name).state in ("RUNNING", "STARTING", "BACKOFF"):
            self._call("stopProcess", name)

    def state(self, name: str) -> State:
        return _state(self._call("getProcessInfo", name))

    def states(self) -> list[State]:
        return [_state(info) for info in self._call("getAllProcessInfo")]

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._layout.supervisor_socket}")
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        with proxy:
            return getattr(proxy.supervisor, method)(*arguments)


def _state(info: Mapping[str, Any]) -> State:
    return State(info["name"], info["statename"], info["description"], info["pid"])


def _escaped(text: str) -> str:
    return text.replace("%", "%%").replace('"', '\\"')


def _quoted(name: str, value: str) -> str:
    """A variable as supervisord reads it: in quotes of the kind that the value does not hold, as there is no escape.

    :raises ConfigurationError: when it holds both.
    """
    quote = "'" if '"' in value else '"'
    if quote in value:
        raise ConfigurationError("holds both \" and ', which supervisord cannot read", field=name, mend="leave one out")
    return f"{name}={quote}{value.replace('%', '%%')}{quote}"


def environment() -> dict[str, str]:
    """The settings that this process was given, for the programs."""
    return {name: value for name, value in os.environ.items() if name.startswith("CADRAN_")}
