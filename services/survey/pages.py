"""Pages and letters, in every language that has a file in `locale/`; English is in the templates."""

from collections.abc import Mapping
from urllib.parse import urlencode

from babel.support import NullTranslations
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from services.common.i18n import best_language
from services.common.templates import templates_of
from services.survey.branding import Branding


class Pages:
    """Renders templates, in the language of `?lang=`, else the invitation's, else the browser's."""

    def __init__(self, translations: Mapping[str, NullTranslations], default_language: str, brand: Branding) -> None:
        self._default_language = default_language
        self._environments = {name: _environment(texts, brand) for name, texts in translations.items()}

    def language(self, request: Request, preferred: str | None = None) -> str:
        asked = request.query_params.get("lang") or preferred
        if asked in self._environments:
            return str(asked)
        return best_language(request.headers.get("accept-language", ""), self._environments, self._default_language)

    def html(self, request: Request, template: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page. `languages` holds the address of itself in every language that there is."""
        query = dict(request.query_params)
        languages = {name: f"?{urlencode({**query, 'lang': name})}" for name in sorted(self._environments)}
        text = self.text(template, language, languages=languages, path=request.url.path, **values)
        return HTMLResponse(text, status, headers={"Content-Language": language})

    def text(self, template: str, language: str, **values: object) -> str:
        """A template filled in. Only in one whose name ends in `.html` are values escaped."""
        return self._environments[language].get_template(template).render(language=language, **values)

    def offered(self, preferred: str | None) -> str:
        """The language of who cannot be asked for theirs."""
        return preferred if preferred in self._environments else self._default_language


def _environment(texts: NullTranslations, brand: Branding) -> Environment:
    environment = templates_of("services.survey", texts)
    environment.globals |= {"brand": brand}
    return environment
