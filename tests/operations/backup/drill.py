"""`make drill`: back up under load, lose things, restore, and hold every number against a recomputation.

Two stories. In the first Redis and the survey's database are lost; Kafka lives, so what came after the backup is
counted as well. In the second everything is lost, Kafka too; what came after the backup is sent again by its sources.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Self

import httpx
from rich.console import Console

from deploy.local.programs import ROOT
from deploy.local.stack import Stack
from services.common.settings import Port
from services.common.topics import Topic
from tests.faults.clients import Clients
from tests.faults.recomputation import Comparison, compare
from tests.faults.sender import CloudEvent, Sender
from tests.support.events import PAIRS_FILE
from tests.support.kafka import records
from tests.support.stack import COMMAND, RunningStack, running_stack, wait_for
from tests.survey.asked import Asked, ask_with

Say = Callable[[str], None]
SHOWN = 20
ENOUGH = 3000
"""Events before a backup begins."""
ANSWER_LATER = 12
"""People who are asked before the backup, and answer after it."""


class Answering:
    """People who are asked and answer, one after the other; it knows who was thanked, and for which score."""

    def __init__(self, stack: RunningStack, *, pause: float = 0.05) -> None:
        self._client = stack.http(Port.SURVEY)
        self._pause = pause
        self._random = random.Random(3)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.thanked: list[tuple[Asked, int]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)
        self._client.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            asked, score = ask_with(self._client), self._random.randint(0, 10)
            give(self._client, asked, score)
            self.thanked.append((asked, score))
            time.sleep(self._pause)


class Load(NamedTuple):
    """What is sent while a backup is made."""

    clients: Clients
    answering: Answering

    @property
    def acknowledged(self) -> list[CloudEvent]:
        return list(chain.from_iterable(sender.acknowledged for sender in self.clients.senders))


class Lost(NamedTuple):
    """What a drill has shown. `double`: answers given twice that were counted twice."""

    comparison: Comparison
    answers: int
    double: int

    @property
    def exact(self) -> bool:
        """Nothing is lost, nothing counts twice, and every number is what a recomputation says."""
        found = self.comparison
        return not (found.differences or found.lost or found.double or self.double)


def give(client: httpx.Client, asked: Asked, score: int) -> None:
    """Send the form, as a browser would."""
    answer = client.post(asked.link, data={"score": str(score)})
    assert answer.status_code == 303, answer.text


@contextmanager
def load(stack: RunningStack, seed: int) -> Iterator[Load]:
    with Clients(stack, seed) as clients, Answering(stack) as answering:
        yield Load(clients, answering)


def cadran(stack: RunningStack, *arguments: str) -> str:
    """What a command prints; it must succeed."""
    done = stack.cadran(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def servers_only(stack: RunningStack) -> None:
    """Kafka and Redis again, after everything was stopped."""
    Stack(stack.settings, Console(quiet=True)).start_servers()


def down(stack: RunningStack) -> None:
    Stack(stack.settings, Console(quiet=True)).down()


def up(stack: RunningStack) -> None:
    """Everything, with the settings that the stack was begun with, which `servers_only` does not know."""
    down(stack)
    done = subprocess.run([*COMMAND, "up"], env=stack.environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def events_in(stack: RunningStack, topic: Topic) -> list[CloudEvent]:
    """What a topic holds, but for what entities tell each other, which is no JSON."""
    return [json.loads(value) for value in records(stack.settings, topic) if value.startswith(b"{")]


def told_by_surveys(stack: RunningStack, thanked: Sequence[tuple[Asked, int]]) -> list[CloudEvent]:
    """The survey's events in Kafka, seen to be one answer of each who was thanked, and with their score."""
    own = {event["id"]: event for event in events_in(stack, Topic.ANSWERS) if event["source"] == "/survey"}
    scores = {e["subject"]: e["data"]["score"] for e in own.values() if e["type"].endswith("nps.answered")}
    assert scores == {asked.id: score for asked, score in thanked}
    return list(own.values())


