"""`make bench-webhooks`: webhooks at a steady rate while Kafka is away, and the gateway is killed in the middle.

They are sent as a vendor sends them: whatever the answers take, and again where none comes. What counts: how soon those
were answered that found the gateway, that each answer says 200, and that in the end each is in Kafka and in the KPI,
once.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from services.common.events import decode
from services.common.settings import Port
from services.common.topics import Topic
from services.ingest.connectors.signing.signatures import sha256_base64
from tests.support.kafka import records
from tests.support.stack import RunningStack, running_stack, wait_for

SECRET = "a secret of this run"
PATH = "/v1/connectors/typeform/run"
ACCOUNTS = "accounts: {{typeform: {{run: {{secret_file: {secret}, question: nps, scale: 0-10}}}}}}\n"
AGAIN_SECONDS = 1.0
PATIENCE = 120.0
UNLIMITED = httpx.Limits(max_connections=None)
"""No delivery waits for another one's answer."""


class Answer(NamedTuple):
    """How a delivery was answered: after how long (seconds), and with what status; 0 where nobody was there."""

    seconds: float
    status: int


class Ran(NamedTuple):
    """A run: every answer of every try, how many deliveries there were, and what became of them."""

    deliveries: int
    answers: Sequence[Answer]
    in_kafka: int
    events_twice: int
    counted: int

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)

    def percentile(self, percent: float) -> float:
        """Seconds in which so many of a hundred were answered, of those who found the gateway."""
        taken = sorted(answer.seconds for answer in self.answers if answer.status)
        return taken[min(len(taken) - 1, int(len(taken) * percent / 100))]


@contextmanager
def webhook_stack(folder: Path) -> Iterator[RunningStack]:
    """A stack with one account."""
    secret, accounts = folder / "secret", folder / "accounts.yml"
    secret.write_text(SECRET)
    accounts.write_text(ACCOUNTS.format(secret=secret))
    with running_stack(CADRAN_INGEST_CONNECTORS=str(accounts)) as stack:
        yield stack


def run(stack: RunningStack, *, rate: int, seconds: int) -> Ran:
    """Deliver for so long; Kafka is away but for the first and last tenth, and in the middle the gateway is killed."""
    answers = asyncio.run(_deliver_and_break(stack, rate=rate, seconds=seconds))
    count = rate * seconds
    wait_for(lambda: _metric(stack, "cadran_ingest_outbox_events") == 0, "nothing waits for Kafka", PATIENCE)
    wait_for(lambda: _counted(stack) == count, "every answer counts", PATIENCE)
    events = [decode(value) for value in records(stack.settings, Topic.ANSWERS)]
    ids = {(event.source, event.id) for event in events}
    subjects = {event.subject for event in events}
    return Ran(count, answers, len(subjects), len(ids) - len(subjects), _counted(stack))


async def _deliver_and_break(stack: RunningStack, *, rate: int, seconds: int) -> list[Answer]:
    answers: list[Answer] = []
    async with (
        httpx.AsyncClient(base_url=stack.url(Port.INGEST), timeout=30, limits=UNLIMITED) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_break(stack, seconds))
        start = time.monotonic()
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            group.create_task(_deliver(client, number, answers))
    return answers


async def _break(stack: RunningStack, seconds: int) -> None:
    tenth = seconds / 10
    await asyncio.sleep(tenth)
    await asyncio.to_thread(stack.supervisor.stop, "kafka")
    await asyncio.sleep(4 * tenth)
    await asyncio.to_thread(stack.kill, "ingest")
    await asyncio.sleep(4 * tenth)
    await asyncio.to_thread(stack.supervisor.start, "kafka")


async def _deliver(client: httpx.AsyncClient, number: int, answers: list[Answer]) -> None:
    """Deliver, and again until it is taken: a vendor's retry has the same body."""
    body = _body(number)
    headers = {"typeform-signature": f"sha256={sha256_base64(SECRET, body)}"}
    while True:
        begun = time.monotonic()
        try:
            status = (await client.post(PATH, content=body, headers=headers)).status_code
        except httpx.TransportError:
            status = 0
        answers.append(Answer(time.monotonic() - begun, status))
        if status == 200:
            return
        await asyncio.sleep(AGAIN_SECONDS)


def _body(number: int) -> bytes:
    answer = {"type": "number", "number": number % 11, "field": {"id": "q1", "ref": "nps"}}
    response = {"token": f"token-{number}", "submitted_at": "2026-11-02T09:00:00Z", "answers": [answer]}
    return msgspec.json.encode({"event_type": "form_response", "form_response": response})


def _metric(stack: RunningStack, name: str) -> float:
    text = httpx.get(f"{stack.url(Port.INGEST)}/metrics").text
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))


def _counted(stack: RunningStack) -> int:
    found = stack.kpi("nps", **{"from": "2026-11-02", "to": "2026-11-02"})["rows"]
    return int(found[0]["n"]) if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="Deliveries a second.")
    parser.add_argument("--seconds", type=int, default=150, help="How long: Kafka is away for eight tenths of it.")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder, webhook_stack(Path(folder)) as stack:
        ran = run(stack, rate=given.rate, seconds=given.seconds)
    print(f"{ran.deliveries:,} deliveries at {given.rate}/s; Kafka away for {0.8 * given.seconds:.0f} s of it")
    print(f"answers: {dict(ran.statuses)} (0: nobody there, just after the kill)")
    print(f"answered within {ran.percentile(50) * 1000:.0f} ms (median), {ran.percentile(99) * 1000:.0f} ms (p99)")
    print(
        f"in Kafka {ran.in_kafka:,}, counted {ran.counted:,}, lost {ran.deliveries - ran.in_kafka}, "
        f"double {ran.events_twice + ran.counted - ran.deliveries}"
    )


if __name__ == "__main__":
    main()
