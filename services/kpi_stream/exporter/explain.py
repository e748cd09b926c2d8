"""What stands behind a number: the entities that add to it, each with what it adds and the events that made it.

The sum of what they add is the number.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from services.common.calendar import BusinessCalendar, Span
from services.common.errors import Forbidden, Malformed
from services.common.events.subjects import parts_of
from services.kpi_stream.entities.provenance import PROVENANCE, Teller
from services.kpi_stream.exporter.answers import Behind, Corrections, ExplainAnswer, Unknown, window_answer
from services.kpi_stream.exporter.behind import (
    MOST_EVENTS,
    Counted,
    Found,
    Heard,
    Question,
    corrections_of,
    count,
    is_corrected,
    tell,
)
from services.kpi_stream.exporter.corrections import FirstShown
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.store import StateReader
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.measures import BEGINNING, day_ordinal
from services.kpi_stream.rows import subject_of

CHUNK = 500
MAX_DAYS = 400

MOST = 10_000
"""Of more entities, or with more that told them something, it is not found out which were corrected late: all of them
must be read for it, whatever the page."""


class Page(NamedTuple):
    """Which of the entities are told: so many after the one that ended the page before (`kind:id`, or empty).

    `only_corrected`: of those that were corrected late.
    """

    after: str
    limit: int
    only_corrected: bool = False

    def begins_before(self, name: EntityName) -> bool:
        return f"{name.kind}:{name.id}" > self.after


class _TooMany(Exception):
    """More would have to be read than is."""


Choose = Callable[[Iterable[Teller]], Sequence[Teller]]
"""Of those who told an entity something, the ones that are read."""


class Explainer:
    """Finds the entities behind a number. `settled_after`: see the setting of this name."""

    def __init__(self, reader: StateReader, folder: Folder, settled_after: int) -> None:
        self._reader = reader
        self._folder = folder
        self._settled_after = settled_after

    async def explain(self, query: Query, member: str, moment: Moment, page: Page) -> ExplainAnswer:
        """The entities of a page, by kind and id.

        :raises Malformed: when the window is too long to look through, or the member has not the parts of its cut.
        :raises Forbidden: when people's answers stand behind the number.
        """
        _require_listed(query, member)
        subject = subject_of(query.cut, member, query.window, moment.world, query.options)
        question = Question(query, subject, query.kpi.spans(query.window, moment.world), moment)
        names = await self._names(question)
        try:
            entities, corrections = await self._by_all(names, question, page)
        except _TooMany:
            entities, corrections = await self._by_themselves(names, question, page)
        told, more = entities[: page.limit], len(entities) > page.limit
        return ExplainAnswer(
            kpi=query.kpi.id,
            as_of=moment.freshness.as_of(query.kpi.feeds),
            window=window_answer(query.window, question.calendar),
            formula={"en": query.kpi.formula.en, "fr": query.kpi.formula.fr},
            credit={"en": query.kpi.credit.en, "fr": query.kpi.credit.fr},
            corrections=corrections,
            entities=told,
            next=f"{told[-1].kind}:{told[-1].id}" if more else None,
        )

    async def _names(self, question: Question) -> list[EntityName]:
        """The entities that count on the days of a number, whoever's."""
        days = _days(question.spans.values(), question.calendar)
        if len(days) > MAX_DAYS:
            mend = f"ask for at most {MAX_DAYS} days"
            raise Malformed(f"{len(days)} days are too many to explain", field="from", mend=mend)
        kpi = question.query.kpi
        if any(group.is_level for group in kpi.groups):
            days = list(range(day_ordinal(BEGINNING), question.days.last + 1))
        return [
            EntityName(kind, entity_id)
            for kind in sorted(kpi.contributions.keys() & PROVENANCE.keys())
            for entity_id in await self._reader.entity_ids(question.moment.state, kind, days)
        ]

    async def _by_all(
        self, names: Sequence[EntityName], question: Question, page: Page
    ) -> tuple[list[Behind], Corrections]:
        """The entities of a page and one more, if there is one, with what all that count tell of corrections.

        :raises _TooMany: when they are more than `MOST`, or those that told them something are.
        """
        if len(names) > MOST:
            raise _TooMany
        choose, behind = _at_most(MOST), list[Found]()
        shown = FirstShown(question.calendar, self._settled_after)
        async for counted in self._counted(names, question):
            for found in await self._found([each for each in counted if each.anyones], question, choose):
                shown.take_in(found.counted.anyones, [said for _, said in found.heard])
                if found.counted.adds:
                    behind.append(found)
        corrected = [found for found in behind if is_corrected(found, shown)]
        wanted = corrected if page.only_corrected else behind
        following = (found for found in wanted if page.begins_before(found.counted.name))
        told = [tell(found, question, shown) for found in islice(following, page.limit + 1)]
        return told, corrections_of(corrected)

    async def _by_themselves(
        self, names: Sequence[EntityName], question: Question, page: Page
    ) -> tuple[list[Behind], Corrections]:
        """The entities of a page and one more, if there is one; nothing is told of corrections.

        :raises Malformed: when those are asked for.
        """
        if page.only_corrected:
            said = "there are too many entities to find those that were corrected"
            raise Malformed(said, field="corrected", mend="ask for fewer days")
        told: list[Behind] = []
        following = [name for name in names if page.begins_before(name)]
        async for counted in self._counted(following, question):
            some = [each for each in counted if each.adds][: page.limit + 1 - len(told)]
            told += [tell(found, question, None) for found in await self._found(some, question, _first_ones)]
            if len(told) > page.limit:
                break
        return told, Corrections(None, None, (Unknown.TOO_MANY,))

    async def _counted(self, names: Sequence[EntityName], question: Question) -> AsyncIterator[list[Counted]]:
        """How entities count, a chunk at a time."""
        for start in range(0, len(names), CHUNK):
            some = names[start : start + CHUNK]
            yield [
                count(name, entity, self._folder.facts(name, entity), question)
                async for name, entity in self._reader.entities(question.moment.state, some)
            ]

    async def _found(self, some: Sequence[Counted], question: Question, choose: Choose) -> list[Found]:
        """What was heard of some entities, and of those who told them something."""
        tellers = [
            [EntityName(*each) for each in choose(PROVENANCE[name.kind].tellers(name.id, entity))]
            for name, entity, *_ in some
        ]
        told = await self._read({name for own in tellers for name in own}, question)
        sources = [
            {each.name: each.entity} | {name: told[name] for name in own if name in told}
            for each, own in zip(some, tellers, strict=True)
        ]
        return [Found(each, [*_heard(own, question)]) for each, own in zip(some, sources, strict=True)]

    async def _read(self, names: Iterable[EntityName], question: Question) -> dict[EntityName, Any]:
        wanted, state = sorted(names, key=lambda name: (name.kind, name.id)), question.moment.state
        return {
            name: entity
            for start in range(0, len(wanted), CHUNK)
            async for name, entity in self._reader.entities(state, wanted[start : start + CHUNK])
        }


