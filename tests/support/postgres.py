"""A real PostgreSQL for a test: a cluster that is made, used and thrown away."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.redis import free_port

USER = "postgres"


class Cluster:
    """A cluster in a folder. `url` is that of an empty database, as CADRAN_SURVEY_DATABASE takes it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._data = str(folder / "data")
        self._log = str(folder / "log")
        self._options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off -k {folder}"
        self.url = f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"

    def make(self) -> None:
        _run(["initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync", "--locale=C.UTF-8"])

    def start(self) -> None:
        _run(["pg_ctl", "-D", self._data, "-o", self._options, "-l", self._log, "-w", "start"])

    def stop(self) -> None:
        _run(["pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop"])

    @contextmanager
    def away(self) -> Iterator[None]:
        """It is stopped, and refuses connections."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Its processes stand still: it takes connections, and answers nothing."""
        main = int((Path(self._data) / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        processes = [main, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="cadran-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    cluster = Cluster(folder, free_port())
    try:
        cluster.make()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of an empty database."""
    with running_cluster() as cluster:
        yield cluster.url


def _run(command: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs: as its own user where we are root, which it refuses to run as."""
    program = shutil.which(command[0]) or str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{command[0]}")))
    own = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
    done = subprocess.run([*own, program, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd="/", timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stdout
