"""One partition batch, folded: from records and the entities they touch to what has to be written and told. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.common.errors import TooLarge
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.kinds import NOTICE_KINDS, EntityKind, NoticeKind
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.fan_out import Gathered
from services.kpi_stream.kpis.kpi import Contribute, Kpi
from services.kpi_stream.measures import Fact, day_at


class Item(msgspec.Struct, frozen=True, gc=False):
    """One thing that changes one entity: where it came from, and what is said, by an event or a notice.

    `begins`: such an event usually is the first that is said of its entity.
    """

    offset: int
    kind: EntityKind
    entity_id: str
    take_in: Callable[[Any, Any, ZoneInfo], Any]
    said: Any
    begins: bool = False


class Unapplied(NamedTuple):
    """A record that could not be applied, and why."""

    offset: int
    reason: str


class EntityName(msgspec.Struct, frozen=True, gc=False):
    """What names an entity in all of Cadran."""

    kind: str
    id: str


IdsByDay = dict[tuple[str, int], set[str]]
"""Entity ids by (kind, day since 1970-01-01)."""


_pack = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Folded:
    """What a batch comes to: entities as they are now, facts added and taken away, what others are to be told.

    `packed` holds the entities as they are stored.
    """

    entities: dict[EntityName, Any] = field(default_factory=dict)
    packed: dict[EntityName, bytes] = field(default_factory=dict)
    facts: Gathered = field(default_factory=Gathered)
    notices: dict[str, list[Notice[Any]]] = field(default_factory=lambda: defaultdict(list))
    entered: IdsByDay = field(default_factory=lambda: defaultdict(set))
    left: IdsByDay = field(default_factory=lambda: defaultdict(set))
    unapplied: list[Unapplied] = field(default_factory=list)

    @property
    def senders(self) -> set[EntityName]:
        """The entities that tell others something."""
        return {
            EntityName(NOTICE_KINDS[name].sender, notice.sender) for name, own in self.notices.items() for notice in own
        }


def by_entity(items: Iterable[Item]) -> dict[EntityName, list[Item]]:
    """Items by the entity that they change, each in their order."""
    found: dict[EntityName, list[Item]] = {}
    for item in items:
        name = EntityName(item.kind.name, item.entity_id)
        own = found.get(name)
        if own is None:
            found[name] = [item]
        else:
            own.append(item)
    return found


class Step(msgspec.Struct, frozen=True, gc=False):
    """An entity after some items, as it is and as it is stored.

    `tells`: what it tells others, by the kind of notice; `is_news`: that changed on the way, even if it changed back.
    """

    entity: Any
    packed: bytes
    tells: Mapping[str, Mapping[str, Any]]
    is_news: bool
    offset: int


class Folder:
    """Folds batches by the declared kinds and KPIs."""

    def __init__(self, kpis: Iterable[Kpi], declared: Declared) -> None:
        self._declared, self._zone = declared, declared.zone
        self._contributions: dict[str, list[Contribute]] = defaultdict(list)
        for kpi in kpis:
            for kind, contribute in kpi.contributions.items():
                self._contributions[kind].append(contribute)
        self._notices: dict[str, list[NoticeKind]] = defaultdict(list)
        for notice_kind in NOTICE_KINDS.values():
            self._notices[notice_kind.sender].append(notice_kind)

    def facts(self, name: EntityName, entity: Any) -> list[Fact]:
        """All that an entity contributes, to all KPIs."""
        return [
            fact
            for contribute in self._contributions[name.kind]
            for fact in contribute(name.id, entity, self._declared)
        ]

    def fold(self, items: Mapping[EntityName, Sequence[Item]], known: Mapping[EntityName, Any]) -> Folded:
        """Take in what is said of each entity, in its order. `known` holds the entities that there are."""
        folded = Folded()
        for name, own in items.items():
            self._fold_entity(name, own, known.get(name), folded)
        return folded

    def _fold_entity(self, name: EntityName, items: Sequence[Item], known: Any | None, folded: Folded) -> None:
        before = items[0].kind.empty if known is None else known
        try:
            step = self._take_in(name, items, before)
            facts = self.facts(name, step.entity)
        except Exception:  # an item that cannot be taken in must not hold up the others
            step, facts = self._one_by_one(name, items, before, folded)
        if step.is_news:
            _tell(name, step, folded)
        if step.entity is before or step.entity == before:
            return
        folded.entities[name], folded.packed[name] = step.entity, step.packed
        facts_before = self.facts(name, before) if known is not None else []  # an empty entity contributes nothing
        self._move(name, facts_before, facts, folded)

    def _move(self, name: EntityName, before: Sequence[Fact], now: Sequence[Fact], folded: Folded) -> None:
        """What changes between two lists of facts: most begin alike, and of a large entity nearly all stays."""
        if not before:  # as of most orders, which are new: nothing is to be compared
            folded.facts.add(now)
            for day in self._days(now):
                folded.entered[name.kind, day].add(name.id)
            return
        same = _alike(before, now)
        added, gone = now[same:], before[same:]
        folded.facts.add(added)
        folded.facts.take_away(gone)
        days, days_before = self._days(added), self._days(gone)
        for day in days - days_before:
            folded.entered[name.kind, day].add(name.id)
        if left := days_before - days:
            for day in left - self._days(now[:same]):
                folded.left[name.kind, day].add(name.id)

    def _take_in(self, name: EntityName, items: Sequence[Item], entity: Any) -> Step:
        kinds = self._notices[name.kind]
        tells, is_news = {} if entity is items[0].kind.empty else _told(kinds, name, entity), False
        for item in items:
            entity = item.take_in(entity, item.said, self._zone)
            now = _told(kinds, name, entity)
            is_news = is_news or now != tells
            tells = now
        return Step(entity, _packed(entity, items[0].kind), tells, is_news, items[-1].offset)

    def _one_by_one(
        self, name: EntityName, items: Sequence[Item], before: Any, folded: Folded
    ) -> tuple[Step, list[Fact]]:
        """Take in what can be; the rest is set aside with its reason."""
        step, facts = Step(before, b"", {}, False, items[0].offset), self.facts(name, before)
        for item in items:
            try:
                next_step = self._take_in(name, [item], step.entity)
                facts = self.facts(name, next_step.entity)
            except Exception as error:
                folded.unapplied.append(Unapplied(item.offset, f"{type(error).__name__}: {error}"))
                continue
            step = msgspec.structs.replace(next_step, is_news=step.is_news or next_step.is_news)
        return step, facts

    def _days(self, facts: Iterable[Fact]) -> Set[int]:
        return {day_at(fact.at, self._zone) for fact in facts}


def _alike(one: Sequence[Fact], other: Sequence[Fact]) -> int:
    """How many facts two lists begin with alike."""
    n = 0
    for a, b in zip(one, other, strict=False):
        if a is not b and a != b:
            break
        n += 1
    return n


def _tell(name: EntityName, step: Step, folded: Folded) -> None:
    for kind, content_of in step.tells.items():
        for to, content in content_of.items():
            folded.notices[kind].append(Notice(to, name.id, step.offset, content))


def _told(kinds: Iterable[NoticeKind], name: EntityName, entity: Any) -> dict[str, Mapping[str, Any]]:
    """What an entity tells, by the kind of notice."""
    return {kind.name: content for kind in kinds if (content := kind.told(name.id, entity))}


def _packed(entity: Any, kind: EntityKind) -> bytes:
    """The entity as it is stored.

    :raises TooLarge: when it has grown beyond what it may.
    """
    packed = _pack.encode(entity)
    if len(packed) > kind.max_bytes:
        raise TooLarge(f"the entity would have {len(packed)} bytes, the limit is {kind.max_bytes}")
    return packed