def _require_listed(query: Query, member: str) -> None:
    if not query.kpi.listed:
        mend = "read the numbers, which are told of several people together"
        raise Forbidden(f"behind {query.kpi.id} stand people's answers, which are not listed", mend=mend)
    if 1 < len(query.cut.fields) != len(parts_of(member)):
        mend = f"send {'/'.join(query.cut.fields)}, each part percent-encoded"
        raise Malformed(f"{member!r} is no member of {query.cut.name}", field="member", mend=mend)
    if query.cut.fields and not member:
        mend = f"send the {query.cut.name} whose number it is"
        raise Malformed("is missing", field="member", mend=mend)


def _days(spans: Iterable[Span], calendar: BusinessCalendar) -> list[int]:
    """Every day that some spans touch, as ordinals."""
    days: set[int] = set()
    for span in spans:
        days.update(range(day_ordinal(calendar.day_of(span.start)), day_ordinal(calendar.day_of(span.end)) + 1))
    return sorted(days)


def _at_most(left: int) -> Choose:
    """All of each, until there were too many.

    :raises _TooMany: then.
    """

    def choose(tellers: Iterable[Teller]) -> list[Teller]:
        nonlocal left
        chosen = list(tellers)
        left -= len(chosen)
        if left < 0:
            raise _TooMany
        return chosen

    return choose


def _first_ones(tellers: Iterable[Teller]) -> list[Teller]:
    """As many as it takes to see that there are more events than are told."""
    return list(islice(tellers, MOST_EVENTS + 1))


def _heard(sources: Mapping[EntityName, Any], question: Question) -> Iterator[Heard]:
    for name, entity in sources.items():
        for said in PROVENANCE[name.kind].said(entity, question.days):
            yield Heard(name.id, said)
