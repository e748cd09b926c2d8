"""Pages in every language: what a page is, and how it becomes HTML."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.support import NullTranslations
from fastapi import Request
from jinja2 import Environment
from markupsafe import Markup
from starlette.datastructures import QueryParams

from services.board.access import Access
from services.board.alerts.cards import firing
from services.board.alerts.watch import Alerts
from services.board.answers import Answers
from services.board.assets import version
from services.board.changes import change_of
from services.board.charts import sparkline
from services.board.formats import Formats
from services.board.reader import Reader
from services.board.users import User
from services.common.http import tellable
from services.common.i18n import best_language
from services.common.logging import get_logger
from services.common.templates import templates_of

log = get_logger(__name__)

HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
"""What a page is called, in its window's title as well."""


class Page(Protocol):
    """One of the board's pages: what may be asked of it, and what its template is filled in with.

    `layout`: the template of what is around the content.
    """

    template: str
    layout: str = "layout.html"

    def asked(self, path: Mapping[str, str], query: QueryParams) -> Any:
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
    """Makes HTML of pages. `zone`: of the times that are shown. `version`: of what the pages are made of."""

    def __init__(
        self,
        answers: Answers,
        alerts: Alerts,
        translations: Mapping[str, NullTranslations],
        default_language: str,
        zone: ZoneInfo,
    ) -> None:
        self._answers = answers
        self._alerts = alerts
        self._zone = zone
        self.version = version()
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
        """A page's content; where the read API does not answer, what is old is said and not shown as new.

        :raises CadranError: when what is asked for is refused.
        """
        reader = Reader(self._answers, self._alerts, view.access)
        try:
            values = await view.page.values(view.asked, reader, view.language)
        except Exception as error:
            told = tellable(view.path, error)
            if told.status < 500:
                raise
            log.warning("nothing to show", page=view.path, error=told.message)
            return self.text("nothing.html", view.language)
        now = datetime.now(self._zone)
        common = {"asked": view.asked, "access": view.access, "path": view.path, "away": reader.old_since, "now": now}
        return self.text(view.page.template, view.language, **common, **values)

    async def live(self, view: View) -> str:
        """A page's content, and what changes around it: see `static/board.js`."""
        return await self.content(view) + self.text("firing.html", view.language, firing=self._firing(view.access))

    async def whole(self, view: View, request: Request, user: User) -> str:
        """A page with all that is around its content, whose `live` address pushes what changes."""
        around = self._around(request, user)
        content = Markup(await self.content(view))  # noqa: S704 - our own template has just made it
        heading = HEADING.search(content)
        around["title"] = Markup(heading[1]).striptags() if heading else ""  # noqa: S704 - the same
        around["live"] = f"/live{around['here'][view.language]}"
        return self.text(view.page.layout, view.language, content=content, **around)

    def form(self, template: str, request: Request, user: User, **values: object) -> str:
        """A page that is filled in: nothing moves on it."""
        return self.text(template, self.language(request), **self._around(request, user), **values)

    def here(self, request: Request) -> Mapping[str, str]:
        """The address that is asked for, in every language."""
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        path = request.url.path
        return {name: f"{path}?{urlencode([*query, ('lang', name)])}" for name in sorted(self._environments)}

    def _around(self, request: Request, user: User) -> dict[str, Any]:
        """What is around a page's content: whoever looks at it, and its address in every language."""
        access = Access.of(user)
        return {
            "here": self.here(request),
            "path": request.url.path,
            "title": "",
            "window": request.query_params.get("window"),
            "access": access,
            "firing": self._firing(access),
            "user": user,
            "version": self.version,
            "zone": self._zone.key,
        }

    def _firing(self, access: Access) -> int:
        """How many alerts fire, of those that somebody may see."""
        told = self._alerts.told
        return len(firing(access.alerts(told.answer["alerts"]))) if told else 0


def _environment(language: str, texts: NullTranslations, zone: ZoneInfo) -> Environment:
    environment = templates_of("services.board", texts)

    def link(path: str, **query: object) -> str:
        """An address of the board, in this language."""
        given = [(name, value) for name, value in query.items() if value is not None]
        return f"{path}?{urlencode([*given, ('lang', language)], doseq=True)}"

    environment.filters["instant"] = datetime.fromisoformat
    environment.globals |= {
        "change_of": change_of,
        "formats": Formats(language, zone),
        "link": link,
        "sparkline": sparkline,
    }
    return environment
