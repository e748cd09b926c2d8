"""What is told of the moment itself: which promotions run, who is open, how long sources have been quiet.

The clock moves all of it, so none is kept from one scrape to the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from services.common.calendar import COMPANY, Span
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample, sample, written_labels
from services.kpi_stream.kpis.cuts import CHANNEL, PROMOTION, REGION, Cut
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.requests import Asking, MembersOf
from services.kpi_stream.kpis.world import World

PROMOTION_ACTIVE, OPEN, QUIET = "cadran_promotion_active", "cadran_open", "cadran_source_quiet_seconds"
OPEN_OF = {CHANNEL: "cadran_channel_open", REGION: "cadran_region_open"}
BY_MEMBER = (PROMOTION, *OPEN_OF)
"""The cuts whose members have a series here."""

MOST_SOURCES = 50
"""A source is whatever a key's holder calls it: those heard last are told."""


class About(NamedTuple):
    help: str
    labels: tuple[str, ...] = ()


OF_THE_MOMENT = {
    PROMOTION_ACTIVE: About("1 while the promotion runs.", PROMOTION.fields),
    OPEN: About("1 while the company is open, else 0."),
    **{name: About(f"1 while the {cut.name} is open, else 0.", cut.fields) for cut, name in OPEN_OF.items()},
    QUIET: About(
        f"Opening time of the company since a source was heard on a topic; of the {MOST_SOURCES} heard last.",
        ("topic", "source"),
    ),
}

Places = Mapping[Cut, Iterable[str]]


def promotion_samples(world: World, admission: Admission) -> list[Sample]:
    """Which promotions run: on a board a mark over their days."""
    zone = world.calendar.zone
    running = [
        name
        for name, stated in world.book.promotions.items()
        if stated.starts_at(zone) <= world.now < stated.ends_at(zone)
    ]
    return [
        sample(PROMOTION_ACTIVE, written_labels({"promotion": name}), 1)
        for name in sorted(running)
        if admission.admits(PROMOTION, name, world.today)
    ]


def places(kpis: Iterable[Kpi], world: World) -> Asking[Places]:
    """The channels and regions that a number was ever told of, or that something is stated of."""
    groups = [(cut, group) for kpi in kpis for cut in kpi.cuts if cut in OPEN_OF for group in kpi.groups]
    found: Sequence[set[str]] = yield [MembersOf(group, cut.cell_cut) for cut, group in groups]
    known: dict[Cut, set[str]] = {CHANNEL: {*world.calendar.channels}, REGION: {*world.calendar.regions}}
    for (cut, _), members in zip(groups, found, strict=True):
        known[cut] |= members
    return known


def open_samples(world: World, known: Places, admission: Admission) -> list[Sample]:
    """Is the company open, and which channels and regions are?"""
    calendar, now = world.calendar, world.now
    return [
        sample(OPEN, "", calendar.is_open(now, COMPANY)),
        *(
            sample(name, written_labels(cut.by(member)), calendar.is_open(now, cut.place(member)))
            for cut, name in OPEN_OF.items()
            for member in sorted(known[cut])
            if admission.admits(cut, member, world.today)
        ),
    ]


def quiet_samples(world: World, heard: Mapping[tuple[str, str], int]) -> list[Sample]:
    """By topic and source: for how long the company was open since it was heard (ms since 1970)."""
    found, quiet, since = [], timedelta(), world.now
    for (topic, source), ms in islice(sorted(heard.items(), key=lambda item: (-item[1], item[0])), MOST_SOURCES):
        at = datetime.fromtimestamp(ms / 1000, UTC)
        quiet += world.calendar.opening_time(Span(at, since))
        since = min(at, since)
        found.append(sample(QUIET, written_labels({"topic": topic, "source": source}), quiet.total_seconds()))
    return found
