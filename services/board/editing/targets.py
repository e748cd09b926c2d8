"""The targets of one KPI and one period, as a sheet that is filled in. Pure.

A period that is over keeps the target that stood when it ended, and takes no other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from services.board.editing.statements import Change, Statement, changes, event_id, event_of, standing
from services.board.editing.values import Unreadable, of_statement, read, require_possible, stated, written
from services.board.told import Answer
from services.common.errors import Invalid
from services.common.events import Event
from services.common.events.reference import Measure, TargetSet
from services.common.windows import Period

ALL, TEAM, REP = "all", "team:", "rep:"
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
REFUSED, MISSING, OVERTAKEN = "refused", "missing", "overtaken"
"""Faults beside those of a value's text: the contract does not take it; a target that stands cannot be taken away;
another was set meanwhile."""


class Asked(NamedTuple):
    """Whose sheet: of a KPI, for a period. `is_copied`: filled in with the targets of the period before."""

    measure: Measure
    period: Period
    starts_on: date
    is_copied: bool = False

    @property
    def previous(self) -> date:
        return self.period.previous_first_day(self.starts_on)

    @property
    def following(self) -> date:
        return self.period.next_first_day(self.starts_on)

    def subject(self, member: str, starts_on: date | None = None) -> str:
        """Of the event about somebody's target."""
        return self.data(member, 0, starts_on).subject(ZoneInfo("UTC"))

    def data(self, member: str, value: float, starts_on: date | None = None) -> TargetSet:
        return TargetSet(
            measure=self.measure,
            period=self.period.value,
            starts_on=starts_on or self.starts_on,
            value=value,
            rep_id=member.removeprefix(REP) if member.startswith(REP) else None,
            team_id=member.removeprefix(TEAM) if member.startswith(TEAM) else None,
        )


class Member(NamedTuple):
    """Somebody who may have a target; `id` as events name them: `all`, `team:…`, `rep:…`."""

    id: str
    label: str
    team: str | None = None


class Row(NamedTuple):
    """One member's line of a sheet. `text`: what stands in the field; `previous`: the target of the period before."""

    member: Member
    previous: str
    text: str
    made_from: str
    fault: str | None = None
    stands: Statement[TargetSet] | None = None
    is_proposed: bool = False


class Sheet(NamedTuple):
    """What is known of the targets of one KPI and one period."""

    asked: Asked
    unit: str
    language: str
    zone: ZoneInfo
    members: Sequence[Member]
    known: Mapping[str, Sequence[Statement[TargetSet]]]

    def is_over(self, now: datetime) -> bool:
        return now >= self._end(self.asked.following)

    def rows(self) -> list[Row]:
        """The sheet as it stands, or as it is proposed."""
        return [self._row(member) for member in self.members]

    def filled_in(self, fields: Mapping[str, str], faults: Mapping[str, str], *, anew: bool) -> list[Row]:
        """The sheet as somebody filled it in, with what is wrong by member. `anew`: they see what stands now."""
        return [self._filled_in(member, fields, faults, anew=anew) for member in self.members]

    def drafts(
        self, fields: Mapping[str, str], form: str, now: datetime
    ) -> tuple[list[tuple[Event, str]], dict[str, str]]:
        """The events of what somebody changed, each with the statement that it was made from; and what is wrong, by
        member."""
        drafts, faults = [], {}
        for member in self.members:
            text, made_from = fields.get(f"value:{member.id}"), fields.get(f"from:{member.id}", "")
            if text is None or text.strip() == self.text(self._statement(member, made_from)):
                continue
            try:
                drafts.append((self._event(member, text, form, now), made_from))
            except Unreadable as error:
                faults[member.id] = error.fault.value if text.strip() else MISSING
            except Invalid:
                faults[member.id] = REFUSED
        return drafts, faults

    def made_by(self, form: str) -> list[Statement[TargetSet]]:
        """What a form has changed."""
        ids = {event_id("target", self.asked.subject(member.id), form) for member in self.members}
        return [each for statements in self.known.values() for each in statements if each.event_id in ids]

    def history(self) -> list[tuple[Member, Change[TargetSet]]]:
        """Everything that was stated for this period, the newest first."""
        found = [
            (member, change) for member in self.members for change in changes(self.known[self.asked.subject(member.id)])
        ]
        return sorted(found, key=lambda each: each[1].statement.time, reverse=True)

    def text(self, statement: Statement[TargetSet] | None) -> str:
        """A target as it is typed; nothing where there is none."""
        return "" if statement is None else self.value(statement.data)

    def value(self, data: TargetSet) -> str:
        return written(of_statement(data.value, self.unit), self.unit, self.language)

    def example(self, value: Decimal) -> str:
        """How a value is typed here."""
        return written(value, self.unit, self.language)

    def _row(self, member: Member) -> Row:
        stands = self._stands(member, self.asked.starts_on, self.asked.following)
        before = self.text(self._stands(member, self.asked.previous, self.asked.starts_on))
        proposed = bool(self.asked.is_copied and before and stands is None)
        text = before if proposed else self.text(stands)
        return Row(member, before, text, stands.event_id if stands else "", is_proposed=proposed)

    def _filled_in(self, member: Member, fields: Mapping[str, str], faults: Mapping[str, str], *, anew: bool) -> Row:
        row = self._row(member)
        seen = fields.get(f"from:{member.id}", row.made_from)
        return row._replace(
            text=fields.get(f"value:{member.id}", row.text),
            made_from=row.made_from if anew else seen,
            fault=faults.get(member.id),
            stands=self._stands(member, self.asked.starts_on, self.asked.following),
            is_proposed=False,
        )

    def _event(self, member: Member, text: str, form: str, now: datetime) -> Event:
        data = self.asked.data(
            member.id, stated(require_possible(read(text, self.unit, self.language), self.unit), self.unit)
        )
        return event_of(data, self.asked.subject(member.id), form, now=now, zone=self.zone)

    def _statement(self, member: Member, id_: str) -> Statement[TargetSet] | None:
        return next((each for each in self.known[self.asked.subject(member.id)] if each.event_id == id_), None)

    def _stands(self, member: Member, starts_on: date, following: date) -> Statement[TargetSet] | None:
        return standing(self.known[self.asked.subject(member.id, starts_on)], self._end(following))

    def _end(self, following: date) -> datetime:
        return datetime.combine(following, time(), self.zone)


