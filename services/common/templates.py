"""Templates of pages and letters, in one language each."""

from babel.support import NullTranslations
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def templates_of(package: str, texts: NullTranslations) -> Environment:
    """The templates of a package, with `_(…)` in a language. A value that is missing is an error.

    Only in one whose name ends in `.html` are values escaped.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
    return environment
