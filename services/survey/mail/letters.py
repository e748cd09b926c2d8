"""Letters: plain text and simple HTML, in the person's language."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any, NamedTuple

from services.survey.branding import Branding
from services.survey.pages import Pages


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


class Words(NamedTuple):
    """What a letter says: templates for its subject, its plain text and its HTML, and what they are filled in with."""

    name: str
    language: str
    values: Mapping[str, object]


class LetterWriter:
    """Writes letters. `sender`: the address that they come from."""

    def __init__(self, pages: Pages, brand: Branding, sender: str) -> None:
        self._pages = pages
        self._from = Address(brand.name, addr_spec=sender)

    def write(self, to: Address, message_id: str, words: Words, now: datetime) -> EmailMessage:
        """A letter. Its `Message-ID` is always the same: of two sendings, readers show one.

        The policy refuses a header that holds a line break, whatever a name may be.
        """
        letter = EmailMessage(policy=_POLICY)
        letter["From"] = self._from
        letter["To"] = to
        letter["Subject"] = self._text(words, "_subject.txt").strip()
        letter["Date"] = format_datetime(now)
        letter["Message-ID"] = f"<{message_id}@{self._from.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(self._text(words, ".txt"), cte="quoted-printable")
        letter.add_alternative(self._text(words, ".html"), subtype="html", cte="quoted-printable")
        letter["Content-Language"] = words.language
        return letter

    def language(self, preferred: str | None) -> str:
        """The language of a letter to somebody who prefers one."""
        return self._pages.offered(preferred)

    def _text(self, words: Words, part: str) -> str:
        return self._pages.text(f"{words.name}{part}", words.language, **words.values)
