"""What a sender sent, held against the contract: CloudEvents 1.0 outside, one Struct inside."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from services.common.errors import Invalid, Malformed
from services.common.events.event import EVENT_CLASSES, Event, digest_of
from services.common.events.explain import explain
from services.common.events.fields import PLAIN, Data, Id
from services.common.events.plain import require_plain
from services.common.events.registry import EVENT_TYPES, EventType
from services.common.money import known_currency

FUTURE_TOLERANCE = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Source = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="Which system speaks: a URI.",
        examples=["/shop/paris"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
EventId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="The event's id, unique in its source.",
        examples=["e-1"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
Time = Annotated[
    datetime, Meta(tz=True, description="When it happened, with its offset.", examples=["2026-11-23T09:00:00+01:00"])
]


class Envelope(msgspec.Struct):
    """The attributes that CloudEvents and this contract ask for; others are let through and not kept."""

    specversion: Annotated[str, Meta(description="The version of CloudEvents.", examples=["1.0"])]
    type: Annotated[str, Meta(description="The event's type.", examples=["order.placed"])]
    source: Source
    id: EventId
    time: Time
    data: Annotated[msgspec.Raw, Meta(description="The event's data, an object.", examples=["{}"])]
    subject: Id | None = None
    datacontenttype: str | None = None


_envelopes: Final = msgspec.json.Decoder(Envelope)
_data_decoders: Final = {name: msgspec.json.Decoder(t.data) for name, t in EVENT_TYPES.items()}


def parse(body: bytes, *, receivedat: datetime, zone: ZoneInfo) -> Event:
    """Read one structured CloudEvent.

    :raises Malformed: when it is no JSON.
    :raises Invalid: naming the field that breaks the contract, and the mend.
    """
    try:
        envelope = _envelopes.decode(body)
    except msgspec.ValidationError as error:
        raise explain(error, Envelope, "") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="send a CloudEvent as a JSON object in UTF-8") from None
    event_type = _known_type(envelope)
    _check_time(envelope.time, receivedat)
    data = decode_data(event_type, envelope.data)
    require_plain(body, ("", envelope), ("data.", data))
    _check_data(data, zone)
    subject = data.subject(zone) or envelope.subject
    if not subject:
        raise Invalid("is missing", field="subject", mend=f"send the {event_type.subject} as subject")
    return EVENT_CLASSES[event_type.name](
        source=envelope.source,
        id=envelope.id,
        subject=subject,
        time=envelope.time.astimezone(UTC),
        data=data,
        digest=digest_of(data),
        receivedat=receivedat,
    )


def decode_data(event_type: EventType, raw: msgspec.Raw | bytes) -> Data:
    """Read the data of an event of a known type.

    :raises Invalid: naming the field that breaks the contract, and the mend.
    """
    try:
        data: Data = _data_decoders[event_type.name].decode(raw)
    except msgspec.ValidationError as error:
        raise explain(error, event_type.data, "data") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"is no JSON: {error}", field="data", mend="send an object, in UTF-8") from None
    return data


def _known_type(envelope: Envelope) -> EventType:
    if envelope.specversion != "1.0":
        raise Invalid(f"{envelope.specversion!r} is not supported", field="specversion", mend="send 1.0")
    if envelope.datacontenttype not in (None, "application/json"):
        raise Invalid(
            f"{envelope.datacontenttype!r} is not supported", field="datacontenttype", mend="send application/json"
        )
    event_type = EVENT_TYPES.get(envelope.type)
    if event_type is None:
        raise Invalid(
            f"no event is called {envelope.type!r}", field="type", mend=f"send one of {', '.join(EVENT_TYPES)}"
        )
    return event_type


def _check_time(time: datetime, receivedat: datetime) -> None:
    if time > receivedat + FUTURE_TOLERANCE:
        mend = "send when it happened, with its offset, and check the sender's clock"
        raise Invalid(f"{time.isoformat()} lies more than five minutes in the future", field="time", mend=mend)
    if time < EARLIEST:
        raise Invalid(f"{time.isoformat()} lies before 1990", field="time", mend="send when it happened")


def _check_data(data: Data, zone: ZoneInfo) -> None:
    code = getattr(data, "currency", None)
    if code is not None and not known_currency(code):
        raise Invalid(
            f"no currency is called {code!r}", field="data.currency", mend="send its ISO 4217 code, such as EUR"
        )
    try:
        problems = data.problems(zone)
    except OverflowError:  # at the very edges of what a date can be
        raise Invalid("holds a date that no calendar has", field="data", mend="send dates of this century") from None
    for problem in problems:
        raise Invalid(problem.message, field=f"data.{problem.field}", mend=problem.mend)
