"""Pages in every language: what a page is, and how it becomes HTML."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.support import NullTranslations
from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.board.access import Access
from services.board.answers import Answers
from services.board.charts import sparkline
from services.board.formats import Formats
from services.board.reader import Reader
from services.common.errors import Unavailable
from services.common.i18n import best_language
from services.common.logging import get_logger

log = get_logger(__name__)


class Page(Protocol):
    """One of the board's pages: what may be asked of it, and what its template is filled in with."""

    template: str

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Any:
        """What is asked for, hashable; what is not known is what is usual, as a page is no API."""

    async def values(self, asked: Any, reader: Reader, language: str) -> Mapping[str, object]:
        """What the template is filled in with. Raises what `Reader` does."""


class View(NamedTuple):
    """A page as somebody sees it. Equal views look alike."""

    page: Page
    path: str
    asked: Any
    access: Access
    language: str


class Renderer:
    """Makes HTML of pages. `zone`: of the times that are shown."""

    def __init__(
        self, answers: Answers, translations: Mapping[str, NullTranslations], default_language: str, zone: ZoneInfo
    ) -> None:
        self._answers = answers
        self._zone = zone
        self._default_language = default_language
        self._environments = {name: _environment(name, texts, zone) for name, texts in translations.items()}

    def language(self, request: Request) -> str:
        """The language of `?lang=`, else the one that the browser likes best."""
        asked = request.query_params.get("lang")
        if asked in self._environments:
            return str(asked)
        return best_language(request.headers.get("accept-language", ""), self._environments, self._default_language)

    def text(self, template: str, language: str, **values: object) -> str:
        """A template filled in."""
        return self._environments[language].get_template(template).render(language=language, **values)

    async def content(self, view: View) -> str:
        """A page's content; where the read API does not answer, what is old is said and not shown as new."""
        reader = Reader(self._answers, view.access)
        try:
            values = await view.page.values(view.asked, reader, view.language)
        except Unavailable as error:
            log.warning("nothing to show", page=view.path, error=error.message)
            return self.text("nothing.html", view.language)
        now = datetime.now(self._zone)
        common = {"asked": view.asked, "access": view.access, "path": view.path, "away": reader.away, "now": now}
        return self.text(view.page.template, view.language, **common, **values)

    async def whole(self, view: View, request: Request, **values: object) -> str:
        """A page with all that is around its content, whose `live` address pushes what changes."""
        query = dict(request.query_params)
        here = {name: f"{view.path}?{urlencode({**query, 'lang': name})}" for name in sorted(self._environments)}
        live = f"/live{here[view.language]}"
        content = Markup(await self.content(view))  # noqa: S704 - our own template has just made it
        around = {"content": content, "live": live, "here": here, "path": view.path, "access": view.access, **values}
        return self.text("layout.html", view.language, **around)


def _environment(language: str, texts: NullTranslations, zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=PackageLoader("services.board"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]

    def link(path: str, **query: object) -> str:
        """An address of the board, in this language."""
        given = [(name, value) for name, value in query.items() if value is not None]
        return f"{path}?{urlencode([*given, ('lang', language)])}"

    environment.globals |= {"formats": Formats(language, zone), "sparkline": sparkline, "link": link}
    return environment
