"""Asking people: who may be asked, what is written together, and what becomes an event."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import Counter
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError, Conflict, NotFound
from services.common.mail.addresses import read_address
from services.common.outbox import put
from services.common.windows import Clock
from services.survey import store
from services.survey.asking import contact_store
from services.survey.asking.people import NoContact, check_may_ask, reason_of
from services.survey.events import survey_invited
from services.survey.links import Purpose, new_id
from services.survey.mail import letter_queue
from services.survey.mail.letter_queue import LetterKey
from services.survey.records import Asking, Contact, Invitation


class Inviter:
    """The one way to ask. `pause`: the least time between two invitations to one person."""

    def __init__(
        self,
        database: Database,
        *,
        zone: ZoneInfo,
        clock: Clock,
        valid: timedelta,
        pause: timedelta,
        has_mail: bool,
        written: Callable[[], None],
        not_asked: Counter,
    ) -> None:
        self._database = database
        self._zone = zone
        self._clock = clock
        self._valid = valid
        self._pause = pause
        self._has_mail = has_mail
        self._written = written
        self._not_asked = not_asked

    async def invite(self, asking: Asking) -> Invitation:
        """Ask someone.

        :raises AskedBefore: when it is too soon.
        :raises OptedOut: when they do not want to be asked.
        :raises NoContact: when it is to be by mail, and no address is known.
        :raises Invalid: when the address is none.
        :raises Conflict: when it is to be by mail, and no mail server is set.
        """
        (made,) = await self.invite_all([asking])
        if isinstance(made, CadranError):
            raise made
        return made

    async def invite_all(self, askings: Sequence[Asking]) -> list[Invitation | CadranError]:
        """Ask many; for each, the invitation or why there is none."""
        now = self._clock()
        made = await self._database.write(lambda connection: [self._try(connection, each, now) for each in askings])
        self._written()
        for reason in filter(None, (reason_of(each) for each in made if isinstance(each, CadranError))):
            self._not_asked.labels(reason).inc()
        return made

    def _try(self, connection: Connection, asking: Asking, now: datetime) -> Invitation | CadranError:
        try:
            return self.ask(connection, asking, now)
        except CadranError as error:
            return error

    def ask(self, connection: Connection, asking: Asking, now: datetime) -> Invitation:
        """Ask someone, in a transaction; raises what `invite` does, and has written nothing then."""
        found = self._reach(connection, asking)
        who = contact_store.person(connection, found.email, asking.customer_id)
        check_may_ask(
            contact_store.last_asked(connection, who),
            contact_store.has_opted_out(connection, who),
            pause=self._pause,
            now=now,
        )
        invitation = Invitation(
            id=new_id(),
            about=asking.about,
            email=found.email,
            language=found.language,
            created_at=now,
            expires_at=now + self._valid,
            delivered_at=None if asking.is_by_mail else now,
        )
        # What would break the contract of its event is refused now: the letter could not be called back.
        event = survey_invited(invitation, zone=self._zone, now=now)
        store.add_invitation(connection, invitation)
        if asking.is_by_mail:
            letter_queue.add(connection, LetterKey(Purpose.NPS, invitation.id), now)
        else:
            put(connection, [event])
        return invitation

    def _reach(self, connection: Connection, asking: Asking) -> Asking:
        """The same, with the address and language that are known of the person."""
        email, language = None if asking.email is None else read_address(asking.email), asking.language
        if asking.is_by_mail:
            self._require_mail()
            known = None if asking.customer_id is None else contact_store.contact(connection, asking.customer_id)
            if known is not None:
                email, language = email or known.email, language or known.language
            if email is None:
                raise NoContact
        return msgspec.structs.replace(asking, email=email, language=language)

    def _require_mail(self) -> None:
        if not self._has_mail:
            raise Conflict(
                "this service cannot send mail",
                field="CADRAN_SURVEY_SMTP_HOST",
                mend="set it, see docs/invitations.md; or ask with `by: link` and send the link yourself",
            )

    async def keep_contacts(self, contacts: Sequence[Contact]) -> list[CadranError | None]:
        """Write contacts down, those that are there anew; for each, why it was not."""
        now = self._clock()

        def keep(connection: Connection, contact: Contact) -> CadranError | None:
            try:
                read = msgspec.structs.replace(contact, email=read_address(contact.email))
            except CadranError as error:
                return error
            contact_store.keep_contact(connection, read, now)
            return None

        return await self._database.write(lambda connection: [keep(connection, each) for each in contacts])

    async def find(self, id_: str) -> Invitation:
        """An invitation.

        :raises NotFound: when there is none with this id.
        """
        return await self._database.read(lambda connection: _found(connection, id_))

    async def withdraw(self, id_: str) -> None:
        """Make an invitation one that cannot be answered any more; its letter does not leave.

        :raises NotFound: when there is none with this id.
        """
        now = self._clock()

        def write(connection: Connection) -> None:
            _found(connection, id_)
            _withdraw(connection, id_, now)

        await self._database.write(write)

    async def bounced(self, id_: str) -> None:
        """Note that an invitation came back after a mail server had taken it.

        :raises NotFound: when there is none with this id.
        :raises Conflict: when its letter has not left.
        """
        now = self._clock()

        def write(connection: Connection) -> None:
            invitation = _found(connection, id_)
            if invitation.delivered_at is None and invitation.bounced_at is None:
                raise Conflict("its letter has not left", mend="withdraw it instead")
            record_bounce(connection, invitation, "told", zone=self._zone, now=now)

        await self._database.write(write)
        self._written()

    async def opt_out(self, email: str | None, customer_id: str | None) -> None:
        """Note that a person does not want to be asked, and let none of their letters leave."""
        now = self._clock()

        def write(connection: Connection) -> None:
            who = contact_store.person(connection, email, customer_id)
            contact_store.opt_out(connection, who, now)
            for id_ in contact_store.waiting_invitations(connection, who):
                _withdraw(connection, id_, now)

        await self._database.write(write)


def record_delivery(connection: Connection, invitation: Invitation, *, zone: ZoneInfo, now: datetime) -> None:
    """Note that a mail server took a letter, and tell it."""
    if invitation.bounced_at is None and store.mark(connection, invitation.id, "delivered_at", now):
        delivered = msgspec.structs.replace(invitation, delivered_at=now)
        put(connection, [survey_invited(delivered, zone=zone, now=now)])


def record_bounce(
    connection: Connection, invitation: Invitation, bounce: str, *, zone: ZoneInfo, now: datetime
) -> None:
    """Note that a letter does not arrive, and tell it; once."""
    if store.mark(connection, invitation.id, "bounced_at", now):
        store.note_bounce(connection, invitation.id, bounce)
        put(connection, [survey_invited(msgspec.structs.replace(invitation, bounced_at=now), zone=zone, now=now)])


def _found(connection: Connection, id_: str) -> Invitation:
    found = store.invitation(connection, id_)
    if found is None:
        raise NotFound(f"no invitation has the id {id_!r}", mend="check it")
    return found


def _withdraw(connection: Connection, id_: str, now: datetime) -> None:
    letter_queue.remove(connection, LetterKey(Purpose.NPS, id_))
    store.mark(connection, id_, "withdrawn_at", now)
