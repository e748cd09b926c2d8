"""What stands behind a number: the entities that add to it, each with what it adds. Their sum is the number."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from services.common.calendar import BusinessCalendar, Span
from services.common.errors import Forbidden, Malformed
from services.common.events.subjects import parts_of
from services.kpi_stream.exporter.answers import Added, Behind, ExplainAnswer, window_answer
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.store import StateReader
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.kpis.kpi import Subject
from services.kpi_stream.measures import BEGINNING, Fact, day_ordinal
from services.kpi_stream.rows import subject_of

CHUNK = 500
MAX_DAYS = 400


class Explainer:
    """Finds the entities behind a number."""

    def __init__(self, reader: StateReader, folder: Folder) -> None:
        self._reader = reader
        self._folder = folder

    async def explain(self, query: Query, member: str, moment: Moment, *, after: str, limit: int) -> ExplainAnswer:
        """The next entities, by kind and id, after the one that ended the page before (`kind:id`, or empty).

        :raises Malformed: when the window is too long to look through, or the member has not the parts of its cut.
        :raises Forbidden: when people's answers stand behind the number.
        """
        if not query.kpi.listed:
            mend = "read the numbers, which are told of several people together"
            raise Forbidden(f"behind {query.kpi.id} stand people's answers, which are not listed", mend=mend)
        if 1 < len(query.cut.fields) != len(parts_of(member)):
            mend = f"send {'/'.join(query.cut.fields)}, each part percent-encoded"
            raise Malformed(f"{member!r} is no member of {query.cut.name}", field="member", mend=mend)
        if query.cut.fields and not member:
            mend = f"send the {query.cut.name} whose number it is"
            raise Malformed("is missing", field="member", mend=mend)
        subject = subject_of(query.cut, member, query.window, moment.world, query.options)
        found: list[Behind] = []
        async for behind in self._behind(query, subject, moment, after):
            found.append(behind)
            if len(found) > limit:
                break
        page, more = found[:limit], len(found) > limit
        return ExplainAnswer(
            kpi=query.kpi.id,
            as_of=moment.freshness.as_of(query.kpi.feeds),
            window=window_answer(query.window, moment.world.calendar),
            formula={"en": query.kpi.formula.en, "fr": query.kpi.formula.fr},
            credit={"en": query.kpi.credit.en, "fr": query.kpi.credit.fr},
            entities=page,
            next=f"{page[-1].kind}:{page[-1].id}" if more else None,
        )

    async def _behind(self, query: Query, subject: Subject, moment: Moment, after: str) -> AsyncIterator[Behind]:
        spans = query.kpi.spans(query.window, moment.world)
        days = _days(spans.values(), moment.world.calendar)
        if len(days) > MAX_DAYS:
            mend = f"ask for at most {MAX_DAYS} days"
            raise Malformed(f"{len(days)} days are too many to explain", field="from", mend=mend)
        last_day = day_ordinal(query.window.last_day(moment.world.calendar))
        if any(group.is_level for group in query.kpi.groups):
            days = list(range(day_ordinal(BEGINNING), last_day + 1))
        for kind in sorted(query.kpi.contributions):
            ids = await self._reader.entity_ids(moment.state, kind, days)
            names = [EntityName(kind, entity_id) for entity_id in ids if f"{kind}:{entity_id}" > after]
            for start in range(0, len(names), CHUNK):
                async for name, entity in self._reader.entities(moment.state, names[start : start + CHUNK]):
                    adds = _adds(self._folder.facts(name, entity), query, subject, spans)
                    if adds:
                        yield Behind(name.kind, name.id, adds, query.kpi.describe(entity, subject, last_day))


def _days(spans: Iterable[Span], calendar: BusinessCalendar) -> list[int]:
    """Every day that some spans touch, as ordinals."""
    days: set[int] = set()
    for span in spans:
        days.update(range(day_ordinal(calendar.day_of(span.start)), day_ordinal(calendar.day_of(span.end)) + 1))
    return sorted(days)


def _adds(facts: Sequence[Fact], query: Query, subject: Subject, spans: Mapping[str, Span]) -> list[Added]:
    """What facts add to a number, by span and currency; measures that come to nothing are left out.

    To a level all count that came before the span's end.
    """
    members, listed = {(query.cut.cell_cut, name) for name in subject.members}, query.kpi.listed
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for fact in facts:
        if fact.group not in listed or members.isdisjoint(fact.members):
            continue
        for name, span in spans.items():
            if (fact.group.is_level or span.start.timestamp() <= fact.at) and fact.at < span.end.timestamp():
                into = sums.setdefault((name, fact.currency), {})
                for measure, value in zip(fact.group.measures, fact.values, strict=True):
                    into[measure] = into.get(measure, 0) + value
    told = ((key, {m: v for m, v in measures.items() if v}) for key, measures in sums.items())
    return [Added(span, currency, measures) for (span, currency), measures in told if measures]
