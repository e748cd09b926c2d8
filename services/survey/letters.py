"""The letter that asks: plain text and simple HTML, in the person's language."""

from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

from services.common.errors import ConfigurationError, Invalid
from services.survey.addresses import read_address
from services.survey.branding import Branding
from services.survey.forms import SCORES
from services.survey.links import Links, Purpose
from services.survey.pages import Pages
from services.survey.records import Invitation


class WholeHeader(BaseHeader):
    """A header that stays on one line as it is: of a URL that is folded or encoded, no mail program makes a link."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, found: dict[str, Any]) -> None:
        found |= {"decoded": value, "parse_tree": None}

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", WholeHeader)
_POLICY = SMTP.clone(header_factory=_headers)


class LetterWriter:
    """Writes letters. `sender`: the address that they come from."""

    def __init__(self, pages: Pages, links: Links, brand: Branding, sender: str) -> None:
        self._pages = pages
        self._links = links
        self._from = Address(brand.name, addr_spec=sender)

    def write(self, invitation: Invitation, email: str, name: str | None, now: datetime) -> EmailMessage:
        """The letter of an invitation. Its `Message-ID` is always the same: of two sendings, readers show one.

        The policy refuses a header that holds a line break, whatever a name may be.
        """
        language = self._pages.offered(invitation.language)
        unsubscribe = self._links.url(Purpose.UNSUBSCRIBE, invitation.id)
        values = {
            "name": name,
            "link": self._links.url(Purpose.NPS, invitation.id),
            "unsubscribe": unsubscribe,
            "scores": SCORES,
        }
        letter = EmailMessage(policy=_POLICY)
        letter["From"] = self._from
        letter["To"] = Address(name or "", addr_spec=email)
        letter["Subject"] = self._pages.text("letter_subject.txt", language).strip()
        letter["Date"] = format_datetime(now)
        letter["Message-ID"] = f"<{invitation.id}@{self._from.domain}>"
        letter["List-Unsubscribe"] = f"<{unsubscribe}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(self._pages.text("letter.txt", language, **values), cte="quoted-printable")
        html = self._pages.text("letter.html", language, **values)
        letter.add_alternative(html, subtype="html", cte="quoted-printable")
        letter["Content-Language"] = language
        return letter


def read_sender(text: str) -> str:
    """The address that letters come from.

    :raises ConfigurationError: when it is none.
    """
    try:
        return read_address(text)
    except Invalid as error:
        raise ConfigurationError(error.message, field="CADRAN_SURVEY_MAIL_FROM", mend=error.mend) from None
