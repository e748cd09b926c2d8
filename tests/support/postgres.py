"""A real PostgreSQL for a test: a cluster that is made, used and thrown away."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.redis import free_port

USER = "postgres"


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of an empty database, as CADRAN_SURVEY_DATABASE takes it."""
    folder, port = Path(tempfile.mkdtemp(prefix="cadran-postgres-")), free_port()
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    data = str(folder / "data")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off -k {folder}"
    try:
        _run(["initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "--locale=C.UTF-8"])
        _run(["pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start"])
        try:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
        finally:
            _run(["pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs: as its own user where we are root, which it refuses to run as."""
    program = shutil.which(command[0]) or str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{command[0]}")))
    own = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
    done = subprocess.run([*own, program, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd="/", timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stdout
