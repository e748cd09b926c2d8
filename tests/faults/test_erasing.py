"""Customers are erased while events come in, and the command is killed in every one of its steps."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.programs import ROOT
from services.common.events import EVENT_TYPES
from services.common.events.forgetting import CUSTOMER
from services.common.keys import DRAFT, REBUILDING
from services.common.settings import Port
from services.common.topics import Topic
from services.operations.erasing.swapping import JOURNAL, LARGEST, NOTHING, Admin, copy_of
from tests.faults.histories import block
from tests.faults.recomputation import compare
from tests.faults.sender import CloudEvent, Sender
from tests.support.kafka import records
from tests.support.stack import RunningStack, wait_for

ANNA, ADDRESS = "toforget.C0", "anna.toforget@example.org"
"""She is erased by her address."""
BERT = "toforget.C1"
NAMES = (ANNA.encode(), ADDRESS.encode(), BERT.encode())
ORDERS = Topic.ORDERS.value


@pytest.mark.timeout(900)
def test_customers_are_gone_everywhere_and_every_number_is_as_if_they_had_never_been_named(
    stack: RunningStack,
) -> None:
    stack.redis().config_set("rdbcompression", "no")  # so that its file can be searched
    sender = Sender(stack)
    sender.send(block("toforget", Random(1)))
    sender.send(block("other", Random(2)))
    _name_them_elsewhere(stack)
    stack.wait_applied()
    told = stack.cadran("erase-customer", ADDRESS, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "assignments" in told.stdout
    assert ANNA not in told.stdout
    assert _named_in_kafka(stack) > 0

    with traffic(stack, sender), Admin(stack.settings) as admin:
        before = admin.ids([ORDERS])[ORDERS]
        for step, is_reached in _steps(stack, admin, before):
            _kill_when(stack, step, is_reached)
        done = _erase(stack, f"{ADDRESS}\n{BERT}\n")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "going on with what an earlier run began" in done.stdout
        assert "erased" in done.stdout
        assert {name for name in admin.there() if "erasing" in name} == set()
        assert admin.ids([ORDERS])[ORDERS] != before
    sender.close()
    stack.wait_applied()

    found = compare(stack, _without_them(sender.acknowledged))
    assert found.differences == []
    assert (found.lost, found.double) == (0, 0)
    assert _named_in_kafka(stack) == 0
    assert "junk of nobody" in stack.cadran("dead", "show", _only_dead_letter(stack)).stdout
    wait_for(lambda: not _files_that_name_them(stack), "no file of the installation names them", patience=120)


def _name_them_elsewhere(stack: RunningStack) -> None:
    """A contact, a draw, and records that nobody can read."""
    with stack.http(Port.SURVEY) as survey, stack.http(Port.INGEST) as gateway:
        kept = survey.put("/v1/contacts", json=[{"customer_id": ANNA, "email": ADDRESS}])
        assert kept.status_code == 200, kept.text
        assert gateway.put("/v1/campaigns/winter", json={"share": 0.5}).status_code == 201
        drawn = gateway.post("/v1/campaigns/winter/assignments", json={"customers": [ANNA, BERT]})
        assert drawn.status_code == 200, drawn.text
    _publish(stack, [b"junk of nobody", f"junk of {ANNA}".encode()])


def _publish(stack: RunningStack, values: Sequence[bytes]) -> None:
    async def publish() -> None:
        async with AIOKafkaProducer(bootstrap_servers=stack.settings.kafka_servers) as producer:
            for value in values:
                await producer.send_and_wait(ORDERS, value, partition=0)

    asyncio.run(publish())


@contextmanager
def traffic(stack: RunningStack, sender: Sender) -> Iterator[None]:
    """Other people's events, sent again until they are taken."""
    stop = threading.Event()

    def run() -> None:
        number = 0
        while not stop.wait(4.0):
            number += 1
            sender.send(block(f"t{number}", Random(number)))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=180)
    assert not thread.is_alive()
    assert sender.retries > 0, "the gateway never refused anything: the topics were never closed"


def _steps(stack: RunningStack, admin: Admin, before: str) -> list[tuple[str, Callable[[], bool]]]:
    """In their order, how each is seen to be at work."""

    def is_new() -> bool:
        return admin.ids(admin.there() & {ORDERS}).get(ORDERS, before) != before

    return [
        ("copying", lambda: copy_of(ORDERS) in admin.there()),
        ("closed to writers", lambda: admin.shape(ORDERS).configs.get(LARGEST) == NOTHING),
        ("the copies count", lambda: JOURNAL in admin.there()),
        ("deleted", lambda: ORDERS not in admin.there()),
        ("made again", is_new),
        ("rebuilding", lambda: stack.redis().exists(DRAFT) == 1),
    ]


def _kill_when(stack: RunningStack, step: str, is_reached: Callable[[], bool]) -> None:
    wait_for(lambda: not stack.redis().exists(REBUILDING), "the lock of one that was killed has run out")
    with _erasing(stack) as running:
        assert running.stdin is not None
        running.stdin.write(f"{ADDRESS}\n{BERT}\n")
        running.stdin.close()
        wait_for(lambda: is_reached() or running.poll() is not None, step, patience=120)
        assert running.poll() is None, f"it ended before: {step}"
        running.kill()


def _erase(stack: RunningStack, customers: str) -> "subprocess.CompletedProcess[str]":
    wait_for(lambda: not stack.redis().exists(REBUILDING), "the lock of one that was killed has run out")
    with _erasing(stack) as running:
        out, _ = running.communicate(customers, timeout=280)
        return subprocess.CompletedProcess(running.args, running.returncode, out, "")


def _erasing(stack: RunningStack) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "services.common.cli", "erase-customer", "-", "--yes"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=stack.environment, cwd=ROOT, text=True, **pipes)


def _without_them(events: Sequence[CloudEvent]) -> list[CloudEvent]:
    """What was sent, by hand as if nobody had ever named them."""
    left = []
    for event in events:
        if EVENT_TYPES[event["type"]].subject == CUSTOMER and event["subject"] in (ANNA, BERT):
            continue
        data = {name: value for name, value in event["data"].items() if value not in (ANNA, BERT)}
        left.append({**event, "data": data})
    return left


def _named_in_kafka(stack: RunningStack) -> int:
    values = [value for topic in Topic for value in records(stack.settings, topic)]
    return sum(name in value for value in values for name in NAMES)


def _only_dead_letter(stack: RunningStack) -> str:
    listed = stack.cadran("dead", "list").stdout.split()
    (name,) = [word for word in listed if word.startswith(f"{ORDERS}:")]
    return name


def _files_that_name_them(stack: RunningStack) -> list[str]:
    """Kafka's segments, Redis's files, databases, logs and all else that lies in the installation's folder."""
    files = [path for path in stack.layout.root.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if any(name in _bytes_of(path) for name in NAMES)]


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # deleted meanwhile
        return b""
