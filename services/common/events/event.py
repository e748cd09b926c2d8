"""An event as it stands in Kafka: a CloudEvent in structured JSON, one Struct per type, read in one pass."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, Union, cast

import msgspec

from services.common.errors import Invalid
from services.common.events.fields import Data
from services.common.events.registry import EVENT_TYPES


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """A fact that a source stated.

    `time` is when it happened, in UTC; `digest` names its data, equal for equal data; `receivedat` is when the gateway
    took it in. `datadigest` and `receivedat` are the attributes that Cadran adds to CloudEvents'.
    """

    source: str
    id: str
    subject: str
    time: datetime
    receivedat: datetime
    digest: str = msgspec.field(name="datadigest")
    data: Any
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    @property
    def type(self) -> str:
        return str(self.__struct_config__.tag)

    @property
    def fingerprint(self) -> str:
        """Equal for two sendings of one event, different when anything that counts was changed."""
        seconds = self.time.timestamp()
        return blake2b(f"{self.type}\0{self.subject}\0{seconds:.6f}\0{self.digest}".encode(), digest_size=8).hexdigest()


EVENT_CLASSES: Final[Mapping[str, type[Event]]] = {
    t.name: cast(
        type[Event],
        msgspec.defstruct(
            f"{t.data.__name__}Event", [("data", t.data)], bases=(Event,), tag=t.name, frozen=True, kw_only=True
        ),
    )
    for t in EVENT_TYPES.values()
}

_decoder: Final = msgspec.json.Decoder(Union[tuple(EVENT_CLASSES.values())])  # noqa: UP007 - made of a tuple
_encoder: Final = msgspec.json.Encoder(order="deterministic")


def digest_of(data: Data) -> str:
    """A name for data, equal for equal data."""
    return blake2b(_encoder.encode(data), digest_size=8).hexdigest()


def encode(event: Event) -> bytes:
    """The record's value: a CloudEvent in structured JSON."""
    return _encoder.encode(event)


def decode(value: bytes) -> Event:
    """Read a record's value back.

    :raises Invalid: when it is no event of this contract.
    """
    try:
        event: Event = _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError) as error:
        raise Invalid(f"no event: {error}") from None
    return event
