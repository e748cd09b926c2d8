"""Several clients at once that send histories as a bad network and a careless sender would."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from types import TracebackType
from typing import Self

from tests.faults.histories import block
from tests.faults.sender import CloudEvent, Sender
from tests.support.stack import RunningStack

CLIENTS = 3
PAUSE = 0.2
POOL = 400
"""Events that wait to be sent: the next ones are drawn from among them, so what belongs together comes far apart."""
MOST_AT_ONCE = 60
SINGLE, TWICE, UNHEARD = 0.2, 0.2, 0.05
"""How often an event is sent singly, something is sent again, and a client hangs up before it was answered."""


class Client:
    """Sends shuffled pieces, some twice, some without waiting for the answer, and all until they are acknowledged."""

    def __init__(self, stack: RunningStack, name: str, seed: int, pause: float) -> None:
        self.sender = Sender(stack)
        self.turn = threading.Lock()
        """Held while something is being sent: whoever holds it keeps this client silent."""
        self._name = name
        self._random = Random(seed)
        self._pause = pause
        self._pool: list[CloudEvent] = []
        self._blocks = 0

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop, then what is left."""
        while not stop.is_set():
            while len(self._pool) < POOL:
                self._blocks += 1
                self._pool += block(f"{self._name}.{self._blocks}", self._random)
            self._send_some()
            time.sleep(self._pause)
        while self._pool:
            self._send_some()
        self.sender.close()

    def _send_some(self) -> None:
        random = self._random
        count = 1 if random.random() < SINGLE else random.randint(2, MOST_AT_ONCE)
        random.shuffle(self._pool)
        some, self._pool = self._pool[:count], self._pool[count:]
        if random.random() < TWICE:
            some += random.sample(some, random.randint(1, len(some)))
            some += random.sample(self.sender.acknowledged, min(len(self.sender.acknowledged), 5))
        with self.turn:
            if random.random() < UNHEARD:
                self.sender.send_unheard(some, random.uniform(0.001, 0.05))
            self.sender.send(some)


class Clients:
    """The clients, each in a thread of its own, as a context: at its end all was acknowledged."""

    def __init__(self, stack: RunningStack, seed: int, *, pause: float = PAUSE) -> None:
        self._clients = [Client(stack, f"s{seed}.{i}", seed * CLIENTS + i, pause) for i in range(CLIENTS)]
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(CLIENTS)

    @property
    def senders(self) -> Sequence[Sender]:
        return [client.sender for client in self._clients]

    def __enter__(self) -> Self:
        self._running = [self._threads.submit(client.run, self._stop) for client in self._clients]
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._threads.shutdown()
        for client in self._running:
            client.result()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing is sent, and nothing waits for an answer."""
        with ExitStack() as turns:
            for client in self._clients:
                turns.enter_context(client.turn)
            yield