def lose_redis_and_surveys(folder: Path, say: Say) -> Lost:
    """Redis and the survey's database are lost; Kafka lives."""
    with running_stack(CADRAN_PAIRS=str(PAIRS_FILE)) as stack:
        with load(stack, 1) as sending:
            wait_for(lambda: len(sending.acknowledged) > ENOUGH, "there is load")
            with stack.http(Port.SURVEY) as client:
                asked_before = [ask_with(client) for _ in range(ANSWER_LATER)]
                _back_up(stack, folder, sending, say)
                before = len(sending.acknowledged)
                after = [(asked, 9) for asked in asked_before]
                for asked, score in after:
                    give(client, asked, score)
            wait_for(lambda: len(sending.acknowledged) > before + ENOUGH // 3, "some come after it")
        stack.wait_applied()
        thanked, acknowledged = [*sending.answering.thanked, *after], sending.acknowledged
        say(f"since then {len(acknowledged) - before:,} events came, and the answers of {len(after)} asked before it")
        counted = stack.kpi("nps", window="30d")["rows"][0]["n"]
        down(stack)
        shutil.rmtree(stack.layout.data / "redis")
        for path in stack.layout.data.glob("survey.sqlite*"):
            path.unlink()
        say("everything stopped; Redis's data and the survey's database deleted")
        servers_only(stack)
        _restore(stack, folder, say, "--missing")
        _wait_until_all_is_applied(stack, say)
        surveys = told_by_surveys(stack, thanked)
        comparison = compare(stack, [*acknowledged, *surveys])
        with stack.http(Port.SURVEY) as client:  # their links are open again, as the copy does not know of them
            for asked, score in after:
                give(client, asked, 10 - score)
        stack.wait_applied()
        again = stack.kpi("nps", window="30d")["rows"][0]["n"]
        return Lost(comparison, len(thanked), again - counted)


def lose_everything(folder: Path, say: Say) -> Lost:
    """The machine is lost: Kafka, Redis, every database, every key."""
    with running_stack(CADRAN_PAIRS=str(PAIRS_FILE)) as stack:
        with load(stack, 2) as sending:
            wait_for(lambda: len(sending.acknowledged) > ENOUGH, "there is load")
            before = {event["id"] for event in sending.acknowledged}
            answered = list(sending.answering.thanked)
            _back_up(stack, folder, sending, say)
            done = len(sending.acknowledged)
            wait_for(lambda: len(sending.acknowledged) > done + ENOUGH // 3, "some come after it")
        acknowledged = sending.acknowledged
        down(stack)
        shutil.rmtree(stack.layout.root)
        say("everything stopped; the whole folder deleted: Kafka, Redis, databases, keys")
        servers_only(stack)
        _restore(stack, folder, say)
        _wait_until_all_is_applied(stack, say)
        there = _in_kafka(stack)
        assert before <= there
        assert {asked.id for asked, _ in answered} <= _answered(stack)
        lost = [event for event in acknowledged if event["id"] not in there]
        say(f"{len(lost):,} of {len(acknowledged):,} events came after the backup: their sources send them again")
        sender = Sender(stack)
        for first in range(0, len(acknowledged), 500):
            sender.send(acknowledged[first : first + 500])
        sender.close()
        stack.wait_applied()
        own = [event for event in events_in(stack, Topic.ANSWERS) if event["source"] == "/survey"]
        return Lost(compare(stack, [*acknowledged, *own]), len(_answered(stack)), 0)


def _back_up(stack: RunningStack, folder: Path, sending: Load, say: Say) -> None:
    before, began = len(sending.acknowledged), time.monotonic()
    told = cadran(stack, "backup", str(folder))
    say(told.strip())
    say(
        f"{len(sending.acknowledged) - before:,} events were acknowledged in {time.monotonic() - began:.1f} s meanwhile"
    )


def _restore(stack: RunningStack, folder: Path, say: Say, *options: str) -> None:
    began = time.monotonic()
    say(cadran(stack, "restore", str(folder), *options).strip())
    say(f"restored in {time.monotonic() - began:.1f} s")


def _wait_until_all_is_applied(stack: RunningStack, say: Say) -> None:
    began = time.monotonic()
    up(stack)
    stack.wait_applied()
    say(f"services are up, and all of Kafka is applied, {time.monotonic() - began:.1f} s later")


def _in_kafka(stack: RunningStack) -> set[str]:
    return {event["id"] for topic in Topic if topic is not Topic.DEAD for event in events_in(stack, topic)}


def _answered(stack: RunningStack) -> set[str]:
    events = events_in(stack, Topic.ANSWERS)
    return {e["subject"] for e in events if e["source"] == "/survey" and e["type"].endswith("nps.answered")}


def report(lost: Lost) -> str:
    found = lost.comparison
    lines = [
        f"orders and leads: {found.entities:,} to be counted, {found.lost} lost, {found.double} double",
        f"{lost.answers} answers; {lost.double} counted twice",
        f"{found.cells:,} cells and {found.rows:,} rows compared: {len(found.differences)} differ",
        *found.differences[:SHOWN],
    ]
    return "\n".join(lines)


DRILLS: dict[str, Callable[[Path, Say], Lost]] = {
    "Redis and the survey's database are lost": lose_redis_and_surveys,
    "everything is lost, Kafka too": lose_everything,
}


def main() -> None:
    exact = True
    for title, drill in DRILLS.items():
        print(f"\n{title}\n{'-' * len(title)}", flush=True)
        with tempfile.TemporaryDirectory(prefix="cadran-drill-") as folder:
            lost = drill(Path(folder) / "backup", lambda text: print(text, flush=True))
        print(report(lost))
        exact = exact and lost.exact
    sys.exit(0 if exact else 1)


if __name__ == "__main__":
    main()
