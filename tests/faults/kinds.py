"""The faults: what each is called, how it is inflicted and ended, and how long it lasts.

A fault is a context manager that yields when it began, and whom it struck.
"""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import NamedTuple

from tests.faults.clients import Clients
from tests.faults.processors import PROCESSORS, WRONG_CLOCKS
from tests.faults.servers import bring_back, copy_of_redis
from tests.support.stack import RunningStack, wait_for

ROLLED_BACK_BY = 1.0
ROOM_ON_DISK = 20_000


class Scene(NamedTuple):
    """Where faults are inflicted."""

    stack: RunningStack
    clients: Clients
    random: Random


class Struck(NamedTuple):
    """When a fault began (seconds of the monotonic clock), and whom it struck."""

    at: float
    whom: str


Inflicting = Callable[[Scene], AbstractContextManager[Struck]]


class Fault(NamedTuple):
    """A kind of fault, and for how many seconds it lasts."""

    name: str
    inflict: Inflicting
    seconds: float = 0.0


def nothing(scene: Scene) -> AbstractContextManager[Struck]:
    """No fault: what the others are to be compared with."""
    return _struck("nobody")


@contextmanager
def _struck(whom: str) -> Iterator[Struck]:
    yield Struck(time.monotonic(), whom)


def killed(*programs: str) -> Inflicting:
    """kill -9 of one of some programs; the supervisor starts it again."""

    @contextmanager
    def inflict(scene: Scene) -> Iterator[Struck]:
        program = scene.random.choice(programs)
        scene.stack.kill(program)
        yield Struck(time.monotonic(), program)

    return inflict


def asleep(*programs: str) -> Inflicting:
    """SIGSTOP of one of some programs, then SIGCONT: it goes on with what it had in hand."""

    @contextmanager
    def inflict(scene: Scene) -> Iterator[Struck]:
        program = scene.random.choice(programs)
        pid = scene.stack.pid(program)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield Struck(time.monotonic(), program)
        finally:
            os.kill(pid, signal.SIGCONT)

    return inflict


def wrong_clock(*programs: str) -> Inflicting:
    """One of some programs is started anew with a clock that is five minutes wrong, then with the right one."""

    @contextmanager
    def inflict(scene: Scene) -> Iterator[Struck]:
        supervisor = scene.stack.supervisor
        right = scene.random.choice(programs)
        wrong = f"{right}-{scene.random.choice(list(WRONG_CLOCKS))}"
        began = time.monotonic()
        supervisor.stop(right)
        supervisor.start(wrong)
        yield Struck(began, wrong)
        supervisor.stop(wrong)
        supervisor.start(right)

    return inflict


@contextmanager
def disk_full(scene: Scene) -> Iterator[Struck]:
    """Redis cannot make its append-only file longer: it writes a part of a command, then refuses all writes.

    It ends as docs/faults.md asks of an operator: room is made, and the file written anew.
    """
    pid = scene.stack.pid("redis")
    limits = _fill_disk(scene, pid)
    yield Struck(time.monotonic(), "redis")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    with scene.stack.redis() as client:
        client.bgrewriteaof()
        wait_for(lambda: not client.info("persistence")["aof_rewrite_in_progress"], "the file is written anew")


@contextmanager
def killed_while_disk_full(scene: Scene) -> Iterator[Struck]:
    """Redis dies with a state that its disk does not hold. The next process finds room."""
    pid = scene.stack.pid("redis")
    _fill_disk(scene, pid)
    yield Struck(time.monotonic(), "redis")
    os.kill(pid, signal.SIGKILL)


def _fill_disk(scene: Scene, pid: int) -> tuple[int, int]:
    """Let no file of Redis grow; returns the limits that it had.

    A limit on the size of files needs neither root nor a file system. Redis lives on after the signal that comes with
    it: supervisord is a Python program, which ignores that signal, and so do its children.
    """
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    files = (path for path in (scene.stack.layout.data / "redis").rglob("*") if path.is_file())
    full = max(path.stat().st_size for path in files) + ROOM_ON_DISK
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, hard))
    return soft, hard


@contextmanager
def memory_full(scene: Scene) -> Iterator[Struck]:
    """Redis refuses every write that needs room."""
    with scene.stack.redis() as client:
        client.config_set("maxmemory", 1)
        yield Struck(time.monotonic(), "redis")
        client.config_set("maxmemory", 0)


@contextmanager
def rolled_back(scene: Scene) -> Iterator[Struck]:
    """What a failover to a replica that lags does, while records keep coming."""
    older = copy_of_redis(scene.stack)
    time.sleep(ROLLED_BACK_BY)
    began = time.monotonic()
    bring_back(scene.stack, older)
    yield Struck(began, "redis")


@contextmanager
def rolled_back_in_silence(scene: Scene) -> Iterator[Struck]:
    """The same, and no new record comes to show it: the processors must find out by themselves."""
    older = copy_of_redis(scene.stack)
    time.sleep(ROLLED_BACK_BY)
    with scene.clients.silent():
        scene.stack.wait_applied()
        began = time.monotonic()
        bring_back(scene.stack, older)
        scene.stack.wait_applied()
    yield Struck(began, "redis")


REDIS_TIMEOUT = 1.0
"""What the processors are given here: Redis sleeps for longer."""

FAULTS = (
    Fault("nothing (to compare with)", nothing),
    Fault("kill -9 of the gateway", killed("ingest")),
    Fault("kill -9 of a processor", killed(*PROCESSORS)),
    Fault("kill -9 of Redis", killed("redis")),
    Fault("kill -9 of Kafka", killed("kafka")),
    Fault("a processor sleeps, and wakes as a zombie", asleep(*PROCESSORS), seconds=9.0),
    Fault("Redis answers a commit too late", asleep("redis"), seconds=2.5 * REDIS_TIMEOUT),
    Fault("Redis has no room in memory", memory_full, seconds=3.0),
    Fault("Redis has no room on its disk", disk_full, seconds=3.0),
    Fault("Redis is killed while its disk is full", killed_while_disk_full, seconds=2.0),
    Fault("Redis is rolled back under load", rolled_back),
    Fault("Redis is rolled back, no new record comes", rolled_back_in_silence),
    Fault("the gateway's clock is five minutes wrong", wrong_clock("ingest"), seconds=4.0),
    Fault("a processor's clock is five minutes wrong", wrong_clock(*PROCESSORS), seconds=6.0),
)
