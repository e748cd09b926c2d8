"""Programs that the fault tests add to a stack: a second processor, and programs with a wrong clock."""

from pathlib import Path

from deploy.local.programs import Program, servers, services
from services.common.errors import ConfigurationError
from tests.faults.servers import partitions_held
from tests.support.stack import RunningStack, wait_for

PROCESSORS = ("worker", "worker-1")
WRONG_CLOCKS = {"ahead": "+300s", "behind": "-300s"}


def add_programs(stack: RunningStack) -> None:
    """Hand a second processor and the wrong clocks to the stack's supervisor, and start the processor."""
    own = {program.name: program for program in services()}
    second = _with_environment(own["worker"], "worker-1", "CADRAN_STREAM_WORKER=1")
    wrong = [
        _with_environment(program, f"{program.name}-{name}", _clock(offset))._replace(autostart=False)
        for program in (own["ingest"], own["worker"], second)
        for name, offset in WRONG_CLOCKS.items()
    ]
    settings = {name: value for name, value in stack.environment.items() if name.startswith("CADRAN_")}
    programs = [*servers(stack.settings, stack.layout), *services(), second, *wrong]
    stack.supervisor.write(programs, {**settings, "CADRAN_LOCAL_DIR": str(stack.layout.root)})
    stack.supervisor.start_daemon()
    stack.supervisor.start(second.name)
    wait_for(lambda: all(partitions_held(stack, worker) for worker in range(2)), "two processors share the partitions")


def _with_environment(program: Program, name: str, environment: str) -> Program:
    return program._replace(name=name, command=f"env {environment} {program.command}")


def _clock(offset: str) -> str:
    """What makes a program see another time of day; its monotonic clock is left alone, as a wrong clock leaves it.

    The library itself and not the `faketime` command, which would stand between the supervisor and the program.
    """
    library = next(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"), None)
    if library is None:
        raise ConfigurationError("libfaketime is not installed", mend="run `make setup-dev`")
    return f"LD_PRELOAD={library} FAKETIME={offset} FAKETIME_DONT_FAKE_MONOTONIC=1"
