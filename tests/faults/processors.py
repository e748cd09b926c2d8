"""Programs that the fault tests add to a stack: a second processor, and programs with a wrong clock."""

from deploy.local.programs import environment_of, servers, services
from tests.faults.servers import partitions_held
from tests.support.stack import RunningStack, wait_for

PROCESSORS = ("worker", "worker-1")
WRONG_CLOCKS = {"ahead": 300, "behind": -300}


def add_programs(stack: RunningStack) -> None:
    """Hand a second processor and the wrong clocks to the stack's supervisor, and start the processor."""
    own = {program.name: program for program in services()}
    worker = own["worker"]
    second = worker._replace(name="worker-1", command=f"env CADRAN_STREAM_WORKER=1 {worker.command}")
    wrong = [
        program._replace(name=f"{program.name}-{name}", command=_with_clock(program.command, seconds), autostart=False)
        for program in (own["ingest"], worker, second)
        for name, seconds in WRONG_CLOCKS.items()
    ]
    settings = {name: value for name, value in stack.environment.items() if name.startswith("CADRAN_")}
    programs = [*servers(stack.settings, stack.layout), *services(), second, *wrong]
    stack.supervisor.write(programs, environment_of(stack.settings, stack.layout, settings))
    stack.supervisor.start_daemon()
    stack.supervisor.start(second.name)
    wait_for(lambda: all(partitions_held(stack, worker) for worker in range(2)), "two processors share the partitions")


def _with_clock(command: str, seconds: int) -> str:
    """The same program with a clock that is so many seconds wrong."""
    return command.replace(" -m ", f" -m tests.faults.wrong_clock {seconds} ")
