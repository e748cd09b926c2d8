"""Promotions as they are listed and filled in. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.board.editing.statements import Change, Statement, changes, event_of, standing
from services.board.told import Answer
from services.common.events import Event
from services.common.events.reference import PromotionSet

FIELDS = ("id", "name", "from", "to", "channels", "regions")
PHASES = ("running", "coming", "over")


class Entry(NamedTuple):
    """A promotion: what stands of it, and all that was stated."""

    id: str
    promotion: PromotionSet
    statements: Sequence[Statement[PromotionSet]]
    phase: str

    @property
    def history(self) -> list[Change[PromotionSet]]:
        """The newest first."""
        return changes(self.statements)[::-1]


class Filled(NamedTuple):
    """A form as it stands. `made_from`: the statement that it was made from; `faults`: what is not right, by field."""

    texts: Mapping[str, str]
    made_from: str = ""
    faults: Sequence[str] = ()


NEW = Filled(dict.fromkeys(FIELDS, ""))


def counted_of(promotions: Iterable[Answer]) -> dict[str, list[Statement[PromotionSet]]]:
    """What the read API knows, by id."""
    return {
        each["subject"]: [
            Statement(datetime.fromisoformat(said["time"]), said["event_id"], _promotion(said), None, is_counted=True)
            for said in each["statements"]
        ]
        for each in promotions
    }


def entries(known: Mapping[str, Sequence[Statement[PromotionSet]]], now: datetime, zone: ZoneInfo) -> list[Entry]:
    """Those that run, those to come, those that are over; of each the ones that begin last before."""
    found = []
    for id_, statements in known.items():
        stands = standing(statements)
        if stands is not None:
            found.append(Entry(id_, stands.data, statements, _phase(stands.data, now, zone)))
    found.sort(key=lambda entry: (entry.promotion.starts_at(zone), entry.id), reverse=True)
    return sorted(found, key=lambda entry: PHASES.index(entry.phase))


def filled(entry: Entry) -> Filled:
    """The form of a promotion as it stands."""
    return Filled(texts(entry.id, entry.promotion), entry.statements[-1].event_id)


def texts(id_: str, promotion: PromotionSet) -> dict[str, str]:
    """What stands in the fields of a form; channels and regions one a line."""
    return {
        "id": id_,
        "name": promotion.name,
        "from": promotion.from_,
        "to": promotion.to,
        "channels": "\n".join(promotion.channels),
        "regions": "\n".join(promotion.regions),
    }


def draft(fields: Mapping[str, str], form: str, *, now: datetime, zone: ZoneInfo) -> Event:
    """The event of a form as it was filled in.

    :raises Invalid: naming the field that is not right: see `fault_of`.
    """
    data = PromotionSet(
        name=fields.get("name", "").strip(),
        from_=fields.get("from", "").strip(),
        to=fields.get("to", "").strip(),
        channels=_lines(fields.get("channels", "")),
        regions=_lines(fields.get("regions", "")),
    )
    return event_of(data, fields.get("id", "").strip(), form, now=now, zone=zone)


def fault_of(field: str) -> str:
    """The field of the form that a field of the event is filled in from: `data.channels[0]` is `channels`."""
    name = field.removeprefix("data.").partition("[")[0]
    return name if name in FIELDS else "id"


def differences(change: Change[PromotionSet]) -> list[tuple[str, str, str]]:
    """What a change changed: the field, and how it stood before and after."""
    after = texts("", change.statement.data)
    was = texts("", change.before) if change.before else NEW.texts
    return [(name, was[name], after[name]) for name in FIELDS if was[name] != after[name]]


def _promotion(said: Answer) -> PromotionSet:
    return PromotionSet(
        name=said["name"],
        from_=said["from"],
        to=said["to"],
        channels=tuple(said["channels"]),
        regions=tuple(said["regions"]),
    )


def _phase(promotion: PromotionSet, now: datetime, zone: ZoneInfo) -> str:
    if now >= promotion.ends_at(zone):
        return "over"
    return "running" if now >= promotion.starts_at(zone) else "coming"


def _lines(text: str) -> tuple[str, ...]:
    """The names that stand one a line, each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
