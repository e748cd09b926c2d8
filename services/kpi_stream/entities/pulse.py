"""A round of one team's pulse: the figures that were cleared when it closed. Fed by `pulse.published`.

The figures are kept as they were published: raise VERSION when their shape in the event contract changes.
"""

from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.answers import PulsePublished
from services.kpi_stream.entities.statements import Stated, joined, rank_of

VERSION = 1


class Pulse(msgspec.Struct, frozen=True, array_like=True):
    """What was published of a round."""

    published: Stated[PulsePublished] | None = None


def fold(pulse: Pulse, event: Event, zone: ZoneInfo) -> Pulse:  # noqa: ARG001
    """The round, one publication taken in: a corrected one has a greater revision."""
    return Pulse(joined(pulse.published, Stated(rank_of(event), event.data)))
