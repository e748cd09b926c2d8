"""From what a payload says to events of the contract."""

from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event, parse
from services.common.events.envelope import Envelope
from services.common.events.event import digest_of
from services.common.events.fields import ID_LENGTH
from services.common.events.namespaces import in_namespace
from services.ingest.connectors.connector import Said

ANSWERS = ("nps.answered", "survey.invited")
"""Their subjects are named by the form, which does not know of others' answers."""


def event_of(said: Said, *, vendor: str, account: str, received_at: datetime, zone: ZoneInfo) -> Event:
    """The event, its ids apart from those of every other account. Its own id is made of what it says: said again, it is
    the same event.

    :raises Invalid: when it breaks the contract, naming the field.
    """
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


def _id_of(said: Said) -> str:
    revision = getattr(said.data, "revision", None) or 0
    name = f"{said.type}:{said.subject}:{said.time.timestamp():.3f}:{revision}:{digest_of(said.data)}"
    return name if len(name) <= ID_LENGTH else blake2b(name.encode(), digest_size=16).hexdigest()
