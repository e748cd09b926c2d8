"""From what a payload says to events of the contract."""

import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.common.errors import Invalid
from services.common.events import Event, parse
from services.common.events.envelope import Envelope
from services.common.events.event import digest_of
from services.common.events.fields import ID_LENGTH
from services.common.events.namespaces import in_namespace
from services.ingest.connectors.connector import Said

ANSWERS = ("nps.answered", "survey.invited")
"""Their subjects are named by the form, which does not know of others' answers."""

REP = "rep_id"
_ADDRESS = re.compile(r"[^\s@\"'<>]{1,64}@[^\s@\"'<>]{1,255}\.[^\W\d_]{2,}")


def event_of(said: Said, *, vendor: str, account: str, received_at: datetime, zone: ZoneInfo) -> Event:
    """The event, its ids apart from those of every other account. Its own id is made of what it says: said again, it is
    the same event.

    :raises Invalid: when it breaks the contract, or holds a mail address, naming the field.
    """
    _require_no_address(said)
    source = f"/connectors/{vendor}/{account}"
    namespace = f"{vendor}:{account}"
    subject = f"{namespace}:{said.subject}" if said.type in ANSWERS else said.subject
    envelope = Envelope(
        specversion="1.0",
        type=said.type,
        source=source,
        id=_id_of(said),
        time=said.time,
        data=msgspec.Raw(msgspec.json.encode(said.data)),
        subject=subject,
    )
    event = parse(msgspec.json.encode(envelope), receivedat=received_at, zone=zone)
    return in_namespace(event, namespace)


def without_addresses(text: str) -> str:
    """A text that is told or kept, and may repeat what was sent."""
    return _ADDRESS.sub("…", text)


def _require_no_address(said: Said) -> None:
    """A last fence: whoever fills a form's hidden field, or a shop's, with an address, has it go no further.

    A rep may be called by theirs.
    """
    if "@" not in said.subject and b"@" not in msgspec.json.encode(said.data):
        return
    for field, text in [("subject", said.subject), *_texts(msgspec.to_builtins(said.data))]:
        if field != REP and _ADDRESS.search(text):
            raise Invalid("holds a mail address", field=field, mend="have the vendor send an id that names nobody")


def _texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, own in value.items():
            yield from _texts(own, name)
    elif isinstance(value, list | tuple):
        for own in value:
            yield from _texts(own, field)


def _id_of(said: Said) -> str:
    revision = getattr(said.data, "revision", None) or 0
    name = f"{said.type}:{said.subject}:{said.time.timestamp():.3f}:{revision}:{digest_of(said.data)}"
    return name if len(name) <= ID_LENGTH else blake2b(name.encode(), digest_size=16).hexdigest()
