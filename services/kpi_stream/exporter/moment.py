"""One look at everything: the live state, how fresh it is, and the world that numbers are read against. Pure."""

from typing import NamedTuple

from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.kpis.world import World
from services.kpi_stream.state_version import StateVersion


class Moment(NamedTuple):
    """What one answer is made from."""

    state: StateVersion
    freshness: Freshness
    world: World
