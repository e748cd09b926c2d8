"""`/v1/pulse`: who is asked, and when. What was answered is nowhere here."""

from datetime import date, datetime, time, timedelta

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.errors import Invalid
from services.common.http import json_response, read_body, require, require_recorded
from services.common.json_bodies import ITEMS_MAX_BYTES, json_body, read_many, read_one
from services.common.mail.addresses import read_address
from services.survey.pulse.records import Colleague, Round
from services.survey.pulse.schedule import Schedule
from services.survey.pulse.service import Pulse

BODY_MAX_BYTES = 4096
MOST_PEOPLE = 20_000
"""Of a roster: it is sent whole, as it replaces the one before."""
LONGEST = timedelta(days=366)
"""That a round may be open: a day mistyped must not keep who answered for ever."""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A round to open: the last day on which it can be answered; none: as the schedule says."""

    last_day: date | None = None


class Opened(msgspec.Struct):
    """A round that was opened."""

    round_id: str
    invited: int
    closes_at: datetime


class RoundStatus(msgspec.Struct, omit_defaults=True):
    """A round. How many have answered is told when it is closed: who watches a number sees who just answered."""

    round_id: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None = None


def pulse_routes(pulse: Pulse, schedule: Schedule, keys: KeyRing, audit: AuditLog) -> APIRouter:
    router = APIRouter(prefix="/v1/pulse", tags=["pulse"])
    reads = [Depends(require(keys, Scope.WRITE_SURVEYS))]
    writes = [require_recorded(keys, Scope.WRITE_SURVEYS, audit)]

    @router.put(
        "/roster",
        summary="Say whom the next round asks: everybody, each in one team",
        openapi_extra=_ROSTER,
        dependencies=writes,
    )
    async def set_roster(request: Request) -> Response:
        people = read_roster(await read_body(request, ITEMS_MAX_BYTES))
        await pulse.set_people(people)
        return json_response({"people": len(people), "teams": len({person.team_id for person in people})})

    @router.get("/rounds", summary="The rounds, the oldest first", dependencies=reads)
    async def rounds() -> Response:
        return json_response([_status(each) for each in await pulse.rounds()])

    @router.post("/rounds", status_code=201, summary="Open a round now", openapi_extra=_OPENING, dependencies=writes)
    async def open_round(request: Request) -> Response:
        body = await read_body(request, BODY_MAX_BYTES)
        opening = read_one(body, Opening) if body else Opening()
        round_, invited = await pulse.open_round(lambda now: closing(schedule, opening.last_day, now))
        return json_response(Opened(round_.id, invited, round_.closes_at), 201)

    @router.post("/rounds/close", summary="Close the open round now, and tell what may be told", dependencies=writes)
    async def close_round() -> Response:
        return json_response(_status(await pulse.close_round()))

    return router


def read_roster(body: bytes) -> list[Colleague]:
    """Read a roster.

    :raises Invalid: naming the first that cannot be, and the mend.
    """
    people = []
    for index, read in enumerate(read_many(body, Colleague, MOST_PEOPLE)):
        if isinstance(read, Invalid):
            raise Invalid(read.message, field=f"{index}.{read.field}", mend=read.mend)
        try:
            people.append(msgspec.structs.replace(read, email=read_address(read.email)))
        except Invalid as error:
            raise Invalid(error.message, field=f"{index}.{error.field}", mend=error.mend) from None
    return people


def closing(schedule: Schedule, last_day: date | None, now: datetime) -> datetime:
    """When a round that opens now closes.

    :raises Invalid: when its last day is gone, or more than a year away.
    """
    if last_day is None:
        return schedule.closing(now)
    today = now.astimezone(schedule.zone).date()
    if last_day < today:
        raise Invalid(f"{last_day} is gone", field="last_day", mend="send today or a later day")
    if last_day > today + LONGEST:
        raise Invalid(f"{last_day} is more than a year away", field="last_day", mend="send an earlier day")
    return datetime.combine(last_day + timedelta(days=1), time(0), schedule.zone)


def _status(round_: Round) -> RoundStatus:
    return RoundStatus(round_.id, round_.opened_at, round_.closes_at, round_.closed_at)


_ROSTER = json_body(list[Colleague], [{"email": "anna@example.org", "team_id": "north", "language": "fr"}])
_OPENING = json_body(Opening, {"last_day": "2026-12-04"})
