"""From summed measures to rows: value, how sure, compared, target, pace. Pure: what is to be read is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from services.common.windows import TO_DATE, Window
from services.kpi_stream.hourly import hourly_change
from services.kpi_stream.kpis.cuts import ALL, OWNER, PROMOTION, REP, TEAM, Cut
from services.kpi_stream.kpis.kpi import SUMS, Compared, Estimate, Flag, Kpi, Number, Related, Subject, Unit
from services.kpi_stream.kpis.parts import read_parts
from services.kpi_stream.kpis.requests import Asking, MembersOf
from services.kpi_stream.kpis.statistics import Interval
from services.kpi_stream.kpis.world import World
from services.kpi_stream.progress import Progress, target_of

SMALL_DENOMINATOR = 30
SMALL_EXPECTED = 10


class Comparison(msgspec.Struct, frozen=True):
    """Two values cut at the same point: the only pair that is ever compared."""

    value: Number | None
    previous: Number | None
    until: datetime


class Row(msgspec.Struct, frozen=True):
    """One number with all that is needed to trust it. `target`, `required` and `projection` are in the value's unit.

    `by` names the member, `label` is how people are shown it.
    """

    by: Mapping[str, str]
    label: str
    value: Number | None
    n: Number | None
    measures: Mapping[str, Number | None]
    interval: Interval | None
    compared: Comparison | None
    target: Number | None
    pace: float | None
    flags: Sequence[Flag]
    attainment: float | None = None
    elapsed: float | None = None
    projection: float | None = None
    required: float | None = None
    gap: float | None = None
    pace_interval: Interval | None = None
    numerator: int | None | msgspec.UnsetType = msgspec.UNSET
    denominator: int | None | msgspec.UnsetType = msgspec.UNSET
    related: Mapping[str, Related] = {}
    by_currency: Mapping[str, Mapping[str, int]] | msgspec.UnsetType = msgspec.UNSET


def subjects(kpi: Kpi, cut: Cut, window: Window, world: World, options: Mapping[str, str]) -> Asking[list[Subject]]:
    """Whose numbers a query asks for: every member that a cut ever had, or that has a target."""
    if cut is ALL:
        yield from ()
        return [Subject(ALL, "", ("",), window, cut.place(""), options)]
    known: Iterable[set[str]] = yield [MembersOf(group, cut.cell_cut) for group in kpi.groups]
    found = set().union(*known)
    with_target = world.book.target_members(kpi.id, cut.name) if cut.has_targets else set()
    if cut is TEAM:
        members = dict.fromkeys(with_target, ()) | _teams(found, world)
    else:
        members = {member: (member,) for member in found | with_target}
    return [Subject(cut, m, members[m], window, cut.place(m), options) for m in sorted(members)]


def subject_of(cut: Cut, member: str, window: Window, world: World, options: Mapping[str, str]) -> Subject:
    """One member of a cut; a team is its reps of today."""
    members: tuple[str, ...] = (member,)
    if cut is TEAM:
        members = tuple(rep for rep in sorted(world.book.reps) if world.book.team_of(rep) == member)
    return Subject(cut, member, members, window, cut.place(member), options)


def _teams(reps: set[str], world: World) -> dict[str, tuple[str, ...]]:
    teams: dict[str, list[str]] = {}
    for rep in sorted(reps | set(world.book.reps)):
        team = world.book.team_of(rep)
        if team is not None:
            teams.setdefault(team, []).append(rep)
    return {team: tuple(members) for team, members in teams.items()}


def row(kpi: Kpi, subject: Subject, world: World) -> Asking[Row | None]:
    """A member's row; `None` for a member that has nothing in the window, nothing to compare and no target."""
    cut_alike = kpi.compared(subject.window, world, subject.place, kpi.grain)
    beside = (cut_alike.current, cut_alike.previous) if cut_alike else ()
    parts, *others = yield from read_parts(kpi, subject, [kpi.spans(subject.window, world), *beside], world)
    estimate, *compared = [kpi.estimate(each, subject, world) for each in (parts, *others)]
    before = compared[1] if compared else None
    target = target_of(kpi, subject, world)
    if subject.cut is not ALL and target is None and _is_empty(estimate) and (before is None or _is_empty(before)):
        return None
    progress = Progress.of(kpi, subject, estimate, target, world)
    n = estimate.n if estimate.events is None else _expected(progress, before, kpi)
    rate_missing = any(total.rate_missing for total in parts.values())
    changes = _changes(kpi, subject, cut_alike, compared, world) if cut_alike else {}
    related = {**kpi.beside(parts, subject, world), **changes}
    return Row(
        by=subject.cut.by(subject.member),
        label=_label(subject, world),
        value=estimate.value,
        n=n,
        measures=estimate.measures,
        interval=estimate.interval,
        compared=Comparison(compared[0].value, compared[1].value, cut_alike.until) if cut_alike else None,
        target=target,
        pace=progress.pace,
        flags=_flags(subject, estimate, n, target, rate_missing),
        attainment=progress.attainment,
        elapsed=progress.elapsed,
        projection=progress.projection,
        required=progress.required,
        gap=progress.gap,
        pace_interval=progress.pace_interval,
        numerator=estimate.numerator if kpi.unit is Unit.RATIO else msgspec.UNSET,
        denominator=estimate.denominator if kpi.unit is Unit.RATIO else msgspec.UNSET,
        related={name: _judged(number, world) for name, number in related.items()},
        by_currency=parts["window"].by_currency or msgspec.UNSET,
    )


