import asyncio
import re
import zlib
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from weasyprint import HTML

from services.board.letter.judging import Judgement, Verdict
from services.board.letter.story import Story
from services.board.letter.writing import WeekWriter, addressed, load_words
from tests.support.browser import PHONE, check_for_everyone, pages_of, running_browser
from tests.support.clock import START
from tests.support.events import PARIS

LANGUAGES = ("fr", "en")
WORDS = load_words(PARIS)
TITLES = {
    "fr": "Semaine du 16 novembre au 22 novembre 2026 – 1 chiffre sur 8 a bougé",
    "en": "Week of 16 November to 22 November 2026 – 1 figure of 8 moved",
}


def sent(writer: WeekWriter, story: Story, language: str, to: str = "anne@example.org") -> EmailMessage:
    """An e-mail as who gets it reads it."""
    letter = addressed(writer.letter(story, language, "cadran@example.org"), story, to, START)
    return message_from_bytes(letter.as_bytes(), policy=default)  # type: ignore[return-value, arg-type]


def printed(document: str) -> list[str]:
    """What stands on each page of a PDF."""

    def texts(box: object) -> Iterator[str]:
        if text := getattr(box, "text", ""):
            yield text
        for child in getattr(box, "children", ()):
            yield from texts(child)

    return [" ".join(texts(page._page_box)) for page in HTML(string=document).render().pages]


def inflated(pdf: bytes) -> bytes:
    """A PDF with its streams as they were before they were compressed."""
    streams = re.findall(rb"/FlateDecode.*?>>\nstream\n(.*?)endstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(each) for each in streams)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_tells_every_figure_as_the_board_writes_it(story: Story, writer: WeekWriter, language: str) -> None:
    letter, words = sent(writer, story, language), WORDS[language]
    html, text = (letter.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    document = writer.document(story, language)
    forms = [
        writer.page(story, language),
        document,
        html.get_content(),
        text.get_content(),
        *[" ".join(printed(document))],
    ]
    for form in map(plain, forms):
        for kpi in story.kpis:
            assert plain(words.value(kpi)) in form
            if kpi.judgement.noise is not None:
                assert plain(words.change(kpi)) in form
    assert letter["Subject"] == f"Cadran – {TITLES[language]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_one_or_two_pages_tagged_and_titled(story: Story, writer: WeekWriter, language: str) -> None:
    pdf = writer.pdf(story, language)
    assert pdf[:5] == b"%PDF-"
    objects = inflated(pdf)
    assert f"/Lang ({language})".encode() in objects
    assert b"/StructTreeRoot" in objects
    assert objects.count(b"/Alt") == 3
    assert f"Cadran – {TITLES[language]}".encode("utf-16-be").hex().encode() in objects
    pages = printed(writer.document(story, language))
    assert len(pages) <= 2
    assert f"1 / {len(pages)}" in plain(pages[0])


def test_an_email_bears_three_pictures_and_the_pdf(story: Story, writer: WeekWriter) -> None:
    letter = sent(writer, story, "fr")
    html = letter.get_body(("html",))
    assert html is not None
    shown = re.findall(r'<img src="cid:([^"]+)" alt="([^"]+)"', html.get_content())
    pictures = [part for part in letter.walk() if part.get_content_type() == "image/png"]
    assert [f"<{cid}>" for cid, _ in shown] == [part["Content-ID"] for part in pictures]
    assert len(pictures) == 3
    assert all(len(about) > 40 for _, about in shown)
    (pdf,) = letter.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "cadran-2026-W47.pdf")
    assert (letter["Content-Language"], letter["Auto-Submitted"]) == ("fr", "auto-generated")


def test_of_the_same_week_and_recipient_the_message_id_is_the_same(story: Story, writer: WeekWriter) -> None:
    first, again = (sent(writer, story, language)["Message-ID"] for language in LANGUAGES)
    other = sent(writer, story, "fr", to="bob@example.org")["Message-ID"]
    assert first == again != other
    assert "anne" not in first


def test_a_week_that_is_not_whole_says_so_first(story: Story, writer: WeekWriter) -> None:
    part = story._replace(kpis=[kpi._replace(judgement=Judgement(Verdict.PART)) for kpi in story.kpis])
    assert plain(writer.text(part, "fr")).startswith(
        "Semaine du 16 novembre au 22 novembre 2026 la semaine n’est pas complète Cette semaine n’est pas complète : "
    )
    assert "What moved" not in writer.text(part, "en")


def test_names_that_are_markup_are_shown_as_text(story: Story, writer: WeekWriter) -> None:
    named = story._replace(channels=[channel._replace(name="<script>") for channel in story.channels])
    for form in (writer.document(named, "fr"), writer.page(named, "fr"), sent(writer, named, "fr").as_string()):
        assert "<script>" not in form


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everyone_can_read_them_on_a_phone(
    story: Story, writer: WeekWriter, tmp_path: Path, language: str, scheme: str
) -> None:
    html = sent(writer, story, language).get_body(("html",))
    assert html is not None
    files = {"document": writer.document(story, language), "mail": html.get_content()}
    for name, content in files.items():
        (tmp_path / f"{name}.html").write_text(content)
    await asyncio.to_thread(_look, tmp_path, list(files), scheme)


def _look(folder: Path, names: list[str], scheme: str) -> None:
    with running_browser() as browser, pages_of(browser, folder.as_uri()) as open_page:
        for name in names:
            page = open_page(**PHONE, color_scheme=scheme)
            page.goto(f"{folder.as_uri()}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
            check_for_everyone(page, name)
