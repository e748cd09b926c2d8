"""Sending the company's life: the past in batches, then every event when it is due."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from services.common.client import BatchAnswer, EventsClient
from services.common.errors import CadranError, Invalid
from services.common.logging import get_logger
from services.common.windows import Clock
from services.simulator.plan import Happening
from services.simulator.service import Company, batches
from services.simulator.store import Progress, ProgressFile

log = get_logger(__name__)

BATCH = 2000
BREATH = 0.5


def load(client: EventsClient, happenings: Iterable[Happening], on_sent: Callable[[int], None]) -> int:
    """Send the past at full speed, two batches at a time; returns how many events were sent.

    :raises Invalid: when the gateway refuses an event: a simulation that is not believed is a defect.
    """
    sent = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        chunks = batches(iter(happenings), BATCH)
        for answer in _in_pairs(pool, client, chunks):
            _require_all(answer)
            sent += len(answer.results)
            on_sent(len(answer.results))
    return sent


def _in_pairs(
    pool: ThreadPoolExecutor, client: EventsClient, chunks: Iterator[Sequence[Happening]]
) -> Iterator[BatchAnswer]:
    """At most two batches under way, so that the gateway decodes one while Kafka takes the other."""
    pending = []
    for chunk in chunks:
        pending.append(pool.submit(client.send, [happening.event for happening in chunk]))
        if len(pending) == 2:
            yield pending.pop(0).result()
    for future in pending:
        yield future.result()


def _require_all(answer: BatchAnswer) -> None:
    for item in answer.results:
        if item.error is not None:
            raise Invalid(f"the gateway refuses event {item.id}: {item.error}")


def live(client: EventsClient, company: Company, progress: Progress, file: ProgressFile, clock: Clock) -> None:
    """Send every event when it is due, for ever; what was missed while the process was down is sent first.

    What arrived at the very moment of the last progress is sent again: ids make that safe.
    """
    coming = (happening for happening in company.all() if happening.arrives >= progress.sent_until)
    for happening in coming:
        _sleep_until(happening.arrives, clock)
        _send(client, happening)
        file.write(msgspec.structs.replace(progress, sent_until=happening.arrives))


def _send(client: EventsClient, happening: Happening) -> None:
    """Send one event, for as long as it takes."""
    while True:
        try:
            _require_all(client.send([happening.event]))
        except CadranError as error:
            log.warning("an event waits", reason=str(error))
            time.sleep(BREATH)
        else:
            return


def _sleep_until(moment: datetime, clock: Clock) -> None:
    while (left := (moment - clock()).total_seconds()) > 0:
        time.sleep(min(left, 1.0))
