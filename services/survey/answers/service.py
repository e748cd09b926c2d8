"""Being answered: what is checked, what is written together, what becomes an event."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import NotFound
from services.common.outbox import put
from services.common.windows import Clock
from services.survey import store
from services.survey.events import nps_answered
from services.survey.links import Links, Purpose
from services.survey.records import Answer, Closed, Invitation, Standing


def _there(found: Invitation | None) -> Invitation:
    if found is None:
        raise NotFound("this invitation is no longer there", mend="nothing is to be done")
    return found


class Surveys:
    """The one way to answer. `written` is called after each event that was written down."""

    def __init__(
        self,
        database: Database,
        links: Links,
        *,
        zone: ZoneInfo,
        clock: Clock,
        written: Callable[[], None],
    ) -> None:
        self._database = database
        self._links = links
        self._zone = zone
        self._clock = clock
        self._written = written

    async def find(self, token: str) -> tuple[Invitation, Standing]:
        """The invitation of a link, and where it stands.

        :raises NotFound: when the link is not ours, or what it named was erased.
        """
        id_ = self._links.read(Purpose.NPS, token)
        found = _there(await self._database.read(lambda connection: store.invitation(connection, id_)))
        return found, found.standing(self._clock())

    async def opened(self, invitation: Invitation) -> None:
        """Note that the form was seen."""
        if invitation.opened_at is None:
            now = self._clock()
            await self._database.write(lambda connection: store.mark(connection, invitation.id, "opened_at", now))

    async def answer(self, token: str, score: int, comment: str, may_call: bool, language: str) -> None:
        """Take the answer to a link's invitation: it is on the disk when this returns.

        :raises NotFound: when the link is not ours, or what it named was erased.
        :raises Closed: when it was answered before, withdrawn, or is too old.
        :raises Unavailable: when the database cannot be written. Whatever is raised, nothing was written.
        """
        id_ = self._links.read(Purpose.NPS, token)
        now = self._clock()

        def write(connection: Connection) -> None:
            invitation = _there(store.invitation(connection, id_))
            standing = invitation.standing(now)
            if standing is not Standing.OPEN:
                raise Closed(standing)
            store.mark(connection, id_, "answered_at", now)
            answer = Answer(
                response_id=id_,
                about=invitation.about,
                score=score,
                answered_at=now,
                comment=comment,
                may_call=may_call,
                language=language,
            )
            self._write_answer(connection, answer, now)

        await self._database.write(write)
        self._written()

    async def take(self, answer: Answer) -> bool:
        """Take an answer that another tool asked for; whether it is new. The door for other survey tools."""
        now = self._clock()

        def write(connection: Connection) -> bool:
            is_new = not store.has_answer(connection, answer.response_id)
            if is_new:
                self._write_answer(connection, answer, now)
            return is_new

        is_new = await self._database.write(write)
        self._written()
        return is_new

    def _write_answer(self, connection: Connection, answer: Answer, now: datetime) -> None:
        store.add_answer(connection, answer)
        put(connection, [nps_answered(answer, zone=self._zone, now=now)])
