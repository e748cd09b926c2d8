"""The week as a page, a PDF, a plain text and an e-mail: the same story, the same words."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from markupsafe import Markup
from resvg_py import svg_to_bytes

from services.board.formats import Formats
from services.board.letter.pictures import Picture, pictures
from services.board.letter.story import Story
from services.board.letter.words import Words
from services.common.errors import ConfigurationError
from services.common.i18n import load_translations
from services.common.templates import templates_of

BOARD = Path(__file__).resolve().parents[1]
STYLESHEET = BOARD / "static" / "week.css"
PNG_WIDTH = 880
"""Pixels: twice what is shown, for fine screens."""


class WeekWriter:
    """Writes weeks. `url`: the address of the board, that links begin with."""

    def __init__(self, zone: ZoneInfo, url: str) -> None:
        self._url = url
        self._words = load_words(zone)
        self._environments = {
            name: templates_of("services.board.letter", words.texts) for name, words in self._words.items()
        }

    def page(self, story: Story, language: str) -> str:
        """The week as a page of the board."""
        return self._render("week_page.html", story, language)

    def document(self, story: Story, language: str) -> str:
        """The week as an HTML file that needs no other."""
        return self._render("week.html", story, language, stylesheet=Markup(STYLESHEET.read_text()))  # noqa: S704

    def pdf(self, story: Story, language: str) -> bytes:
        """The week on A4, tagged for those who have it read to them.

        :raises ConfigurationError: when the libraries that it takes are not there.
        """
        try:
            from weasyprint import HTML  # loaded by who prints: it takes a second, and libraries of the system
        except OSError as error:
            raise ConfigurationError(
                f"PDFs cannot be made: {' '.join(str(error).split())[:200]}",
                mend="apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
            ) from None
        made: bytes = HTML(string=self.document(story, language)).write_pdf(pdf_variant="pdf/ua-1")
        return made

    def text(self, story: Story, language: str) -> str:
        """The week in plain text."""
        return self._render("letter.txt", story, language, link=self._link(story, language))

    def subject(self, story: Story, language: str) -> str:
        return self._words[language].subject(story)

    def letter(self, story: Story, language: str, sender: str) -> EmailMessage:
        """An e-mail with the PDF beside it, to nobody yet."""
        domain = Address(addr_spec=sender).domain
        letter = EmailMessage(policy=SMTP)
        letter["From"] = Address("Cadran", addr_spec=sender)
        letter["Subject"] = self.subject(story, language)
        letter["Auto-Submitted"] = "auto-generated"
        drawn = pictures(story, self._words[language])
        cids = {picture.name: f"{picture.name}.{story.week.name}@{domain}" for picture in drawn}
        html = self._render("letter.html", story, language, link=self._link(story, language), cids=cids)
        letter.set_content(self.text(story, language), cte="quoted-printable")
        letter.add_alternative(html, subtype="html", cte="quoted-printable")
        body = cast(EmailMessage, letter.get_body(("html",)))
        for picture in drawn:
            name = f"{picture.name}.png"
            body.add_related(png(picture), "image", "png", cid=f"<{cids[picture.name]}>", filename=name)
        letter.add_attachment(self.pdf(story, language), "application", "pdf", filename=f"cadran-{story.week.name}.pdf")
        letter["Content-Language"] = language
        return letter

    def _link(self, story: Story, language: str) -> str:
        return f"{self._url}/week?ending={story.week.last}&lang={language}"

    def _render(self, template: str, story: Story, language: str, **values: object) -> str:
        words = self._words[language]
        drawn = pictures(story, words)
        return (
            self._environments[language]
            .get_template(template)
            .render(story=story, words=words, pictures=drawn, **values)
        )


def addressed(letter: EmailMessage, story: Story, to: str, now: datetime) -> EmailMessage:
    """A copy of a letter, to somebody.

    Its `Message-ID` is of the week and the recipient, and does not tell the address: of two sendings, readers show one.
    """
    own = deepcopy(letter)
    own["To"] = Address(addr_spec=to)
    own["Date"] = format_datetime(now)
    name, domain = sha256(to.encode()).hexdigest()[:20], own["From"].addresses[0].domain
    own["Message-ID"] = f"<{story.week.name}.{name}@{domain}>"
    return own


def png(picture: Picture) -> bytes:
    """A picture as a PNG."""
    return bytes(svg_to_bytes(svg_string=picture.svg, width=PNG_WIDTH, font_family="DejaVu Sans"))


def load_words(zone: ZoneInfo) -> Mapping[str, Words]:
    """What is said in every language: by the letter's own texts, and behind them the board's."""
    own, boards = (load_translations(folder / "locale") for folder in (Path(__file__).parent, BOARD))
    for name, texts in own.items():
        texts.add_fallback(boards[name])
    return {name: Words(name, texts, Formats(name, zone)) for name, texts in own.items()}
