"""Batches on their way to the gateway, a few at once, while the next is made."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from services.common.client import BatchAnswer
from services.common.errors import Unavailable
from services.ingest.importer.build import Rejected
from services.ingest.importer.ledger import Ledger
from services.ingest.importer.run import Batch

AT_ONCE = 3
"""One batch that the gateway works at, one that it has at hand, one on its way."""

Send = Callable[[Sequence[msgspec.Raw]], BatchAnswer]
Listener = Callable[[Batch], None]


class Patience:
    """Waits, as a client does before it asks again, until it is told that nobody waits for the answer any more."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Wait.

        :raises Unavailable: when it has ended.
        """
        if self._ended.wait(seconds):
            raise Unavailable("the import has ended")

    def end(self) -> None:
        self._ended.set()


class Delivery:
    """Sends batches and settles them in the ledger, in their order; listeners hear of each then."""

    def __init__(self, send: Send, ledger: Ledger, patience: Patience, listeners: Sequence[Listener]) -> None:
        self._send = send
        self._ledger = ledger
        self._patience = patience
        self._listeners = listeners

    def deliver(self, batches: Iterator[Batch]) -> None:
        """Send everything.

        :raises CadranError: when a batch cannot be sent; all before it is settled.
        """
        waiting: deque[tuple[Batch, Future[BatchAnswer]]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for batch in batches:
                    waiting.append((batch, pool.submit(self._answer, batch.events)))
                    if len(waiting) > AT_ONCE:
                        self._settle(*waiting.popleft())
                while waiting:
                    self._settle(*waiting.popleft())
            except BaseException:
                self._patience.end()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _answer(self, events: Sequence[msgspec.Raw]) -> BatchAnswer:
        return self._send(events) if events else BatchAnswer(0, 0, 0, [])

    def _settle(self, batch: Batch, answered: Future[BatchAnswer]) -> None:
        answer = answered.result()
        counts = batch.counts() + Counter({"accepted": answer.accepted, "duplicate": answer.duplicates})
        refused = [
            Rejected(line, f"the gateway refuses it: {_reason(item.error)}")
            for item in answer.results
            if item.error is not None
            for line in batch.built[item.index].lines
        ]
        rejected = [*batch.rejected, *refused]
        self._ledger.settle(batch.place, counts + Counter(rejected=len(rejected)), batch.kept, rejected)
        for heard in self._listeners:
            heard(batch)


def _reason(error: dict[str, Any]) -> str:
    return f"{error.get('field', '')}: {error.get('detail', '')} - {error.get('mend', '')}"