def asked_of(query: Mapping[str, str], measures: Sequence[str], today: date) -> Asked:
    """What a query asks for; what it does not say, or says wrongly, is what is usual."""
    measure = query.get("measure", "")
    period = next((each for each in Period if each == query.get("period")), Period.MONTH)
    try:
        day = date.fromisoformat(query.get("starts_on", ""))
    except ValueError:
        day = today
    starts_on = period.first_day(day if EARLIEST <= day < LATEST else today)
    known = cast(Measure, measure if measure in measures else measures[0])
    return Asked(known, period, starts_on, query.get("copy") == "yes")


def members_of(kpi: Answer, reps: Sequence[Answer], targets: Iterable[Answer]) -> list[Member]:
    """Who may have a target of a KPI: the company, and teams and reps where it is told by them."""
    cuts = {cut["by"] for cut in kpi["cuts"]}
    named = [target["member"] for target in targets]
    teams = {rep["team"] for rep in reps if rep["team"]} | {each["team_id"] for each in named if "team_id" in each}
    known = {rep["rep_id"]: rep for rep in reps}
    ids = known.keys() | {each["rep_id"] for each in named if "rep_id" in each}
    found = [Member(ALL, "")]
    if "team" in cuts:
        found += [Member(f"{TEAM}{team}", team) for team in sorted(teams)]
    if "rep" in cuts:
        found += sorted(_reps(ids, known), key=lambda each: (each.label.casefold(), each.id))
    return found


def _reps(ids: Iterable[str], known: Mapping[str, Answer]) -> Iterator[Member]:
    for id_ in ids:
        rep = known.get(id_, {})
        yield Member(f"{REP}{id_}", rep.get("alias") or id_, rep.get("team"))


def counted_of(
    asked: Asked, members: Sequence[Member], targets: Iterable[Answer], unit: str
) -> dict[str, list[Statement[TargetSet]]]:
    """What the read API knows of the targets of a period and of the one before, by subject."""
    days = (asked.starts_on, asked.previous)
    subjects = {asked.subject(member.id, day): (member, day) for member in members for day in days}
    found: dict[str, list[Statement[TargetSet]]] = {subject: [] for subject in subjects}
    for target in targets:
        subject = target["subject"]
        if subject in subjects:
            member, day = subjects[subject]
            found[subject] = [_counted(said, asked, member, day, unit) for said in target["statements"]]
    return found


def _counted(said: Answer, asked: Asked, member: Member, day: date, unit: str) -> Statement[TargetSet]:
    data = asked.data(member.id, stated(Decimal(str(said["value"])), unit), day)
    return Statement(datetime.fromisoformat(said["time"]), said["event_id"], data, None, is_counted=True)
