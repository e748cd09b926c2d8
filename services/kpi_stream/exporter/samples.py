"""A KPI's numbers as samples; those of a member stand as long as nothing moves them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from services.common.windows import named_window
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample, sample, written_labels
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.metrics import Family, exported, families
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.of_the_moment import BY_MEMBER
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.kpis.kpi import Kpi, Subject
from services.kpi_stream.kpis.requests import Asking, together
from services.kpi_stream.kpis.world import World
from services.kpi_stream.progress import target_of
from services.kpi_stream.rows import row, row_with_related, subjects


def queries(kpi: Kpi, moment: Moment) -> list[Query]:
    """Everything that Prometheus gets of a KPI, a query for every cut and window."""
    world = moment.world
    return [Query(kpi, cut, named_window(window, world.now, world.calendar), {}) for cut, window in exported(kpi)]


def samples(query: Query, moment: Moment, admission: Admission, kept: Kept[list[Sample]]) -> Asking[list[Sample]]:
    """What Prometheus is told of a query's admitted members."""
    kpi, cut, window, options = query
    world = moment.world
    members = yield from subjects(kpi, cut, window, world, options)
    admitted = [subject for subject in members if admission.admits(cut, subject.member, world.today)]
    own = [each for each in families(kpi, cut, world.reporting_currency) if window.name in each.windows]
    found = yield from together([_kept_samples(kpi, subject, world, own, kept) for subject in admitted])
    return [sample for each in found for sample in each]


def _kept_samples(
    kpi: Kpi, subject: Subject, world: World, own: Sequence[Family], kept: Kept[list[Sample]]
) -> Asking[list[Sample]]:
    """A member's samples. The clock moves the pace of one that has a target."""
    name = (kpi.id, subject.cut.name, subject.window.name, subject.member)
    has_pace = target_of(kpi, subject, world) is not None
    return kept.result(name, (subject, world.now if has_pace else None), _samples(kpi, subject, world, own))


def _samples(kpi: Kpi, subject: Subject, world: World, own: Sequence[Family]) -> Asking[list[Sample]]:
    """Of cuts with many members the headline alone is read."""
    read = row if subject.cut.brief else row_with_related
    found = yield from read(kpi, subject, world)
    if found is None:
        return []
    labels = written_labels({**found.by, "window": subject.window.name})
    values = ((family.name, family.read(found)) for family in own)
    return [sample(name, labels, value) for name, value in values if value is not None]


def series_of_a_member(kpis: Iterable[Kpi]) -> dict[str, int]:
    """By cut: how many series one member can have at most."""
    costs = Counter(cut.name for cut in BY_MEMBER)
    for kpi in kpis:
        for cut in kpi.cuts:
            costs[cut.name] += sum(len(family.windows) for family in families(kpi, cut, ""))
    return costs
