"""Stories that vendors tell by deliveries: read, checked and folded, in every order, twice, and with stale retries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import permutations
from random import Random
from typing import NamedTuple

import msgspec

from services.ingest.connectors.connector import Account, Connector, Delivery, Reading
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.reading.names import Names, Pseudonyms
from tests.support.engine import Engine
from tests.support.events import PARIS, RECEIVED

ACCOUNT = "paris"
KEY = "a key of tests"
SECRET = "a secret of tests"


class Teller(NamedTuple):
    """A vendor's account, as deliveries are read for it."""

    connector: Connector
    account: Account

    @property
    def names(self) -> Names:
        return Names(
            self.connector.vendor,
            ACCOUNT,
            Pseudonyms(KEY),
            reps=self.account.reps,
            customers=self.account.customers,
        )

    def read(self, delivery: Delivery) -> Reading:
        return self.connector.read(delivery, self.account, self.names)

    def feed(self, readings: Iterable[Reading], engine: Engine) -> None:
        """Have an engine take in what was read, as the gateway would publish it."""
        for reading in readings:
            engine.publish(
                event_of(said, vendor=self.connector.vendor, account=ACCOUNT, received_at=RECEIVED, zone=PARIS)
                for said in reading.said
            )


def delivery(
    body: object, headers: Mapping[str, str] | None = None, *, received_at: datetime = RECEIVED, url: str = ""
) -> Delivery:
    """A delivery with a body in JSON, or of bytes."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Delivery(headers or {}, content, url, received_at)


def in_every_order(teller: Teller, readings: Sequence[Reading], most: int = 720) -> Iterator[Engine]:
    """What is folded when deliveries come in each order (of very many: some, at random), some of them again later."""
    random = Random(7)
    orders = list(permutations(readings)) if len(readings) <= 6 else []
    if not orders:
        orders = [tuple(random.sample(readings, len(readings))) for _ in range(most)]
    for order in orders:
        engine = Engine()
        again = random.sample(order, random.randint(0, len(order)))
        teller.feed([*order, *again], engine)
        engine.run(random)
        assert engine.unapplied == []
        yield engine