def _label(subject: Subject, world: World) -> str:
    """How a member is shown to people: a rep's alias, a promotion's name, else its own name."""
    if subject.cut.fields in (REP.fields, OWNER.fields):
        stated = world.book.reps.get(subject.member)
        return (stated.alias if stated else None) or subject.member
    if subject.cut is PROMOTION:
        promotion = world.book.promotions.get(subject.member)
        return promotion.name if promotion else subject.member
    return " · ".join(subject.cut.by(subject.member).values())


def row_with_related(kpi: Kpi, subject: Subject, world: World) -> Asking[Row | None]:
    """A member's row with the numbers that stand beside the headline and take further reading."""
    own = yield from row(kpi, subject, world)
    if own is None:
        return None
    related = yield from kpi.related(subject, world)
    judged = {name: _judged(number, world) for name, number in related.items()}
    return msgspec.structs.replace(own, related={**own.related, **judged})


def _judged(number: Related, world: World) -> Related:
    """A number beside the headline: money in the currency that it is told in; flagged where a rate, or what has an
    interval, rests on few.
    """
    if number.unit is Unit.MONEY:
        return msgspec.structs.replace(number, unit=world.reporting_currency)
    if (
        (number.unit is not Unit.RATIO and number.interval is None)
        or not isinstance(number.n, int)
        or number.n >= SMALL_DENOMINATOR
    ):
        return number
    return msgspec.structs.replace(number, flags=(*number.flags, Flag.SMALL_N))


def _changes(
    kpi: Kpi, subject: Subject, cut_alike: Compared, compared: Sequence[Estimate], world: World
) -> Mapping[str, Related]:
    """What is said of the change between two values that are compared, the later one first."""
    change = kpi.change(*compared) if kpi.change else None
    hourly = hourly_change(kpi, subject, cut_alike, compared, world) if kpi.unit in SUMS else None
    return {name: told for name, told in (("change", change), ("hourly_change", hourly)) if told is not None}


def _is_empty(estimate: Estimate) -> bool:
    """Was nothing counted? What is not told is no nothing."""
    counted = (*estimate.measures.values(), estimate.denominator or 0, estimate.events or 0)
    return all(value == 0 for value in counted)


def _expected(progress: "Progress", before: Estimate | None, kpi: Kpi) -> Number | None:
    """What a count was expected to be by now: target x elapsed, else the previous period at the same point.

    Sums are judged by how many things they add up, and a target says nothing of that: the previous period's count.
    """
    if kpi.unit is Unit.COUNT and progress.target and progress.elapsed is not None:
        return round(float(progress.target) * progress.elapsed, 2)
    return before.events if before else None


def _flags(
    subject: Subject, estimate: Estimate, n: Number | None, target: Number | None, rate_missing: bool
) -> list[Flag]:
    flags = list(estimate.flags)
    least = SMALL_DENOMINATOR if estimate.events is None else SMALL_EXPECTED
    if n is not None and n < least:
        flags.append(Flag.SMALL_N)
    if rate_missing:
        flags.append(Flag.RATE_MISSING)
    if target is None and subject.window.name in TO_DATE and subject.cut.has_targets:
        flags.append(Flag.NO_TARGET)
    return flags
