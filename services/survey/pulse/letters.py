"""The letters of the pulse: each bears its person's link."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import Connection

from services.survey.links import Links, Purpose
from services.survey.mail.letters import LetterWriter, Words
from services.survey.pulse import store


class PulseLetters:
    """See `mailer.Desk`. What becomes of a letter is not kept: it would be one more thing known of a person."""

    def __init__(self, writer: LetterWriter, links: Links, zone: ZoneInfo) -> None:
        self._writer = writer
        self._links = links
        self._zone = zone

    def letter(self, connection: Connection, id_: str, now: datetime) -> EmailMessage | None:
        found = store.find(connection, id_)
        if found is None:
            return None
        ticket, round_ = found
        if not ticket.email or ticket.used or not round_.takes_answers(now):
            return None
        is_reminder = round_.reminded_at is not None
        language = self._writer.language(ticket.language)
        values = {
            "link": self._links.url(Purpose.PULSE, id_),
            "is_reminder": is_reminder,
            "last_day": format_date(round_.last_day(self._zone), "full", language),
        }
        words = Words("pulse_letter", language, values)
        return self._writer.write(Address(addr_spec=ticket.email), id_ + ".again" * is_reminder, words, now)

    def delivered(self, connection: Connection, id_: str, now: datetime) -> None:
        pass

    def bounced(self, connection: Connection, id_: str, codes: str, now: datetime) -> None:
        pass
