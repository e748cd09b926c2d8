"""What the gateway and the APIs read: events in every mode, and JSON bodies."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

import msgspec

from services.common.errors import CadranError, Invalid
from services.common.events import EVENT_TYPES, decode, encode, parse
from services.common.events.examples import example
from services.common.events.namespaces import in_namespace
from services.common.json_bodies import read_many, read_one
from services.ingest import reading
from services.ingest.campaigns.bodies import read_customers
from services.ingest.campaigns.records import Setup
from services.kpi_stream.alerting.thresholds.changes import Change
from services.pricing_watch.watching.given import GivenPrice
from services.pricing_watch.watching.products import Product, check_product
from services.survey.pulse.api import read_roster
from services.survey.records import Asking, Contact
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import changed, encoded, json_parts, words_of
from tests.support.events import PARIS, RECEIVED

EXAMPLES = [msgspec.json.encode(example(name)) for name in EVENT_TYPES]


def read_event(body: bytes) -> None:
    event = in_namespace(parse(body, receivedat=RECEIVED, zone=PARIS), "main")
    assert decode(encode(event)) == event, "what the gateway publishes is not what the worker reads"


def read_binary(body: bytes) -> None:
    """Headers and a body, told apart by the first line break."""
    head, _, rest = body.partition(b"\n")
    try:
        headers = msgspec.json.decode(head, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("no headers to try") from error
    read_event(reading.single({name.lower(): value for name, value in headers.items()}, rest))


def binary_mutant(random: Random, corpus: Any) -> bytes:
    head, _, rest = random.choice(corpus).partition(b"\n")
    if random.random() < 0.5:
        return head + b"\n" + json_parts(random, [rest])
    try:
        return encoded(random, changed(random, json.loads(head))) + b"\n" + rest
    except ValueError:
        return head + b"\n" + json_parts(random, [rest])


def _binary_seeds() -> Iterator[bytes]:
    for name in EVENT_TYPES:
        event = {key: value for key, value in example(name).items() if key != "data"}
        headers = {"content-type": "application/json", **{f"ce-{key}": str(value) for key, value in event.items()}}
        yield msgspec.json.encode(headers) + b"\n" + msgspec.json.encode(example(name)["data"])


def read_batch(body: bytes, headers: Mapping[str, str]) -> None:
    """A batch is accepted if one of its events is."""
    refused: CadranError | None = None
    events = reading.batch(headers, body)
    for raw in events:
        try:
            read_event(raw)
        except CadranError as error:
            refused = error
    if refused is not None or not events:
        raise refused or Invalid("an empty batch")


def read_products(body: bytes) -> None:
    for product in _good(read_many(body, Product)):
        check_product(product)


def read_all(body: bytes, kind: Any) -> None:
    _good(read_many(body, kind))


def _good(read: list[Any]) -> list[Any]:
    """All of many, unless one of them is refused."""
    for each in read:
        if isinstance(each, Invalid):
            raise each
    return read


_JSON = {"content-type": "application/json"}
_LINES = {"content-type": "application/x-ndjson"}
_CSV = {"content-type": "text/csv"}
_PRODUCT = {
    "sku": "LAMP-01",
    "name": "Oak desk lamp",
    "own_price": "129.00",
    "currency": "EUR",
    "competitors": [{"competitor": "north", "page": "https://north.example/a", "locale": "fr-FR", "interval": "6h"}],
}
_GIVEN = {"sku": "LAMP-01", "competitor": "north", "price": "119.90", "currency": "EUR", "stock": "in_stock"}
_ASKING = {"touchpoint": "delivery", "customer_id": "C-1", "channel": "online", "by": "link", "language": "fr"}
_CONTACT = {"customer_id": "C-1", "email": "anna@example.org", "name": "Anna Li", "language": "fr"}
_COLLEAGUE = {"email": "anna@example.org", "team_id": "north", "language": "fr"}
_CHANGE = {"version": "1a", "level": 10, "clear": 9, "least": 5, "lasts": "2h", "severity": "warning", "off": False}


def _seeds(*bodies: Any) -> list[bytes]:
    return [msgspec.json.encode(body) for body in bodies]


PARSERS = [
    Parser("event, structured", EXAMPLES, json_parts, read_event, 150),
    Parser("event, binary", list(_binary_seeds()), binary_mutant, read_binary, 60),
    Parser(
        "event batch",
        [b"[%s]" % b",".join(EXAMPLES[i : i + 3]) for i in range(0, len(EXAMPLES), 3)],
        json_parts,
        partial(read_batch, headers=_JSON),
        25,
    ),
    Parser("event lines", [b"\n".join(EXAMPLES[:3])], words_of(), partial(read_batch, headers=_LINES), 15),
    Parser("watched products", _seeds([_PRODUCT]), json_parts, read_products, 30),
    Parser("prices told", _seeds([_GIVEN]), json_parts, partial(read_all, kind=GivenPrice), 20),
    Parser(
        "invitation",
        _seeds(_ASKING, {"touchpoint": "shop", "email": "a@b.example"}),
        json_parts,
        partial(read_one, kind=Asking),
        20,
    ),
    Parser("contacts", _seeds([_CONTACT]), json_parts, partial(read_all, kind=Contact), 15),
    Parser("roster", _seeds([_COLLEAGUE]), json_parts, read_roster, 15),
    Parser(
        "campaign", _seeds({"share": 0.9, "name": "Autumn", "seed": "a"}), json_parts, partial(read_one, kind=Setup), 15
    ),
    Parser("customers, JSON", _seeds({"customers": ["C-1", "C-2"]}), json_parts, partial(read_customers, _JSON), 15),
    Parser(
        "customers, CSV",
        [b"customer_id\r\nC-1\r\nC-2\r\n", b'"customer_id"\n"C,1"\n'],
        words_of(b'"', b"\r"),
        partial(read_customers, _CSV),
        15,
    ),
    Parser("change of an alert", _seeds(_CHANGE), json_parts, partial(read_one, kind=Change), 20),
]
