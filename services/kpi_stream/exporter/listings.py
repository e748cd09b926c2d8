"""What was stated, listed: targets and promotions with all that was ever said of each, and reps. Pure.

What is not in force yet makes no entry; among the statements of what is in force it is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from services.common.events.reference import PromotionSet, TargetSet
from services.common.money import to_major
from services.kpi_stream.entities.order import UNASSIGNED
from services.kpi_stream.entities.reference import Reference, in_force
from services.kpi_stream.entities.statements import instant_of, microseconds
from services.kpi_stream.exporter.answers import (
    PromotionAnswer,
    PromotionStatement,
    RepAnswer,
    TargetAnswer,
    TargetStatement,
    unit_name,
)
from services.kpi_stream.kpis.cuts import OWNER, REP
from services.kpi_stream.kpis.kpi import Kpi, Number, Unit
from services.kpi_stream.kpis.requests import Asking, MembersOf
from services.kpi_stream.kpis.world import World

PEOPLE = (REP.fields, OWNER.fields)
"""The fields of the cuts whose members are reps."""

Data = TypeVar("Data", TargetSet, PromotionSet)


def targets(stated: Mapping[str, Reference], kpis: Mapping[str, Kpi], world: World) -> list[TargetAnswer]:
    """Every target by subject; values in the unit of their measure, as rows tell them."""
    return [
        TargetAnswer(
            subject=subject,
            measure=target.measure,
            member=_member(target),
            period=target.period,
            starts_on=target.starts_on,
            value=_told(target, kpis, world),
            unit=unit_name(kpis[target.measure], world.reporting_currency),
            statements=[
                TargetStatement(_told(data, kpis, world), time, event_id)
                for time, event_id, data in _history(stated[subject], TargetSet)
            ],
        )
        for subject, target in _in_force(stated, TargetSet, world.now)
    ]


def promotions(stated: Mapping[str, Reference], world: World) -> list[PromotionAnswer]:
    """Every promotion by its id."""
    return [
        PromotionAnswer(
            subject=subject,
            id=subject,
            name=promotion.name,
            first=promotion.from_,
            last=promotion.to,
            channels=promotion.channels,
            regions=promotion.regions,
            statements=[
                PromotionStatement(data.name, data.from_, data.to, data.channels, data.regions, time, event_id)
                for time, event_id, data in _history(stated[subject], PromotionSet)
            ],
        )
        for subject, promotion in _in_force(stated, PromotionSet, world.now)
    ]


def reps(kpis: Mapping[str, Kpi], world: World) -> Asking[list[RepAnswer]]:
    """Every rep of whom something was stated, or whom a number names."""
    cuts = [(kpi, cut) for kpi in kpis.values() for cut in kpi.cuts if cut.fields in PEOPLE]
    named: Sequence[set[str]] = yield [MembersOf(group, cut.cell_cut) for kpi, cut in cuts for group in kpi.groups]
    known = set().union(*named, world.book.reps) - {UNASSIGNED}
    stated = world.book.reps
    return [
        RepAnswer(rep, alias=stated[rep].alias, team=stated[rep].team_id) if rep in stated else RepAnswer(rep)
        for rep in sorted(known)
    ]


def _in_force(stated: Mapping[str, Reference], model: type[Data], now: datetime) -> Iterator[tuple[str, Data]]:
    for subject in sorted(stated):
        data = in_force(stated[subject], microseconds(now))
        if isinstance(data, model):
            yield subject, data


def _history(reference: Reference, model: type[Data]) -> Iterator[tuple[datetime, str, Data]]:
    """All that was stated of a subject: from when it holds, the id of its event, and what it says."""
    for at, statement in sorted(reference.statements.items()):
        _, _, event_id, _ = statement.rank
        yield instant_of(at), event_id, msgspec.convert(statement.data, model)


def _member(target: TargetSet) -> dict[str, str]:
    """Whose target: `{}` is the company's."""
    told = {"rep_id": target.rep_id, "team_id": target.team_id}
    return {name: member for name, member in told.items() if member is not None}


def _told(target: TargetSet, kpis: Mapping[str, Kpi], world: World) -> Number:
    if kpis[target.measure].unit is Unit.MONEY:
        return to_major(int(target.value), world.reporting_currency)
    return target.value
