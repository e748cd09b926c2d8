"""Events that a service of ours states itself: held against the contract as anybody's."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from services.common.events.envelope import Envelope, parse
from services.common.events.event import Event
from services.common.events.fields import Statement
from services.common.events.registry import EVENT_TYPES


def state(
    source: str,
    name: str,
    subject: str,
    time: datetime,
    data: Statement,
    *,
    zone: ZoneInfo,
    now: datetime,
    of: str = "",
) -> Event:
    """An event of `source`. Its id is made of what it is `of` (else its subject) and of its revision: said again, it is
    the same."""
    envelope = Envelope(
        specversion="1.0",
        type=EVENT_TYPES[name].name,
        source=source,
        id=f"{name}:{of or subject}:{data.revision}",
        time=time,
        data=msgspec.Raw(msgspec.json.encode(data)),
        subject=subject,
    )
    # The clock may have been set back since.
    return parse(msgspec.json.encode(envelope), receivedat=max(now, time), zone=zone)
