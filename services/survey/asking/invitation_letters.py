"""The letters of invitations: what they say, and what their leaving or coming back makes of an invitation."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.survey import store
from services.survey.asking import contact_store
from services.survey.asking.inviter import record_bounce, record_delivery
from services.survey.fields import SCORES
from services.survey.links import Links, Purpose
from services.survey.mail.letters import LetterWriter, Words
from services.survey.records import Invitation, Standing


class InvitationLetters:
    """See `mailer.Desk`. An invitation is read anew each time: it may have been erased since, or have bounced."""

    def __init__(self, writer: LetterWriter, links: Links, zone: ZoneInfo) -> None:
        self._writer = writer
        self._links = links
        self._zone = zone

    def letter(self, connection: Connection, id_: str, now: datetime) -> EmailMessage | None:
        invitation = store.invitation(connection, id_)
        if invitation is None or invitation.email is None or invitation.standing(now) is not Standing.OPEN:
            return None
        return self.write(invitation, invitation.email, _name(connection, invitation), now)

    def write(self, invitation: Invitation, email: str, name: str | None, now: datetime) -> EmailMessage:
        """The letter to an address; `name`: whose it is, where that is known."""
        unsubscribe = self._links.url(Purpose.UNSUBSCRIBE, invitation.id)
        values = {
            "name": name,
            "link": self._links.url(Purpose.NPS, invitation.id),
            "unsubscribe": unsubscribe,
            "scores": SCORES,
        }
        words = Words("letter", self._writer.language(invitation.language), values)
        letter = self._writer.write(Address(name or "", addr_spec=email), invitation.id, words, now)
        letter["List-Unsubscribe"] = f"<{unsubscribe}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return letter

    def delivered(self, connection: Connection, id_: str, now: datetime) -> None:
        invitation = store.invitation(connection, id_)
        if invitation is not None:
            record_delivery(connection, invitation, zone=self._zone, now=now)

    def bounced(self, connection: Connection, id_: str, codes: str, now: datetime) -> None:
        invitation = store.invitation(connection, id_)
        if invitation is not None:
            record_bounce(connection, invitation, codes, zone=self._zone, now=now)


def _name(connection: Connection, invitation: Invitation) -> str | None:
    """The contact's name, where the letter goes to the contact's own address."""
    customer_id = invitation.about.customer_id
    contact = None if customer_id is None else contact_store.contact(connection, customer_id)
    return contact.name if contact is not None and contact.email == invitation.email else None
